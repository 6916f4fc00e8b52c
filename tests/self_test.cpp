#include <maskrcnn/self_test.hpp>

#include "support.hpp"

using maskrcnn::DType;
using maskrcnn::SelfTest;
using maskrcnn::StoredTensor;

namespace {

const std::vector<std::uint8_t> pixels(3 * 4 * 5, 7);
const std::vector<float> object{1, 2, 3, 4, 1, 0.5F, -1};  // box, label, score, no mask

/// A file with a self-test of one object.
[[nodiscard]] maskrcnn::Weights file(bool rounded) {
  const auto bytes = [](const auto& values) { return reinterpret_cast<const std::byte*>(values.data()); };
  maskrcnn::Weights::Tensors tensors{
      {"self_test.image", {.type = DType::u8, .type_name = "U8", .shape = {4, 5, 3}, .data = bytes(pixels)}},
      {"self_test.objects", {.type = DType::f32, .type_name = "F32", .shape = {1, 7}, .data = bytes(object)}}};
  if (rounded)
    tensors["self_test.rounded"] = {.type = DType::u8, .type_name = "U8", .shape = {1}, .data = bytes(pixels)};
  return {"made", tensors, {}, nullptr};
}

/// What the self-test of a file says of the object found with another score.
[[nodiscard]] std::string said_of(float score, bool rounded) {
  const auto test = maskrcnn::self_test_of(file(rounded));
  maskrcnn::BoxDetections found;
  found.push_back({.box = {1, 2, 3, 4}, .label = 1, .score = score});
  return test::error_of([&] { test.value().check(found, "made"); });
}

}  // namespace

TEST_CASE("scores may differ by what processors do or, if the file's numbers were rounded, by what that does") {
  for (const bool rounded : {false, true}) {
    CHECK(said_of(0.5005F, rounded) == "(no error)");
    CHECK(test::contains(said_of(0.52F, rounded), "expected object 1 of 1, label 1 with score 0.5"));
  }
  CHECK(test::contains(said_of(0.505F, false), "found none like it among 1"));
  CHECK(said_of(0.505F, true) == "(no error)");
}
