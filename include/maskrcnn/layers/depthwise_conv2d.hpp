/// Depthwise convolution on channels-last tensors: every channel has a kernel of its own.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/layers/compute.hpp>
#include <maskrcnn/layers/conv_geometry.hpp>
#include <maskrcnn/layers/group_norm.hpp>
#include <optional>
#include <string>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Depthwise convolution [N, H, W, C] -> [N, H', W', C] with H' = (H + 2 padding - height) / stride + 1, W' likewise:
/// bias, then an activation, fused; between them a group norm, if the weights have one. torch's `conv2d` with as many
/// groups as channels.
template <Scalar T>
class DepthwiseConv2d {
 public:
  DepthwiseConv2d() = default;

  /// @param weights of one input channel each: [C, 1, height, width]
  /// @throws Error if the numbers of weights do not fit the sizes
  DepthwiseConv2d(const ConvWeights<T>& weights, const ConvGeometry& geometry, const Compute& compute = {});

  [[nodiscard]] Index channels() const { return channels_; }

  /// @throws Error if channels do not fit or the input is smaller than the kernel
  [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& input) const;

 private:
  /// The part of a kernel that lies inside the image, along one axis.
  struct Taps {
    Index first, end, source;  ///< taps [first, end); where the first one reads
    [[nodiscard]] bool same(const Taps& other) const { return first == other.first && end == other.end; }
  };
  [[nodiscard]] Taps inside(Index position, Index size, Index kernel) const;

  const kernels::KernelSet<T>* kernels_ = nullptr;
  ConvGeometry geometry_;
  Index channels_ = 0, height_ = 0, width_ = 0;
  std::string name_;
  std::vector<T> bias_;     ///< [C]
  std::vector<T> weights_;  ///< [taps, C]
  std::optional<GroupNorm<T>> norm_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/layers/depthwise_conv2d.inl>
#endif
