/// Non-maximum suppression, class by class.
#pragma once

#include <algorithm>
#include <limits>
#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/number.hpp>
#include <maskrcnn/ops/top_k.hpp>
#include <span>
#include <unordered_map>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// How boxes suppress each other.
struct NmsRule {
  double iou_threshold = 0.5;  ///< a box goes if a better one of its class overlaps it by more than this
  Index limit = std::numeric_limits<Index>::max();  ///< stop after this many survivors
  /// Up to this many boxes, overlaps are computed between boxes shifted by class * (largest coordinate + 1), in T, as
  /// torchvision's coordinate trick does; the shift's rounding decides rare ties.
  Index shift_limit = 0;
};

/// Survivors of suppression among boxes of equal class, best score first (equal scores in order of position), at most
/// `rule.limit`: positions in `boxes`. torchvision's `batched_nms`, on CPU, cut off at the limit.
/// @param boxes, scores, classes lists of equal length
template <class T>
[[nodiscard]] std::vector<Index> nms_per_class(std::span<const BasicBox<T>> boxes, std::span<const T> scores,
                                               std::span<const int> classes, const NmsRule& rule) {
  T span = 0;
  if (boxes.size() <= rule.shift_limit) {
    T largest = boxes.empty() ? T{0} : boxes[0].x0;
    if (!is_nan(largest))  // which would win no comparison and lose none
      for (const BasicBox<T>& box : boxes)
        for (const T coordinate : {box.x0, box.y0, box.x1, box.y1})
          if (exceeds(coordinate, largest)) largest = coordinate;
    span = largest + T{1};
  }
  std::unordered_map<int, std::vector<BasicBox<T>>> kept_of_class;
  std::vector<Index> kept;
  for (const Index i : sorted_descending(scores)) {
    if (kept.size() >= rule.limit) break;
    const T shift = static_cast<T>(classes[i]) * span;
    const BasicBox<T> box{boxes[i].x0 + shift, boxes[i].y0 + shift, boxes[i].x1 + shift, boxes[i].y1 + shift};
    auto& better = kept_of_class[classes[i]];
    const bool suppressed = std::any_of(better.begin(), better.end(), [&](const BasicBox<T>& other) {
      return exceeds(static_cast<double>(iou(other, box)), rule.iou_threshold);
    });
    if (suppressed) continue;
    better.push_back(box);
    kept.push_back(i);
  }
  return kept;
}

}  // namespace maskrcnn
