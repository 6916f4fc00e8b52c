/// Step 6b: the keypoint head, a fully convolutional network on every RoI that makes a heatmap for each keypoint (He et
/// al., "Mask R-CNN", section 5).
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/layers/conv_tower.hpp>
#include <maskrcnn/layers/conv_transpose2d.hpp>
#include <maskrcnn/weights/parameters.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// What a keypoint head is built for.
struct KeypointHeadOptions {
  ConvTowerOptions tower{};  ///< of the pooled features
};

/// 3 x 3 convolutions with ReLU, a 4 x 4 deconvolution of stride 2 to one map for each keypoint, and bilinear doubling.
/// torchvision's `KeypointRCNNHeads` and `KeypointRCNNPredictor`, detectron2's `KRCNNConvDeconvUpsampleHead`.
template <Scalar T>
class KeypointHead {
 public:
  /// @param at the place of `keypoint_head` and `keypoint_predictor`
  /// @throws Error if a tensor is missing or does not fit
  KeypointHead(const Parameters& at, const KeypointHeadOptions& options);

  /// K, of each object.
  [[nodiscard]] Index keypoints() const { return upsample_.out_channels(); }

  /// [N, k, k, C] -> [N, K, 4k, 4k] logits: of all places of a map, one is the keypoint.
  [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& pooled) const;

 private:
  ConvTower<T> tower_;
  ConvTranspose2d<T> upsample_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/stages/keypoint_head.inl>
#endif
