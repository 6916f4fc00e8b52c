/// Step 6: the mask head, a small fully convolutional network on every RoI (He et al., "Mask R-CNN", figure 4).
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/function_ref.hpp>
#include <maskrcnn/layers/conv_tower.hpp>
#include <maskrcnn/layers/conv_transpose2d.hpp>
#include <maskrcnn/weights/parameters.hpp>
#include <span>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// What a mask head is built for.
struct MaskHeadOptions {
  ConvTowerOptions tower{};  ///< of the pooled features
  Index labels = 0;          ///< that have a mask; 0: as many as the file has
};

/// 3 x 3 convolutions with ReLU, a 2 x 2 deconvolution with ReLU, a 1 x 1 convolution to one mask per class, a sigmoid.
/// Masks do not compete across classes, so only the mask of the class that the box head chose is computed. A network
/// with a single mask for all classes (class-agnostic) is recognised by its weights.
template <Scalar T>
class MaskHead {
 public:
  /// @param at the place of `mask_head` and `mask_predictor`
  /// @throws Error if a tensor is missing or does not fit
  MaskHead(const Parameters& at, const MaskHeadOptions& options);

  /// [N, k, k, C] and the class of each RoI -> [N, 2k, 2k] probabilities of belonging to the object.
  /// @throws Error if a label is no class of the model or the lengths differ
  [[nodiscard]] Tensor<T, 3> operator()(const Tensor<T, 4>& pooled, std::span<const int> labels) const;

  /// The same before the sigmoid, for losses.
  [[nodiscard]] Tensor<T, 3> logits(const Tensor<T, 4>& pooled, std::span<const int> labels) const;

 private:
  [[nodiscard]] Tensor<T, 3> predict(const Tensor<T, 4>& pooled, std::span<const int> labels,
                                     FunctionRef<T(T)> activation) const;
  [[nodiscard]] Index channel_of(int label) const;
  [[nodiscard]] T logit(const T* features, Index channel) const;

  ConvTower<T> tower_;
  ConvTranspose2d<T> upsample_;
  ConvWeights<T> logits_;
  bool class_agnostic_ = false;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/stages/mask_head.inl>
#endif
