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

namespace {

/// What the self-test of a file with two keypoints says of them found elsewhere.
[[nodiscard]] std::string said_of_keypoints(const maskrcnn::Keypoints& keypoints,
                                            const std::vector<std::size_t>& shape) {
  static const std::vector<float> expected{10, 20, 4, 30, 40, -2};
  const auto plain = file(false);
  auto tensors = plain.tensors();
  tensors["self_test.keypoints"] = {.type = DType::f32,
                                    .type_name = "F32",
                                    .shape = shape,
                                    .data = reinterpret_cast<const std::byte*>(expected.data())};
  maskrcnn::KeypointDetections found;
  found.push_back({.box = {1, 2, 3, 4}, .label = 1, .score = 0.5F, .keypoints = keypoints});
  return test::error_of([&] {
    maskrcnn::self_test_of({"made", tensors, {}, nullptr}).value().check(maskrcnn::AnyDetections(found), "made");
  });
}

}  // namespace

TEST_CASE("keypoints are where they were found before, with their scores") {
  CHECK(said_of_keypoints({{10.3F, 20, 4.05F}, {30, 40, -2}}, {1, 2, 3}) == "(no error)");
  for (const maskrcnn::Keypoints& other : {maskrcnn::Keypoints{{10.6F, 20, 4}, {30, 40, -2}},
                                           {{10, 20, 4}, {30, 39, -2}},
                                           {{10, 20, 4.2F}, {30, 40, -2}},
                                           {{10, 20, 4}},
                                           {}})
    CHECK(test::contains(said_of_keypoints(other, {1, 2, 3}), "found none like it among 1"));
  CHECK(said_of_keypoints({}, {2, 1, 3}) ==
        "weights: a self-test expects an F32 tensor 'self_test.keypoints' [1, K, 3], "
        "found shape [2,1,3] of F32 (file made)");
}
