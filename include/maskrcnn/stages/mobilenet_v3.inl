// Bodies of mobilenet_v3.hpp.
#pragma once

#include <maskrcnn/layers/read_layers.hpp>
#include <maskrcnn/stages/mobilenet_v3.hpp>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS {

template <Scalar T>
MobileNetV3<T>::MobileNetV3(const Parameters& at, std::span<const InvertedResidual> blocks, const NormOptions& norms,
                            const Compute& compute) {
  stem_ = Conv2d<T>(read_conv_block<T>(at / 0, {.in = 3, .kernel = 3}, norms),
                    {.stride = 2, .padding = 1, .activation = Activation::hard_swish}, compute);
  Index channels = stem_.out_channels();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    blocks_.emplace_back(at / (i + 1) / "block", channels, blocks[i], norms, compute);
    channels = blocks_.back().out_channels();
    if (blocks[i].stride > 1) last_strided_ = i;
  }
  channels_[0] = blocks_[last_strided_].out_channels();
  last_ = Conv2d<T>(read_conv_block<T>(at / (blocks_.size() + 1), {.in = channels}, norms),
                    {.activation = Activation::hard_swish}, compute);
  channels_[1] = last_.out_channels();
}

template <Scalar T>
FeaturePyramid<T> MobileNetV3<T>::operator()(const Tensor<T, 4>& input) const {
  const ProfileSpan span(input.profile(), "step", "mobilenet_v3");
  FeaturePyramid<T> features;
  Tensor<T, 4> x = stem_(input);
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    x = blocks_[i](std::move(x));
    if (i == last_strided_) features.push_back(x.clone());
  }
  features.push_back(last_(x));
  return features;
}

template <Scalar T>
MobileNetV3<T>::Block::Block(const Parameters& at, Index in, const InvertedResidual& spec, const NormOptions& norms,
                             const Compute& compute) {
  std::size_t layer = 0;
  Index channels = in;
  constexpr std::size_t any = Parameters::any;
  if ((at / 0 / 0).stored("weight", {any, any, any, any}).shape[3] == 1) {
    expand_ = Conv2d<T>(read_conv_block<T>(at / layer, {.in = in}, norms), {.activation = spec.activation}, compute);
    channels = expand_->out_channels();
    ++layer;
  }
  const Index kernel = (at / layer / 0).stored("weight", {channels, 1, any, any}).shape[3];
  depthwise_ =
      DepthwiseConv2d<T>(read_conv_block<T>(at / layer, {.out = channels, .in = 1, .kernel = kernel}, norms),
                         {.stride = spec.stride, .padding = kernel / 2, .activation = spec.activation}, compute);
  ++layer;
  if ((at / layer / "fc1").contains("weight")) {
    excitation_ = read_squeeze_excitation<T>(at / layer, channels, Gate::hard_sigmoid, compute);
    ++layer;
  }
  project_ = Conv2d<T>(read_conv_block<T>(at / layer, {.in = channels}, norms), {}, compute);
  adds_input_ = spec.stride == 1 && project_.out_channels() == in;
}

template <Scalar T>
Tensor<T, 4> MobileNetV3<T>::Block::operator()(Tensor<T, 4> input) const {
  Tensor<T, 4> x = expand_ ? depthwise_((*expand_)(input)) : depthwise_(input);
  if (excitation_) (*excitation_)(x);
  return adds_input_ ? project_(x, std::move(input)) : project_(x);
}

#ifdef MASKRCNN_COMPILED
template class MobileNetV3<float>;
template class MobileNetV3<double>;
#endif

}  // namespace maskrcnn
