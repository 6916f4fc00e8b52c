#include <maskrcnn/weights/mapped_file.hpp>

#include "support.hpp"

TEST_CASE("a file is its bytes") {
  const test::TemporaryFile file("hello");
  const maskrcnn::MappedFile mapped(file.path());
  const auto bytes = mapped.bytes();
  CHECK(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()) == "hello");
  const test::TemporaryFile empty("");
  CHECK(maskrcnn::MappedFile(empty.path()).bytes().empty());
}

TEST_CASE("what is no file is refused with the reason") {
  CHECK(test::error_of([] { maskrcnn::MappedFile("/no/such/file"); }) ==
        "weights: cannot open file /no/such/file: No such file or directory");
  CHECK(test::error_of([] { maskrcnn::MappedFile("/tmp"); }) ==
        "weights: /tmp is a folder; name the file in it that has the tensors");
  CHECK(test::error_of([] { maskrcnn::MappedFile("/dev/zero"); }) == "weights: /dev/zero is not a regular file");
}
