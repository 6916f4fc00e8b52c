/// Step 5, repeated: what one box head of a cascade hands to the next (Cai and Vasconcelos, "Cascade R-CNN").
#pragma once

#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/labels.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <maskrcnn/ops/box_coder.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// The boxes that the next head of a cascade looks at: each refined by the deltas of the foreground class of the
/// highest score, which are the same for all classes where boxes are, and clipped to the image. None is dropped, empty
/// ones neither: rows of all heads belong together.
/// @param predictions [N, 5 K]: scores of K classes, of any scale, then deltas of each
/// @param boxes       the N boxes that they refine, in pixels of the resized image
template <Scalar T>
[[nodiscard]] std::vector<BasicBox<T>> refined_boxes(const Tensor<T, 2>& predictions,
                                                     const std::vector<BasicBox<T>>& boxes, Size image,
                                                     const Labels& labels, const BoxRule& rule);

/// Adds the scores of the heads before to those of the last one, and multiplies the sums.
/// @param predictions [N, 5 K], whose first K columns change
template <Scalar T>
void add_scores(Tensor<T, 2>& predictions, const Tensor<T, 2>& before, T factor);

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/stages/cascade.inl>
#endif
