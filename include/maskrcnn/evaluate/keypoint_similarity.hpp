/// How alike the keypoints of two objects are: COCO's object keypoint similarity (OKS), what overlaps are to boxes.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <maskrcnn/evaluate/region.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// A keypoint as COCO's files write it: a place, and for true ones whether it is labelled (v above 0).
struct KeypointMark {
  double x = 0, y = 0, v = 0;

  friend bool operator==(const KeypointMark&, const KeypointMark&) = default;
};
using KeypointMarks = std::vector<KeypointMark>;

/// By how much people who label the 17 keypoints of COCO's persons differ, in units of the object's size; in the order
/// of `coco_keypoint_names`.
inline constexpr std::array<double, 17> coco_keypoint_sigmas{
    .26 / 10.0, .25 / 10.0, .25 / 10.0,  .35 / 10.0,  .35 / 10.0, .79 / 10.0, .79 / 10.0, .72 / 10.0, .72 / 10.0,
    .62 / 10.0, .62 / 10.0, 1.07 / 10.0, 1.07 / 10.0, .87 / 10.0, .87 / 10.0, .89 / 10.0, .89 / 10.0};

namespace keypoint_similarity {

/// The sum of up to 17 numbers in numpy's order, whose last bit may decide at a threshold.
[[nodiscard]] inline double numpy_sum(const std::array<double, coco_keypoint_sigmas.size()>& values,
                                      std::size_t count) {
  double sum = 0;
  std::size_t i = 0;
  if (count >= 8) {
    std::array<double, 8> r{};
    for (; i + 8 <= count; i += 8)
      for (std::size_t lane = 0; lane < 8; ++lane) r[lane] += values[i + lane];
    sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
  }
  for (; i < count; ++i) sum += values[i];
  return sum;
}

}  // namespace keypoint_similarity

/// From 0 to 1: the mean over the labelled keypoints of exp(-d^2 / (2 k^2 area)) with d the distance and k twice the
/// sigma. Of a true object without a labelled one, the distances are those to its box grown threefold, which is 1
/// within: such objects are ignored, and what is found there with them. pycocotools' `computeOks`, in its arithmetic.
/// @param found of 17 keypoints; 0 of another number
/// @param truth of 17 keypoints, or none; 0 of another number
/// @param box   of the true object; `area` what COCO calls its area
[[nodiscard]] inline double similarity(const KeypointMarks& found, const KeypointMarks& truth, const Rectangle& box,
                                       double area) {
  constexpr std::size_t all = coco_keypoint_sigmas.size();
  if (found.size() != all || (!truth.empty() && truth.size() != all)) return 0;
  const bool labelled = std::any_of(truth.begin(), truth.end(), [](const KeypointMark& mark) { return mark.v > 0; });
  const auto beyond = [](double at, double begin, double length) {
    return std::max(0.0, (begin - length) - at) + std::max(0.0, at - (begin + length * 2));
  };
  std::array<double, all> parts{};
  std::size_t count = 0;
  for (std::size_t k = 0; k < all; ++k) {
    if (labelled && !(truth[k].v > 0)) continue;
    const double dx = labelled ? found[k].x - truth[k].x : beyond(found[k].x, box.x, box.width);
    const double dy = labelled ? found[k].y - truth[k].y : beyond(found[k].y, box.y, box.height);
    const double spread = coco_keypoint_sigmas[k] * 2;
    const double distance =
        (dx * dx + dy * dy) / (spread * spread) / (area + std::numeric_limits<double>::epsilon()) / 2;
    parts[count++] = std::exp(-distance);
  }
  return keypoint_similarity::numpy_sum(parts, count) / static_cast<double>(count);
}

}  // namespace maskrcnn::evaluate
