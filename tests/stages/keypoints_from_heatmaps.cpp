#include <maskrcnn/stages/keypoints_from_heatmaps.hpp>

#include "support.hpp"

using maskrcnn::Index;
using maskrcnn::KeypointScore;

namespace {

/// Heatmaps of a golden file, which are stored as the head makes them.
template <class T>
[[nodiscard]] maskrcnn::Tensor<T, 4> heatmaps(const test::Golden& golden) {
  const auto shape = golden.shape("case.maps");
  maskrcnn::Tensor<T, 4> maps({shape[0], shape[1], shape[2], shape[3]});
  const auto values = golden.values<T>("case.maps");
  std::copy(values.begin(), values.end(), maps.data());
  return maps;
}

template <class T>
void compare(const std::string& reference, KeypointScore score) {
  constexpr bool exact = std::is_same_v<T, double>;
  CAPTURE(reference);
  const test::Golden golden("keypoint_decoding");
  const auto boxes = golden.boxes<T>("case.boxes");
  const auto maps = heatmaps<T>(golden);
  const auto expected = test::Golden(reference).values<T>(exact ? "double.keypoints" : "float.keypoints");
  const auto found = maskrcnn::keypoints_from_heatmaps<T>(maps, boxes, score);
  REQUIRE(found.shape() == maskrcnn::Shape<3>{boxes.size(), maps.size(1), 3});
  for (Index i = 0; i < found.count(); ++i) {
    CAPTURE(i / (3 * maps.size(1)));
    CAPTURE(i / 3 % maps.size(1));
    CHECK(std::abs(found.data()[i] - expected[i]) < 3e-5 + (i % 3 == 2 ? 0 : 1e-6 * std::abs(expected[i])));
  }
}

/// The keypoint of a map of 2 x 2 values in a box.
[[nodiscard]] std::array<float, 3> keypoint_of(const std::vector<float>& values, const maskrcnn::Box& box,
                                               KeypointScore score = KeypointScore::logit) {
  maskrcnn::Tensor<float, 4> map({1, 1, 2, 2});
  std::copy(values.begin(), values.end(), map.data());
  const auto found = maskrcnn::keypoints_from_heatmaps<float>(map, std::vector{box}, score);
  return {found.data()[0], found.data()[1], found.data()[2]};
}

}  // namespace

TEST_CASE_TEMPLATE("keypoints are torchvision's, whatever the box, and of equal peaks the same one", T, float, double) {
  compare<T>("keypoint_decoding", KeypointScore::logit);
}

TEST_CASE_TEMPLATE("keypoints are detectron2's, and their scores", T, float, double) {
  compare<T>("detectron2_keypoint_decoding", KeypointScore::share);
}

TEST_CASE("a keypoint is the centre of the largest value's pixel") {
  CHECK(keypoint_of({0, 0, 0, 5}, {10, 20, 12, 22}) == std::array{11.5F, 21.5F, 5.0F});
  // boxes of less than a pixel are taken for one of a pixel
  CHECK(keypoint_of({0, 0, 0, 5}, {10, 20, 10.25F, 20})[0] == 10.5F);
  // 1 / (1 + 3 exp(-5))
  CHECK(keypoint_of({0, 0, 0, 5}, {10, 20, 12, 22}, KeypointScore::share)[2] == doctest::Approx(0.980187));
}

TEST_CASE("where a heatmap is no number, so is the score") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto found = keypoint_of({0, 0, nan, 5}, {10, 20, 12, 22});
  CHECK(found[0] == 10.5F);
  CHECK(found[1] == 20.5F);  // bicubic weights reach everywhere, zeros times NaN included
  CHECK(maskrcnn::is_nan(found[2]));
  CHECK(maskrcnn::is_nan(keypoint_of({0, nan, 0, 5}, {10, 20, 12, 22}, KeypointScore::share)[2]));
}

TEST_CASE("boxes that no image has are refused, and other numbers of maps") {
  const auto error = [](const maskrcnn::Box& box) {
    return test::error_of([&] { (void)keypoint_of({0, 0, 0, 0}, box); });
  };
  CHECK(test::contains(error({0, 0, 2e6F, 1}), "keypoints: expected boxes of up to "));
  CHECK(test::contains(error({0, 0, 1, std::numeric_limits<float>::quiet_NaN()}), "keypoints: expected boxes"));
  CHECK(test::contains(error({0, 0, std::numeric_limits<float>::infinity(), 1}), "keypoints: expected boxes"));
  const maskrcnn::Tensor<float, 4> maps({2, 1, 4, 4});
  CHECK(test::error_of([&] {
          (void)maskrcnn::keypoints_from_heatmaps<float>(maps, std::vector<maskrcnn::Box>(3), KeypointScore::logit);
        }) == "keypoints: expected 3 heatmaps, as wide as they are high, found shape [2,1,4,4]");
}
