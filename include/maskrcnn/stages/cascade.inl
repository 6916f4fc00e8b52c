// Bodies of cascade.hpp.
#pragma once

#include <algorithm>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/stages/cascade.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

template <Scalar T>
std::vector<BasicBox<T>> refined_boxes(const Tensor<T, 2>& predictions, const std::vector<BasicBox<T>>& boxes,
                                       Size image, const Labels& labels, const BoxRule& rule) {
  const Index classes = predictions.size(1) / 5;
  std::vector<BasicBox<T>> refined;
  refined.reserve(boxes.size());
  if (labels.objects() == 0) return boxes;
  for (Index i = 0; i < boxes.size(); ++i) {
    const T* const row = &predictions(i, 0);
    const T* const best = std::max_element(row + labels.begin(), row + labels.end());
    refined.push_back(refined_box(boxes[i], row + classes + 4 * (best - row), image, rule));
  }
  return refined;
}

template <Scalar T>
void add_scores(Tensor<T, 2>& predictions, const Tensor<T, 2>& before, T factor) {
  if (predictions.shape() != before.shape())
    fail("cascade: expected predictions of shape ", shape_text(before.shape()), ", found ",
         shape_text(predictions.shape()));
  const Index classes = predictions.size(1) / 5;
  for (Index i = 0; i < predictions.size(0); ++i)
    for (Index k = 0; k < classes; ++k) predictions(i, k) = (before(i, k) + predictions(i, k)) * factor;
}

#ifdef MASKRCNN_COMPILED
#define MASKRCNN_CASCADE(T)                                                                                      \
  template std::vector<BasicBox<T>> refined_boxes<T>(const Tensor<T, 2>&, const std::vector<BasicBox<T>>&, Size, \
                                                     const Labels&, const BoxRule&);                             \
  template void add_scores<T>(Tensor<T, 2>&, const Tensor<T, 2>&, T);
MASKRCNN_CASCADE(float)
MASKRCNN_CASCADE(double)
#undef MASKRCNN_CASCADE
#endif

}  // namespace maskrcnn
