#include <maskrcnn/weights/torch_legacy.hpp>

#include "made_files.hpp"

namespace op = test::op;
using test::number;
using test::torch_legacy_bytes;
using test::TorchTensor;

namespace {

const std::string dict = op::dict(op::text("a") + TorchTensor{}.pickled());
const std::string keys = op::list(op::text("0"));
const std::string data = number(std::int64_t{6}) + test::floats(6);

}  // namespace

TEST_CASE("tensors stay in the file, at any alignment") {
  const std::string bytes = torch_legacy_bytes(TorchTensor{});
  const auto weights = maskrcnn::read_weights(test::file_of(bytes));
  CHECK(weights.find("a")->element<float>(5) == 5);
  CHECK(weights.find("a")->data == reinterpret_cast<const std::byte*>(bytes.data() + bytes.size() - 24));
}

TEST_CASE("storages that are views of others, as old files have them") {
  const auto viewed = [](std::int64_t offset, std::int64_t elements) {
    return TorchTensor{
        .sizes = {2}, .strides = {1}, .view = op::tuple(op::text("v") + op::integer(offset) + op::integer(elements))};
  };
  const std::string bytes = torch_legacy_bytes(viewed(3, 2));
  CHECK(maskrcnn::read_weights(test::file_of(bytes)).find("a")->element<float>(1) == 4);
  CHECK(test::contains(test::error_of_bytes(torch_legacy_bytes(viewed(5, 2))),
                       "'a' lies in elements 5 to 5 + 2 of a storage of 6"));
  CHECK(test::contains(test::error_of_bytes(torch_legacy_bytes(viewed(3, 1))), "leaves its storage of 1 elements"));
  CHECK(test::contains(test::error_of_bytes(torch_legacy_bytes(viewed(1, std::numeric_limits<std::int64_t>::max()))),
                       "lies in elements 1 to 1 + 9223372036854775807"));
  CHECK(test::contains(test::error_of_bytes(torch_legacy_bytes(viewed(-1, 2))), "found something else"));
}

TEST_CASE("headers of other forms are refused") {
  CHECK(test::error_of_bytes(torch_legacy_bytes(dict, keys, data)) == "(no error)");
  CHECK(test::contains(test::error_of_bytes(torch_legacy_bytes(dict, keys, data, "\x89")),
                       "expected little-endian numbers"));
  CHECK(test::contains(test::error_of_bytes(torch_legacy_bytes(dict, keys, data, "N")),
                       "expected little-endian numbers"));
  CHECK(test::contains(test::error_of_bytes(torch_legacy_bytes(dict, keys, data, "\x88", 1002)),
                       "expected version 1001 of PyTorch's stream, found 1002"));
}

TEST_CASE("storages that are not as the pickle says are refused") {
  const auto error = [](const std::string& list, const std::string& storages) {
    return test::error_of_bytes(torch_legacy_bytes(dict, list, storages));
  };
  CHECK(test::contains(error("N", data), "expected a list of storages"));
  CHECK(test::contains(error("]", ""), "'a' lies in storage '0', which the file does not have"));
  CHECK(test::contains(error(op::list(op::text("9")), data), "has storage '9', which no tensor is said to lie in"));
  CHECK(test::contains(error(op::list("N"), data), "has storage '', which no tensor"));
  CHECK(test::contains(error(op::list(op::text("0") + op::text("0")), data + data), "storage '0' appears twice"));
  CHECK(test::contains(error(keys, number(std::int64_t{7}) + test::floats(7)), "has 7 elements, expected 6"));
  CHECK(test::contains(error(keys, number(std::int64_t{-1}) + test::floats(7)), "has 18446744073709551615 elements"));
  const auto large = TorchTensor{.elements = std::numeric_limits<std::int64_t>::max()}.pickled();
  CHECK(test::contains(test::error_of_bytes(torch_legacy_bytes(op::dict(op::text("a") + large), keys,
                                                               number(std::numeric_limits<std::int64_t>::max()))),
                       "expected 18446744073709551615 more bytes"));
  CHECK(test::contains(
      test::error_of_bytes(torch_legacy_bytes(
          op::dict(op::text("a") + TorchTensor{}.pickled() + op::text("b") + TorchTensor{.elements = 5}.pickled()),
          keys, data)),
      "storage '0' is said to be of 6 elements of 4 bytes and of 5 of 4"));
}

TEST_CASE("every prefix of a good file is refused") {
  const std::string bytes = torch_legacy_bytes(TorchTensor{});
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    CAPTURE(length);
    CHECK(test::error_of_bytes(bytes.substr(0, length)) != "(no error)");
  }
}
