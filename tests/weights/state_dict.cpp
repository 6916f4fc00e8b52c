#include <maskrcnn/weights/state_dict.hpp>

#include "made_files.hpp"

namespace op = test::op;

namespace {

const std::string tensor = test::TorchTensor{}.pickled();

/// The names that a file with this pickle has.
[[nodiscard]] std::string names_of(const std::string& pickle) {
  const std::string bytes = test::torch_zip_bytes(pickle);
  const maskrcnn::Weights weights = maskrcnn::read_weights(test::file_of(bytes));
  std::string names;
  for (const auto& [name, stored] : weights.tensors()) names += name + " ";
  return names;
}

[[nodiscard]] std::string entry(const std::string& key, const std::string& value) { return op::text(key) + value; }

}  // namespace

TEST_CASE("a state dict is found where checkpoints keep it") {
  const std::string dict = op::dict(entry("a", tensor) + entry("b", tensor));
  CHECK(names_of(dict) == "a b ");
  for (const char* key : {"model", "state_dict", "model_state_dict", "blobs"}) {
    CAPTURE(key);
    CHECK(names_of(op::dict(entry("epoch", "K\x03") + entry(key, dict) + entry("x", tensor))) == "a b ");
  }
  CHECK(names_of(op::dict(entry("state_dict", op::dict(entry("model", dict))))) == "a b ");
  CHECK(names_of(op::dict(entry("state_dict", op::dict(entry("c", tensor))) + entry("model", dict))) == "a b ");
  CHECK(names_of(op::dict(entry("model", tensor))) == "model ");  // a tensor of that name is none
}

TEST_CASE("what is no tensor is passed over") {
  CHECK(names_of(op::dict(entry("a", tensor) + entry("epoch", "K\x03") + entry("names", op::list("N")) + "K\x05" +
                          tensor)) == "a ");
}

TEST_CASE("module. goes if every name has it") {
  CHECK(names_of(op::dict(entry("module.a", tensor) + entry("module.b", tensor) + entry("n_averaged", "K\x03"))) ==
        "a b ");
  CHECK(names_of(op::dict(entry("module.a", tensor) + entry("b", tensor))) == "b module.a ");
}

TEST_CASE("files without tensors by name say what they have") {
  CHECK(
      test::error_of_bytes(test::torch_zip_bytes(op::dict(entry("epoch", "K\x03") + entry("opt\nimizer", "}")))) ==
      "weights: expected a state dict, or one under 'model', 'state_dict' or 'model_state_dict', found no tensor, but "
      "the keys {epoch, opt?imizer} (file made)");
  CHECK(test::contains(test::error_of_bytes(test::torch_zip_bytes(tensor)), "found a pickle of something else"));
  CHECK(test::contains(test::error_of_bytes(test::torch_zip_bytes(op::list(tensor))),
                       "found a pickle of something else"));
  // a dict that is its own model
  CHECK(test::contains(test::error_of_bytes(test::torch_zip_bytes("}q\x01" + op::text("model") + "h\x01s")),
                       "found no tensor, but the keys {model}"));
}

TEST_CASE("names that no model has are refused") {
  CHECK(test::contains(test::error_of_bytes(test::torch_zip_bytes(op::dict(entry("a", tensor) + entry("a", tensor)))),
                       "'a' appears twice in the state dict"));
  CHECK(test::contains(test::error_of_bytes(test::torch_zip_bytes(op::dict(entry("a\n", tensor)))),
                       "expected names of at most 256 printable characters, found 'a?'"));
  CHECK(test::contains(test::error_of_bytes(test::torch_zip_bytes(op::dict(entry(std::string(257, 'a'), tensor)))),
                       "expected names of at most 256 printable characters"));
}
