/// The losses of Mask R-CNN, L = L_cls + L_reg + L_mask, for evaluating a model ("Mask R-CNN", section 3).
#pragma once

#include <algorithm>
#include <cmath>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <span>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// The three terms, each averaged as its function says.
struct Losses {
  double classification = 0, regression = 0, mask = 0;

  [[nodiscard]] double total() const { return classification + regression + mask; }
};

/// -(target log p + (1 - target) log(1 - p)) with p = sigmoid(logit), in a form that is exact for logits of any size.
template <class T>
[[nodiscard]] T binary_cross_entropy(T logit, T target) {
  return std::max(logit, T{0}) - logit * target + std::log1p(std::exp(-std::abs(logit)));
}

/// 0.5 x^2 / beta near zero, |x| - 0.5 beta beyond beta (Girshick, "Fast R-CNN", equation 3, where beta is 1).
template <class T>
[[nodiscard]] T smooth_l1(T difference, T beta) {
  const T size = std::abs(difference);
  return size < beta ? T(0.5) * size * size / beta : size - T(0.5) * beta;
}

namespace losses {

/// The label of RoI `i` as a position, checked.
inline Index class_of(std::span<const int> labels, Index i, Index classes, const char* where) {
  if (labels[i] < 0 || static_cast<Index>(labels[i]) >= classes)
    fail(where, ": expected labels from 0 to ", classes - 1, ", found ", labels[i], " at position ", i);
  return static_cast<Index>(labels[i]);
}

inline void require_equal(Index expected, Index found, const char* where, const char* what) {
  if (expected != found) fail(where, ": expected ", expected, " ", what, ", found ", found);
}

}  // namespace losses

/// L_cls: mean over RoIs of -log softmax(logits)[label].
/// @param logits [N, K]   @param labels N true classes
/// @return 0 for no RoIs   @throws Error if sizes or labels do not fit
template <Scalar T>
[[nodiscard]] T classification_loss(TensorView<const T, 2> logits, std::span<const int> labels) {
  const Index rois = logits.size(0), classes = logits.size(1);
  losses::require_equal(rois, labels.size(), "classification_loss", "labels");
  T sum = 0;
  for (Index i = 0; i < rois; ++i) {
    const auto row = logits[i].elements();
    const T largest = *std::max_element(row.begin(), row.end());
    T exponentials = 0;
    for (const T logit : row) exponentials += std::exp(logit - largest);
    sum += largest + std::log(exponentials) - row[losses::class_of(labels, i, classes, "classification_loss")];
  }
  return rois == 0 ? T{0} : sum / static_cast<T>(rois);
}

/// L_reg: smooth L1 of the true class' four deltas, summed over foreground RoIs, divided by the number of all RoIs.
/// Label 0 is the background. torchvision's `fastrcnn_loss` has beta = 1/9.
/// @param deltas  [N, 4 K]   @param labels N true classes   @param targets [N, 4], what the deltas should be
/// @return 0 for no RoIs   @throws Error if sizes or labels do not fit
template <Scalar T>
[[nodiscard]] T box_regression_loss(TensorView<const T, 2> deltas, std::span<const int> labels,
                                    TensorView<const T, 2> targets, T beta = T{1} / T{9}) {
  const Index rois = deltas.size(0), classes = deltas.size(1) / 4;
  losses::require_equal(rois, labels.size(), "box_regression_loss", "labels");
  losses::require_equal(4 * rois, targets.count(), "box_regression_loss", "target values");
  T sum = 0;
  for (Index i = 0; i < rois; ++i) {
    const Index label = losses::class_of(labels, i, classes, "box_regression_loss");
    if (label == 0) continue;
    for (Index j = 0; j < 4; ++j) sum += smooth_l1(deltas(i, 4 * label + j) - targets(i, j), beta);
  }
  return rois == 0 ? T{0} : sum / static_cast<T>(rois);
}

/// L_mask: mean binary cross-entropy over the k x k map of the true class; other classes' maps do not contribute.
/// @param logits [N, k, k, K]   @param labels N true classes   @param targets [N, k, k], from 0 to 1
/// @return 0 for no RoIs   @throws Error if sizes or labels do not fit
template <Scalar T>
[[nodiscard]] T mask_loss(TensorView<const T, 4> logits, std::span<const int> labels, TensorView<const T, 3> targets) {
  const auto [rois, height, width, classes] = logits.shape();
  losses::require_equal(rois, labels.size(), "mask_loss", "labels");
  losses::require_equal(rois * height * width, targets.count(), "mask_loss", "target values");
  T sum = 0;
  for (Index i = 0; i < rois; ++i) {
    const Index label = losses::class_of(labels, i, classes, "mask_loss");
    for (Index pixel = 0; pixel < height * width; ++pixel)
      sum += binary_cross_entropy(logits[i].data()[pixel * classes + label], targets[i].data()[pixel]);
  }
  return rois == 0 ? T{0} : sum / static_cast<T>(rois * height * width);
}

}  // namespace maskrcnn
