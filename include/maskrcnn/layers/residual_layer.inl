// Bodies of residual_layer.hpp.
#pragma once

#include <maskrcnn/layers/read_layers.hpp>
#include <maskrcnn/layers/residual_layer.hpp>
#include <span>
#include <string>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS {

namespace residual_layer {

/// Convolution number `index` of the place (tensors count from 1), its batch norm folded in.
template <Scalar T>
[[nodiscard]] ConvWeights<T> read(const Parameters& at, std::size_t index, const ConvShape& shape, double epsilon) {
  const std::string number = std::to_string(index + 1);
  ConvWeights<T> weights = read_conv<T>(at / ("conv" + number), shape);
  fold_batch_norm(weights, at / ("bn" + number), epsilon);
  return weights;
}

}  // namespace residual_layer

template <Scalar T>
ResidualLayer<T>::ResidualLayer(const Parameters& at, Index in, const ResidualLayerOptions& options) {
  std::size_t depth = static_cast<std::size_t>(options.depth);
  if (depth == 0) do
      ++depth;
    while ((at / depth / "conv1").contains("weight"));
  for (std::size_t i = 0; i < depth; ++i) {
    blocks_.push_back(read_block(at / i, in, i == 0 ? options.stride : 1, options));
    in = blocks_.back().out_channels();
  }
}

template <Scalar T>
typename ResidualLayer<T>::Block ResidualLayer<T>::read_block(const Parameters& at, Index in, Index stride,
                                                              const ResidualLayerOptions& options) const {
  const bool bottleneck = options.block == ResidualBlock::bottleneck;
  const std::size_t count = bottleneck ? 3 : 2;
  const std::size_t strided = bottleneck && options.bottleneck_stride == BottleneckStride::in_3x3 ? 1 : 0;
  const bool projects = stride != 1 || (at / "downsample" / 0).contains("weight");
  Block block;
  ConvWeights<T> conv;
  for (std::size_t i = 0; i < count; ++i) {
    const bool last = i + 1 == count;
    const Index kernel = !bottleneck || i == 1 ? 3 : 1, channels = i == 0 ? in : conv.out;
    conv = residual_layer::read<T>(at, i,
                                   {.out = last && !projects ? in : Parameters::any,
                                    .in = channels,
                                    .kernel = kernel,
                                    .bias = false,
                                    .grouped = bottleneck && kernel == 3},
                                   options.epsilon);
    if (last && bottleneck && projects) break;
    block.convs.emplace_back(conv,
                             ConvGeometry{.stride = i == strided ? stride : 1,
                                          .padding = kernel / 2 * options.dilation,
                                          .dilation = options.dilation,
                                          .activation = Activation::relu},
                             options.compute);
  }
  if (projects) {
    ConvWeights<T> projection = read_conv<T>(at / "downsample" / 0, {.out = conv.out, .in = in, .bias = false});
    fold_batch_norm(projection, at / "downsample" / 1, options.epsilon);
    if (bottleneck)
      block.projected.emplace(conv, projection, stride, options.compute);
    else
      block.shortcut.emplace(projection, ConvGeometry{.stride = stride}, options.compute);
  }
  return block;
}

template <Scalar T>
Tensor<T, 4> ResidualLayer<T>::operator()(const Tensor<T, 4>& input) const {
  return rest(blocks_.front()(input));
}

template <Scalar T>
Tensor<T, 4> ResidualLayer<T>::operator()(Tensor<T, 4>&& input) const {
  return rest(blocks_.front()(std::move(input)));
}

template <Scalar T>
Tensor<T, 4> ResidualLayer<T>::rest(Tensor<T, 4> x) const {
  for (const Block& block : std::span(blocks_).subspan(1)) x = block(std::move(x));
  return x;
}

template <Scalar T>
Tensor<T, 4> ResidualLayer<T>::Block::operator()(const Tensor<T, 4>& input) const {
  if (projected) return (*projected)(first(convs.size(), input), input);
  return convs.back()(first(convs.size() - 1, input), shortcut ? (*shortcut)(input) : input.clone());
}

template <Scalar T>
Tensor<T, 4> ResidualLayer<T>::Block::operator()(Tensor<T, 4>&& input) const {
  if (projected || shortcut) return (*this)(input);
  const Tensor<T, 4> x = first(convs.size() - 1, input);
  return convs.back()(x, std::move(input));
}

template <Scalar T>
Tensor<T, 4> ResidualLayer<T>::Block::first(std::size_t count, const Tensor<T, 4>& input) const {
  Tensor<T, 4> x = convs[0](input);
  for (std::size_t i = 1; i < count; ++i) x = convs[i](x);
  return x;
}

#ifdef MASKRCNN_COMPILED
template class ResidualLayer<float>;
template class ResidualLayer<double>;
#endif

}  // namespace maskrcnn
