// Bodies of resnet.hpp.
#pragma once

#include <maskrcnn/layers/max_pool.hpp>
#include <maskrcnn/layers/read_layers.hpp>
#include <maskrcnn/stages/resnet.hpp>
#include <span>
#include <string>

namespace maskrcnn::inline MASKRCNN_FLAGS {

template <Scalar T>
ResNet<T>::ResNet(const Parameters& at, const ResNetSpec& spec, const ResNetOptions& options) {
  const auto stem = read_normed_conv<T>(at / "conv1", at / "bn1", {.in = 3, .kernel = 7}, options.norms);
  stem_ = Conv2d<T>(stem, {.stride = 2, .padding = 3, .activation = Activation::relu}, options.compute);
  for (std::size_t layer = 0; layer < options.layers; ++layer) {
    const bool dilated = spec.dilated && layer == 3;
    layers_.emplace_back(
        at / ("layer" + std::to_string(layer + 1)), layer == 0 ? stem.out : channels_.back(),
        ResidualLayerOptions{.block = spec.block,
                             .stride = Index{layer > 0 && !dilated ? 2U : 1U},
                             .dilation = Index{dilated ? 2U : 1U} * static_cast<Index>(options.dilations[layer]),
                             .norms = options.norms,
                             .bottleneck_stride = options.bottleneck_stride,
                             .depth = spec.depths[layer],
                             .compute = options.compute});
    channels_.push_back(layers_.back().channels());
  }
}

template <Scalar T>
FeaturePyramid<T> ResNet<T>::operator()(const Tensor<T, 4>& input) const {
  const ProfileSpan span(input.profile(), "step", "resnet");
  FeaturePyramid<T> features;
  features.push_back(layers_.front()(max_pool(stem_(input), {.size = 3, .stride = 2, .padding = 1})));
  for (const ResidualLayer<T>& layer : std::span(layers_).subspan(1)) features.push_back(layer(features.back()));
  return features;
}

#ifdef MASKRCNN_COMPILED
template class ResNet<float>;
template class ResNet<double>;
#endif

}  // namespace maskrcnn
