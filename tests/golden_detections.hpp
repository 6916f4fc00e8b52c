/// What a whole model finds beside what torchvision found.
#pragma once

#include <maskrcnn/core/detection.hpp>

#include "support.hpp"

namespace test {

/// Whether both are the same to the last bit.
[[nodiscard]] inline bool same(const maskrcnn::Detections& a, const maskrcnn::Detections& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.box == y.box && x.label == y.label && x.score == y.score && x.mask == y.mask;
  });
}

struct DetectionTolerance {
  double pixels, score;         ///< of any corner; absolute
  std::size_t mask_pixels = 0;  ///< of all masks together that may be inside instead of outside, or the other way
};

/// All detections in the order of the golden file, with equal labels and, if they have masks, equal pixels; keypoints
/// are as near as boxes, their scores within the hundredfold of the scores' tolerance: they are logits, or shares of
/// sums of 3136.
/// @param precision "float" or "double"; masks are always those of "double"
template <class Found>
void check_detections(const Golden& golden, const std::string& precision, const Found& found,
                      const DetectionTolerance& tolerance) {
  const auto boxes = golden.boxes<float>(precision + ".boxes");
  const auto scores = golden.values<float>(precision + ".scores");
  const auto labels = golden.values<int>(precision + ".labels");
  const auto masks = golden.has("double.masks") ? golden.packed_masks("double.masks") : PackedMasks();
  const auto keypoints = golden.values_if<float>(precision + ".keypoints");
  REQUIRE(found.size() == boxes.size());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    CAPTURE(i);
    CHECK(pixels_apart<float>({found[i].box}, {boxes[i]}) < tolerance.pixels);
    CHECK(std::abs(found[i].score - scores[i]) < tolerance.score);
    CHECK(found[i].label == labels[i]);
    if constexpr (requires { found[i].mask; }) wrong += masks.pixels_wrong(i, found[i].mask);
    if constexpr (requires { found[i].keypoints; }) {
      const std::size_t count = found[i].keypoints.size();
      REQUIRE(count * boxes.size() * 3 == keypoints.size());
      for (std::size_t k = 0; k < count; ++k) {
        CAPTURE(k);
        const float* const expected = &keypoints[(i * count + k) * 3];
        CHECK(std::abs(found[i].keypoints[k].x - expected[0]) < tolerance.pixels);
        CHECK(std::abs(found[i].keypoints[k].y - expected[1]) < tolerance.pixels);
        CHECK(std::abs(found[i].keypoints[k].score - expected[2]) < 100 * tolerance.score);
      }
    }
  }
  CHECK(wrong <= tolerance.mask_pixels);
}

}  // namespace test
