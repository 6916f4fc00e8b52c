// Bodies of residual_layer.hpp.
#pragma once

#include <maskrcnn/layers/residual_layer.hpp>
#include <span>
#include <string>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS {

namespace residual_layer {

/// The block at a place. Convolutions count from 1 there.
template <Scalar T>
[[nodiscard]] ResidualUnitParts<T> read_block(const Parameters& at, Index in, Index stride,
                                              const ResidualLayerOptions& options) {
  const bool bottleneck = options.block == ResidualBlock::bottleneck;
  const std::size_t count = bottleneck ? 3 : 2;
  const std::size_t strided = bottleneck && options.bottleneck_stride == BottleneckStride::in_3x3 ? 1 : 0;
  const bool projects = stride != 1 || (at / "downsample" / 0).contains("weight");
  ResidualUnitParts<T> parts{.stride = stride};
  Index channels = in;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string number = std::to_string(i + 1);
    const Index kernel = !bottleneck || i == 1 ? 3 : 1;
    const ConvShape shape{.out = i + 1 == count && !projects ? in : Parameters::any,
                          .in = channels,
                          .kernel = kernel,
                          .grouped = bottleneck && kernel == 3};
    parts.convs.push_back(
        {.weights = read_normed_conv<T>(at / ("conv" + number), at / ("bn" + number), shape, options.norms),
         .geometry = {.stride = i == strided ? stride : 1,
                      .padding = kernel / 2 * options.dilation,
                      .dilation = options.dilation}});
    const Parameters offsets = at / ("conv" + number + "_offset");
    if (bottleneck && kernel == 3 && offsets.contains("weight"))
      parts.convs.back().offsets = read_conv<T>(offsets, {.in = channels, .kernel = kernel});
    channels = parts.convs.back().weights.out;
  }
  if (projects)
    parts.projection =
        read_normed_conv<T>(at / "downsample" / 0, at / "downsample" / 1, {.out = channels, .in = in}, options.norms);
  return parts;
}

}  // namespace residual_layer

template <Scalar T>
ResidualLayer<T>::ResidualLayer(const Parameters& at, Index in, const ResidualLayerOptions& options) {
  std::size_t depth = static_cast<std::size_t>(options.depth);
  if (depth == 0) do
      ++depth;
    while ((at / depth / "conv1").contains("weight"));
  for (std::size_t i = 0; i < depth; ++i) {
    units_.emplace_back(residual_layer::read_block<T>(at / i, in, i == 0 ? options.stride : 1, options),
                        options.compute);
    in = units_.back().out_channels();
  }
}

template <Scalar T>
Tensor<T, 4> ResidualLayer<T>::operator()(const Tensor<T, 4>& input) const {
  return rest(units_.front()(input));
}

template <Scalar T>
Tensor<T, 4> ResidualLayer<T>::operator()(Tensor<T, 4>&& input) const {
  return rest(units_.front()(std::move(input)));
}

template <Scalar T>
Tensor<T, 4> ResidualLayer<T>::rest(Tensor<T, 4> x) const {
  for (const ResidualUnit<T>& unit : std::span(units_).subspan(1)) x = unit(std::move(x));
  return x;
}

#ifdef MASKRCNN_COMPILED
template class ResidualLayer<float>;
template class ResidualLayer<double>;
#endif

}  // namespace maskrcnn
