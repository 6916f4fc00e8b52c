/// Two-dimensional convolution on channels-last tensors, each by the algorithm that is fastest for it.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/layers/compute.hpp>
#include <maskrcnn/layers/conv_algorithm.hpp>
#include <maskrcnn/layers/conv_geometry.hpp>
#include <maskrcnn/layers/group_norm.hpp>
#include <memory>
#include <optional>
#include <string>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Convolution [N, H, W, in] -> [N, H', W', out] with H' = (H + 2 padding - dilation (height - 1) - 1) / stride + 1, W'
/// likewise: bias, then a group norm if the weights have one, an optional addend, an activation. Weights are packed
/// once, at construction. 3 x 3 kernels of stride 1 are computed by Winograd where channels fill the registers, in T,
/// unless direct products in the given precision are faster still. Products of all other kernels are of that precision
/// (but for odd numbers of channels under larger kernels than 1 x 1: the stem), their sums in T.
template <Scalar T>
class Conv2d {
 public:
  Conv2d() = default;

  /// @throws Error if the numbers of weights do not fit the sizes
  Conv2d(const ConvWeights<T>& weights, const ConvGeometry& geometry, const Compute& compute = {});

  /// A deformable convolution, see `DeformableConv2d`.
  /// @param offsets the convolution that makes the offsets of the same input
  /// @throws Error if the numbers of weights do not fit the sizes or each other
  Conv2d(const ConvWeights<T>& weights, const ConvWeights<T>& offsets, const ConvGeometry& geometry,
         const Compute& compute = {});

  [[nodiscard]] Index in_channels() const { return algorithm_->in_channels(); }
  [[nodiscard]] Index out_channels() const { return algorithm_->out_channels(); }

  /// @param addend see `Addend`
  /// @throws Error if channels do not fit or the input is smaller than the kernel
  [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& input, const Tensor<T, 4>* addend = nullptr) const {
    return run(input, addend, nullptr);
  }

  /// The same with something to add that is not needed any more: where it can, the output takes its memory.
  [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& input, Tensor<T, 4>&& addend) const {
    return run(input, &addend, &addend);
  }

 private:
  Conv2d(const ConvWeights<T>& weights, const ConvGeometry& geometry,
         std::unique_ptr<const ConvAlgorithm<T>> algorithm);

  [[nodiscard]] Tensor<T, 4> run(const Tensor<T, 4>& input, const Tensor<T, 4>* addend, Tensor<T, 4>* reuse) const;

  std::unique_ptr<const ConvAlgorithm<T>> algorithm_;
  std::optional<GroupNorm<T>> norm_;
  std::string name_;
  Index height_ = 1, width_ = 1, stride_ = 1, groups_ = 1;
  Activation activation_ = Activation::none;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/layers/conv2d.inl>
#endif
