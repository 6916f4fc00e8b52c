// Bodies of conv2d.hpp: the choice of the algorithm.
#pragma once

#include <array>
#include <maskrcnn/layers/activation.hpp>
#include <maskrcnn/layers/conv2d.hpp>
#include <maskrcnn/layers/deformable_conv2d.hpp>
#include <maskrcnn/layers/direct_conv2d.hpp>
#include <maskrcnn/layers/winograd_conv2d.hpp>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS {

namespace conv2d {

/// The fastest algorithm there is for a convolution of this shape, in this precision.
template <Scalar T>
[[nodiscard]] std::unique_ptr<const ConvAlgorithm<T>> fastest(const ConvWeights<T>& weights,
                                                              const ConvGeometry& geometry, const Compute& compute) {
  // pairs of bfloat16 numbers must not straddle taps or groups
  const bool bf16 =
      compute.precision() == Precision::bf16 &&
      ((weights.height * weights.width == 1 && weights.groups == 1) || weights.in / weights.groups % 2 == 0);
  const kernels::KernelSet<T>& kernels = bf16 ? kernels::permitted(compute.kernels<T>()) : compute.kernels<T>();
  if (!bf16 || !kernels.bf16_beats_winograd) {
    if (geometry.winograd_tile == 6 && WinogradConv2d<T, 6>::fits(weights, geometry, kernels))
      return std::make_unique<WinogradConv2d<T, 6>>(weights, geometry, kernels);
    if (WinogradConv2d<T, 4>::fits(weights, geometry, kernels))
      return std::make_unique<WinogradConv2d<T, 4>>(weights, geometry, kernels);
  }
  if (bf16) return std::make_unique<DirectConv2d<T, BFloat16>>(weights, geometry, kernels);
  return std::make_unique<DirectConv2d<T>>(weights, geometry, kernels);
}

/// The same of a deformable convolution.
template <Scalar T>
[[nodiscard]] std::unique_ptr<const ConvAlgorithm<T>> deformable(const ConvWeights<T>& weights,
                                                                 const ConvWeights<T>& offsets,
                                                                 const ConvGeometry& geometry, const Compute& compute) {
  offsets.check();
  // pairs of bfloat16 numbers must not straddle taps
  if (compute.precision() == Precision::bf16 && weights.in / weights.groups % 2 == 0)
    return std::make_unique<DeformableConv2d<T, BFloat16>>(weights, offsets, geometry, compute);
  return std::make_unique<DeformableConv2d<T>>(weights, offsets, geometry, compute);
}

/// What an algorithm does itself, of checked weights: a norm, and what comes behind that, is none of its business.
template <Scalar T>
[[nodiscard]] ConvGeometry of_algorithm(const ConvWeights<T>& weights, ConvGeometry geometry) {
  weights.check();
  if (weights.norm) geometry.activation = Activation::none;
  return geometry;
}

}  // namespace conv2d

template <Scalar T>
Conv2d<T>::Conv2d(const ConvWeights<T>& weights, const ConvGeometry& geometry, const Compute& compute)
    : Conv2d(weights, geometry, conv2d::fastest(weights, conv2d::of_algorithm(weights, geometry), compute)) {}

template <Scalar T>
Conv2d<T>::Conv2d(const ConvWeights<T>& weights, const ConvWeights<T>& offsets, const ConvGeometry& geometry,
                  const Compute& compute)
    : Conv2d(weights, geometry,
             conv2d::deformable(weights, offsets, conv2d::of_algorithm(weights, geometry), compute)) {}

template <Scalar T>
Conv2d<T>::Conv2d(const ConvWeights<T>& weights, const ConvGeometry& geometry,
                  std::unique_ptr<const ConvAlgorithm<T>> algorithm)
    : algorithm_(std::move(algorithm)),
      name_(weights.name),
      height_(weights.height),
      width_(weights.width),
      stride_(geometry.stride),
      groups_(weights.groups),
      activation_(geometry.activation) {
  if (weights.norm) norm_.emplace(*weights.norm);
}

template <Scalar T>
Tensor<T, 4> Conv2d<T>::run(const Tensor<T, 4>& input, const Tensor<T, 4>* addend, Tensor<T, 4>* reuse) const {
  ProfileSpan span(input.profile(), "layer", name_);
  Tensor<T, 4> output = norm_ ? (*algorithm_)(input, nullptr, nullptr) : (*algorithm_)(input, addend, reuse);
  span.end([&] {
    // the arithmetic is that of direct convolution, whichever algorithm computes it
    const Index depth = height_ * width_ * in_channels() / groups_;
    ProfileNotes notes{.flops = 2.0 * static_cast<double>(output.count()) * static_cast<double>(depth)};
    notes.say_shape("input", input.shape())
        .say_shape("output", output.shape())
        .say_shape("kernel", std::array{height_, width_})
        .say("stride", std::to_string(stride_))
        .say("algorithm", algorithm_->algorithm())
        .say("counted as", "direct");
    return notes;
  });
  if (norm_) (*norm_)(output, Addend<T>(addend, output.shape()), activation_);
  if (activation_ != Activation::relu) activate(output, activation_);
  return output;
}

#ifdef MASKRCNN_COMPILED
template class Conv2d<float>;
template class Conv2d<double>;
#endif

}  // namespace maskrcnn
