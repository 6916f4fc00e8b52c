/// Step 2a: the residual network, from the image to C2..C5 (He et al., "Deep residual learning", 2016).
#pragma once

#include <array>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/feature_pyramid.hpp>
#include <maskrcnn/ops/conv2d.hpp>
#include <maskrcnn/ops/max_pool.hpp>
#include <maskrcnn/ops/projected_conv2d.hpp>
#include <maskrcnn/weights/parameters.hpp>
#include <optional>
#include <span>
#include <vector>

namespace maskrcnn {

/// `basic`: two 3 x 3 convolutions; `bottleneck`: 1 x 1, 3 x 3, 1 x 1.
enum class ResidualBlock { basic, bottleneck };

/// The structure of a residual network.
struct ResNetSpec {
  ResidualBlock block;
  /// How many blocks each of the four layers has; 0: as many as the weights.
  std::array<int, 4> depths{};
  /// Whether the last layer keeps the size of its input and spreads the taps of its 3 x 3 convolutions instead ("DC5").
  bool dilated = false;
};

inline constexpr ResNetSpec resnet18{.block = ResidualBlock::basic, .depths = {2, 2, 2, 2}};
inline constexpr ResNetSpec resnet34{.block = ResidualBlock::basic, .depths = {3, 4, 6, 3}};
inline constexpr ResNetSpec resnet50{.block = ResidualBlock::bottleneck, .depths = {3, 4, 6, 3}};
inline constexpr ResNetSpec resnet101{.block = ResidualBlock::bottleneck, .depths = {3, 4, 23, 3}};

/// How the blocks of one layer are built.
struct ResidualLayerOptions {
  Index stride = 1, dilation = 1;  ///< of the first block; of all blocks
  double epsilon = 1e-5;           ///< of every batch norm
  BottleneckStride bottleneck_stride = BottleneckStride::in_3x3;
  int depth = 0;  ///< number of blocks; 0: as many as the weights have
};

/// One layer of a residual network: blocks of convolutions with their batch norms folded in, the input added to what
/// they make. Channel widths, and the groups of 3 x 3 convolutions (ResNeXt), are whatever the weights have. Products
/// are computed of `Operand`, those of 3 x 3 convolutions as `Conv2d<T, Operand>` sees fit.
template <Scalar T, ResidualBlock Kind, kernels::OperandOf<T> Operand = T>
class ResidualLayer {
  using Conv = Conv2d<T, Operand>;

 public:
  ResidualLayer() = default;

  /// @param at the place of blocks `0`, `1`, ...
  /// @param in channels of the input
  /// @throws Error if a tensor is missing or has a shape that does not fit the one before
  ResidualLayer(const Parameters& at, Index in, const ResidualLayerOptions& options) : options_(options) {
    std::size_t depth = static_cast<std::size_t>(options.depth);
    if (depth == 0) do
        ++depth;
      while ((at / depth / "conv1").contains("weight"));
    for (std::size_t i = 0; i < depth; ++i) {
      blocks_.push_back(read_block(at / i, in, i == 0 ? options.stride : 1));
      in = blocks_.back().out_channels();
    }
  }

  [[nodiscard]] Index channels() const { return blocks_.back().out_channels(); }

  /// [N, H, W, in] -> [N, H / stride, W / stride, channels()], rounded up.
  [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& input) const { return rest(blocks_.front()(input)); }
  /// The same of an input that is not needed any more.
  [[nodiscard]] Tensor<T, 4> operator()(Tensor<T, 4>&& input) const { return rest(blocks_.front()(std::move(input))); }

 private:
  struct Block {
    std::vector<Conv> convs;  ///< all, but for a last one that is part of `projected`
    std::optional<Conv> shortcut{};
    std::optional<ProjectedConv2d<T, Operand>> projected{};

    [[nodiscard]] Index out_channels() const {
      return projected ? projected->out_channels() : convs.back().out_channels();
    }

    /// relu(convs(input) + shortcut(input)); the sum and the ReLU happen inside the last convolution, in place.
    [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& input) const {
      if (projected) return (*projected)(first(convs.size(), input), input);
      return convs.back()(first(convs.size() - 1, input), shortcut ? (*shortcut)(input) : input.clone());
    }

    /// The same of an input that is not needed any more.
    [[nodiscard]] Tensor<T, 4> operator()(Tensor<T, 4>&& input) const {
      if (projected || shortcut) return (*this)(input);
      const Tensor<T, 4> x = first(convs.size() - 1, input);
      return convs.back()(x, std::move(input));
    }

   private:
    /// The first `count` convolutions.
    [[nodiscard]] Tensor<T, 4> first(std::size_t count, const Tensor<T, 4>& input) const {
      Tensor<T, 4> x = convs[0](input);
      for (std::size_t i = 1; i < count; ++i) x = convs[i](x);
      return x;
    }
  };

  /// Convolution number `index` of the place (tensors count from 1), its batch norm folded in.
  [[nodiscard]] ConvWeights<T> weights(const Parameters& at, std::size_t index, const ConvShape& shape) const {
    const std::string number = std::to_string(index + 1);
    ConvWeights<T> weights = read_conv<T>(at / ("conv" + number), shape);
    fold_batch_norm(weights, at / ("bn" + number), options_.epsilon);
    return weights;
  }

  [[nodiscard]] Tensor<T, 4> rest(Tensor<T, 4> x) const {
    for (const Block& block : std::span(blocks_).subspan(1)) x = block(std::move(x));
    return x;
  }

  [[nodiscard]] Block read_block(const Parameters& at, Index in, Index stride) const {
    constexpr bool bottleneck = Kind == ResidualBlock::bottleneck;
    constexpr std::size_t count = bottleneck ? 3 : 2;
    const std::size_t strided = bottleneck && options_.bottleneck_stride == BottleneckStride::in_3x3 ? 1 : 0;
    const bool projects = stride != 1 || (at / "downsample" / 0).contains("weight");
    Block block;
    ConvWeights<T> conv;
    for (std::size_t i = 0; i < count; ++i) {
      const bool last = i + 1 == count;
      const Index kernel = !bottleneck || i == 1 ? 3 : 1, channels = i == 0 ? in : conv.out;
      conv = weights(at, i,
                     {.out = last && !projects ? in : Parameters::any,
                      .in = channels,
                      .kernel = kernel,
                      .bias = false,
                      .grouped = bottleneck && kernel == 3});
      if (last && bottleneck && projects) break;
      block.convs.emplace_back(conv, ConvGeometry{.stride = i == strided ? stride : 1,
                                                  .padding = kernel / 2 * options_.dilation,
                                                  .dilation = options_.dilation,
                                                  .relu = true});
    }
    if (projects) {
      ConvWeights<T> projection = read_conv<T>(at / "downsample" / 0, {.out = conv.out, .in = in, .bias = false});
      fold_batch_norm(projection, at / "downsample" / 1, options_.epsilon);
      if constexpr (bottleneck)
        block.projected.emplace(conv, projection, stride);
      else
        block.shortcut.emplace(projection, ConvGeometry{.stride = stride});
    }
    return block;
  }

  ResidualLayerOptions options_;
  std::vector<Block> blocks_;
};

/// torchvision's ResNet, or detectron2's, without its classifier. Its layers make C2..C5.
template <Scalar T, ResNetSpec Spec, kernels::OperandOf<T> Operand = T>
class ResNet {
 public:
  using Layer = ResidualLayer<T, Spec.block, Operand>;

  /// @param at      the place of `conv1`, `bn1`, `layer1` ... `layer4`
  /// @param epsilon of every batch norm
  /// @param stride  which convolution of a bottleneck carries the stride
  /// @param layers  how many of the four are read and run
  /// @throws Error if a tensor is missing or has a shape that does not fit the one before
  ResNet(const Parameters& at, double epsilon, BottleneckStride stride, std::size_t layers = 4) {
    ConvWeights<T> stem = read_conv<T>(at / "conv1", {.in = 3, .kernel = 7, .bias = false});
    fold_batch_norm(stem, at / "bn1", epsilon);
    stem_ = Conv2d<T, Operand>(stem, {.stride = 2, .padding = 3, .relu = true});
    for (std::size_t layer = 0; layer < layers; ++layer) {
      const bool dilated = Spec.dilated && layer == 3;
      layers_.emplace_back(at / ("layer" + std::to_string(layer + 1)), layer == 0 ? stem.out : channels_.back(),
                           ResidualLayerOptions{.stride = Index{layer > 0 && !dilated ? 2U : 1U},
                                                .dilation = Index{dilated ? 2U : 1U},
                                                .epsilon = epsilon,
                                                .bottleneck_stride = stride,
                                                .depth = Spec.depths[layer]});
      channels_.push_back(layers_.back().channels());
    }
  }

  /// Channels of C2..C5.
  [[nodiscard]] const std::vector<Index>& channels() const { return channels_; }

  /// [N, H, W, 3] -> C2..C5: strides 4, 8, 16, 32.
  [[nodiscard]] FeaturePyramid<T> operator()(const Tensor<T, 4>& input) const {
    const ProfileSpan span(input.profile(), "step", "resnet");
    FeaturePyramid<T> features;
    features.push_back(layers_.front()(max_pool(stem_(input), {.size = 3, .stride = 2, .padding = 1})));
    for (const Layer& layer : std::span(layers_).subspan(1)) features.push_back(layer(features.back()));
    return features;
  }

 private:
  Conv2d<T, Operand> stem_;
  std::vector<Layer> layers_;
  std::vector<Index> channels_;
};

}  // namespace maskrcnn
