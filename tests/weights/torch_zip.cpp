#include <maskrcnn/weights/torch_zip.hpp>

#include "made_files.hpp"

namespace op = test::op;
using test::TorchTensor;
using std::string_literals::operator""s;

namespace {

/// The error of a file with one tensor of this form, "a".
[[nodiscard]] std::string error_of_tensor(const TorchTensor& tensor) {
  return test::error_of_bytes(test::torch_zip_bytes(op::dict(op::text("a") + tensor.pickled())));
}
[[nodiscard]] std::string error_of_value(const std::string& value) {
  return test::error_of_bytes(test::torch_zip_bytes(op::dict(op::text("a") + value)));
}

}  // namespace

TEST_CASE("tensors stay in the file") {
  const std::string bytes =
      test::torch_zip_bytes(op::dict(op::text("a") + TorchTensor{.offset = 2, .sizes = {4}, .strides = {1}}.pickled()));
  const auto weights = maskrcnn::read_weights(test::file_of(bytes));
  const auto* const a = weights.find("a");
  REQUIRE(a != nullptr);
  CHECK(a->type_name == "F32");
  CHECK(a->element<float>(3) == 5);
  CHECK(a->data == reinterpret_cast<const std::byte*>(bytes.data() + bytes.find(test::floats(6)) + 8));
}

TEST_CASE("a tensor that does not fit its storage is refused") {
  CHECK(error_of_tensor({}) == "(no error)");
  CHECK(test::contains(error_of_tensor({.sizes = {3, 3}}), "leaves its storage of 6 elements"));
  CHECK(test::contains(error_of_tensor({.elements = 7}), "storage '0' has 24 bytes, expected 7 elements of 4"));
  CHECK(
      test::contains(error_of_tensor({.type = "DoubleStorage"}), "storage '0' has 24 bytes, expected 6 elements of 8"));
  CHECK(test::contains(error_of_tensor({.elements = std::numeric_limits<std::int64_t>::max()}),
                       "storage '0' has 24 bytes, expected 9223372036854775807 elements"));
  CHECK(test::contains(error_of_tensor({.key = "1"}), "'a' lies in storage '1', which the file does not have"));
  CHECK(test::contains(error_of_tensor({.sizes = {1LL << 62, 4}, .strides = {0, 0}}),
                       "does not lie in the file in order"));
}

TEST_CASE("calls of other forms are refused") {
  const std::string text = "'a' expects (storage, offset, sizes, strides), found something else";
  CHECK(test::contains(error_of_tensor({.offset = -1}), text));
  CHECK(test::contains(error_of_tensor({.sizes = {-2, 3}}), text));
  CHECK(test::contains(error_of_tensor({.strides = {-3, 1}}), text));
  CHECK(test::contains(error_of_tensor({.strides = {1}}), text));
  CHECK(test::contains(
      error_of_tensor({.sizes = std::vector<std::int64_t>(17, 1), .strides = std::vector<std::int64_t>(17, 1)}), text));
  CHECK(test::contains(error_of_value(op::call(op::global("torch._utils", "_rebuild_tensor_v2"), "")), text));
  CHECK(test::contains(error_of_value(op::call(op::global("torch._utils", "_rebuild_tensor_v2"), "NNNN")), text));
  CHECK(test::contains(error_of_value(op::call(op::global("torch._utils", "_rebuild_parameter"), "N")), text));
  CHECK(test::contains(error_of_value(op::call(op::global("torch._tensor", "_rebuild_from_type_v2"), "NNN")), text));
  const std::string outside = "expected ('storage', type, key, location, elements) outside the pickle";
  CHECK(test::contains(error_of_tensor({.elements = -1}), outside));
  // what lies outside of the pickle and is nobody's tensor is in nobody's way
  CHECK(test::contains(error_of_value("NQ"), "found no tensor, but the keys {a}"));
  // of old files, the class of a whole module, and its source
  CHECK(test::contains(test::error_of_bytes(test::torch_zip_bytes(
                           op::tuple(op::text("module") + op::global("my", "Net") + "NN") + "Q" + ")\x81")),
                       "found a pickle of my.Net"));
}

TEST_CASE("parameters in parameters end") {
  std::string value = TorchTensor{}.pickled();
  for (int i = 0; i < 10000; ++i) value = op::global("torch._utils", "_rebuild_parameter") + "(" + value + "tR";
  CHECK(test::contains(error_of_value(value), "nested deeper"));
  value = TorchTensor{}.pickled();
  for (int i = 0; i < 200; ++i) value = op::global("torch._utils", "_rebuild_parameter") + "(" + value + "tR";
  CHECK(test::contains(error_of_value(value), "found no tensor"));
}

TEST_CASE("archives that are no state dicts are refused") {
  const std::string pickle = op::pickle(op::dict(op::text("a") + TorchTensor{}.pickled()));
  CHECK(test::contains(test::error_of_bytes(test::zip_bytes({{.name = "a/b/data.pkl", .data = pickle}})),
                       "one without data.pkl"));
  CHECK(test::contains(test::error_of_bytes(test::zip_bytes({{.name = "data.pkl", .data = pickle}})),
                       "one without data.pkl"));
  CHECK(test::contains(test::error_of_bytes(test::zip_bytes(
                           {{.name = "m/data.pkl", .data = pickle}, {.name = "m/constants.pkl", .data = ""}})),
                       "found a TorchScript or exported program; load it in Python"));
  CHECK(test::contains(
      test::error_of_bytes(test::zip_bytes({{.name = "arr_0.npy", .data = "x"}, {.name = "b.npy", .data = "y"}})),
      "one without data.pkl, of {arr_0.npy, b.npy}; if the weights are among them, unpack it"));
  CHECK(test::contains(test::error_of_bytes(test::torch_zip_bytes("}", test::floats(6), "big")),
                       "expected little-endian numbers, found byte order 'big'"));
  CHECK(test::contains(test::error_of_bytes(test::torch_zip_bytes(
                           op::global("torchvision.models.detection.mask_rcnn", "MaskRCNN") + ")\x81")),
                       "found a pickle of torchvision.models.detection.mask_rcnn.MaskRCNN"));
}
