#include <maskrcnn/weights/numpy_pickle.hpp>

#include "made_files.hpp"

namespace op = test::op;
using std::string_literals::operator""s;

namespace {

struct Array {
  std::vector<std::int64_t> shape{2, 3};
  std::string type = "f4", order = op::text("<"), fortran = "\x89";
  std::string data = "T" + test::number(std::uint32_t{24}) + test::floats(6);

  [[nodiscard]] std::string pickled() const {
    const std::string dtype =
        op::call(op::global("numpy", "dtype"), op::text(type) + "\x89\x88") + op::tuple("K\x03" + order + "NNN") + "b";
    return op::call(op::global("numpy.core.multiarray", "_reconstruct"), op::global("numpy", "ndarray") +
                                                                             op::integers({0}) +
                                                                             "U\x01"
                                                                             "b") +
           op::tuple("K\x01" + op::integers(shape) + dtype + fortran + data) + "b";
  }
};

[[nodiscard]] std::string file_of_array(const Array& array) {
  return op::pickle(op::dict(op::text("a") + array.pickled()));
}
[[nodiscard]] std::string error_of_array(const Array& array) { return test::error_of_bytes(file_of_array(array)); }

[[nodiscard]] std::string latin1(const std::string& text) {
  return op::call(op::global("_codecs", "encode"), op::text(text) + op::text("latin1"));
}

}  // namespace

TEST_CASE("arrays stay in the file, those of the other order are copied") {
  const std::string plain = file_of_array({}), other = file_of_array({.fortran = "\x88"});
  const auto weights = maskrcnn::read_weights(test::file_of(plain)),
             turned = maskrcnn::read_weights(test::file_of(other));
  CHECK(weights.find("a")->element<float>(1) == 1);
  CHECK(weights.find("a")->data == reinterpret_cast<const std::byte*>(plain.data() + plain.find(test::floats(6))));
  CHECK(turned.find("a")->element<float>(1) == 2);  // [0, 1]: the first index runs fastest
  CHECK(turned.find("a")->shape == std::vector<std::size_t>{2, 3});
}

TEST_CASE("bytes written as text are decoded") {
  const std::string bytes =
      file_of_array({.shape = {4}, .type = "u1", .order = op::text("|"), .data = latin1("A\xC2\x80\xC3\xBF\0"s)});
  const auto weights = maskrcnn::read_weights(test::file_of(bytes));
  const std::byte* const data = weights.find("a")->data;
  CHECK(std::vector<std::byte>(data, data + 4) ==
        std::vector<std::byte>{std::byte{'A'}, std::byte{0x80}, std::byte{0xFF}, std::byte{0}});
  for (const char* wrong : {"\xC4\x80zz", "\xC3", "\x80xxx", "\xC3zzz", "\xE2\x82\xACz", "zzz\xC3"}) {
    CAPTURE(wrong);
    CHECK(error_of_array({.shape = {4}, .type = "u1", .order = op::text("|"), .data = latin1(wrong)}) != "(no error)");
  }
}

TEST_CASE("the author is metadata, and momentum goes only without one") {
  const std::string array = Array{}.pickled(), blobs = op::dict(op::text("a") + array + op::text("a_momentum") + array);
  const std::string caffe2 = op::pickle(op::dict(op::text("blobs") + blobs));
  CHECK(maskrcnn::read_weights(test::file_of(caffe2)).tensors().size() == 1);
  CHECK_FALSE(maskrcnn::read_weights(test::file_of(caffe2)).metadata("__author__").has_value());
  const std::string detectron2 =
      op::pickle(op::dict(op::text("model") + blobs + op::text("__author__") + op::text("me")));
  CHECK(maskrcnn::read_weights(test::file_of(detectron2)).tensors().size() == 2);
  CHECK(maskrcnn::read_weights(test::file_of(detectron2)).metadata("__author__") == "me");
}

TEST_CASE("arrays that do not fill their bytes are refused, however large") {
  CHECK(error_of_array({}) == "(no error)");
  for (const auto& shape : std::vector<std::vector<std::int64_t>>{{5},
                                                                  {7},
                                                                  {},
                                                                  {0},
                                                                  {1LL << 62, 4},
                                                                  {1LL << 32, 1LL << 32},
                                                                  {std::numeric_limits<std::int64_t>::max(), 2},
                                                                  {3, 0, 2}}) {
    CAPTURE(maskrcnn::shape_text(shape));
    CHECK(test::contains(error_of_array({.shape = shape}), "does not fill its 24 bytes"));
    CHECK(test::contains(error_of_array({.shape = shape, .fortran = "\x88"}), "does not fill its 24 bytes"));
  }
  CHECK(test::contains(error_of_array({.type = "f8"}), "has shape [2,3] of F64, which does not fill its 24 bytes"));
}

TEST_CASE("arrays of other forms are refused") {
  CHECK(test::contains(error_of_array({.order = op::text(">")}), "'a' is of byte order '>', expected '<'"));
  CHECK(test::contains(error_of_array({.order = "N"}), "'a' is of byte order ''"));
  const std::string text = "'a' expects (shape, dtype, order, data) of an array, found something else";
  CHECK(test::contains(error_of_array({.shape = {-1}}), text));
  CHECK(test::contains(error_of_array({.shape = std::vector<std::int64_t>(17, 1)}), text));
  CHECK(test::contains(error_of_array({.fortran = "N"}), text));
  CHECK(test::contains(error_of_array({.data = "N"}), text));
  CHECK(test::contains(
      error_of_array({.data = op::call(op::global("_codecs", "encode"), op::text("x") + op::text("utf8"))}), text));
  for (const std::string name : {"multiarray scalar", "multiarray _reconstruct", "numeric _frombuffer"}) {
    CAPTURE(name);
    const auto space = name.find(' ');
    const std::string value = op::call(op::global("numpy.core." + name.substr(0, space), name.substr(space + 1)), "");
    CHECK(test::contains(test::error_of_bytes(op::pickle(op::dict(op::text("a") + value))), text));
  }
  // Python objects and records may lie in a file, but are no numbers
  const std::string bytes = file_of_array({.type = "O8", .order = op::text("|"), .data = "]"});
  CHECK(maskrcnn::read_weights(test::file_of(bytes)).find("a")->type == maskrcnn::DType::other);
}

TEST_CASE("one text decoded again and again is stopped at the file's size") {
  std::string items;
  const std::string once =
      file_of_array({.shape = {3000},
                     .type = "u1",
                     .order = op::text("|"),
                     .data = op::call(op::global("_codecs", "encode"),
                                      op::text(std::string(3000, 'x')) + "q\x01" + op::text("latin1"))});
  CHECK(test::error_of_bytes(once) == "(no error)");
  for (int i = 0; i < 40; ++i)
    items +=
        op::text("a" + std::to_string(i)) +
        Array{.shape = {3000},
              .type = "u1",
              .order = op::text("|"),
              .data = op::call(op::global("_codecs", "encode"),
                               (i == 0 ? op::text(std::string(3000, 'x')) + "q\x01" : "h\x01"s) + op::text("latin1"))}
            .pickled();
  CHECK(test::contains(test::error_of_bytes(op::pickle(op::dict(items))),
                       "expected at most the file's size for all copies"));
}

TEST_CASE("every prefix of a good file is refused") {
  const std::string bytes = file_of_array({});
  REQUIRE(test::error_of_bytes(bytes) == "(no error)");
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    CAPTURE(length);
    CHECK(test::error_of_bytes(bytes.substr(0, length)) != "(no error)");
  }
}
