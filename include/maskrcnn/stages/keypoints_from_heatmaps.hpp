/// Step 7c: heatmaps become keypoints: each is resized to its box, and its largest value is where the keypoint is.
#pragma once

#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <span>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// `heatmaps_to_keypoints` of torchvision and detectron2, which differ in the score: bicubic resizing to the box's
/// size, rounded up, at least one pixel; of equal values the first in the order of rows. Where a map is not all
/// numbers, the first place that is none is the keypoint, and its score no number, as there. Rows of the resized map
/// are made and forgotten one by one, so memory is proportional to the width of a box for each thread.
/// @param heatmaps [N, K, M, M] logits
/// @param boxes    N, in pixels of the resized image
/// @return [N, K, 3]: x and y in pixels of the resized image, score
/// @throws Error if the numbers of maps and boxes differ, or a box is no number or larger than any image
template <Scalar T>
[[nodiscard]] Tensor<T, 3> keypoints_from_heatmaps(const Tensor<T, 4>& heatmaps, std::span<const BasicBox<T>> boxes,
                                                   KeypointScore score);

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/stages/keypoints_from_heatmaps.inl>
#endif
