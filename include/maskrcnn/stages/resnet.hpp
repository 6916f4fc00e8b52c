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

/// The structure of a residual network: its kind of block and how many blocks each of the four layers has.
struct ResNetSpec {
  ResidualBlock block;
  std::array<int, 4> depths;
};

inline constexpr ResNetSpec resnet18{.block = ResidualBlock::basic, .depths = {2, 2, 2, 2}};
inline constexpr ResNetSpec resnet34{.block = ResidualBlock::basic, .depths = {3, 4, 6, 3}};
inline constexpr ResNetSpec resnet50{.block = ResidualBlock::bottleneck, .depths = {3, 4, 6, 3}};
inline constexpr ResNetSpec resnet101{.block = ResidualBlock::bottleneck, .depths = {3, 4, 23, 3}};

/// torchvision's ResNet without its classifier, batch norms folded into the convolutions. Channel widths are whatever
/// the weights have. Products of 1 x 1 convolutions are computed of `Operand`.
template <Scalar T, ResNetSpec Spec, kernels::OperandOf<T> Operand = T>
class ResNet {
  using Conv = Conv2d<T, Operand>;

 public:
  /// @param at      the place of `conv1`, `bn1`, `layer1` ... `layer4`
  /// @param epsilon of every batch norm
  /// @param stride  which convolution of a bottleneck carries the stride
  /// @throws Error if a tensor is missing or has a shape that does not fit the one before
  ResNet(const Parameters& at, double epsilon, BottleneckStride stride) : epsilon_(epsilon), stride_(stride) {
    stem_ = Conv(weights(at, 0, {.in = 3, .kernel = 7, .bias = false}), {.stride = 2, .padding = 3, .relu = true});
    Index channels = stem_.out_channels();
    for (std::size_t layer = 0; layer < 4; ++layer) {
      const Parameters blocks = at / ("layer" + std::to_string(layer + 1));
      for (int i = 0; i < Spec.depths[layer]; ++i) {
        const Index block_stride = layer > 0 && i == 0 ? 2 : 1;
        layers_[layer].push_back(read_block(blocks / static_cast<std::size_t>(i), channels, block_stride));
        channels = layers_[layer].back().out_channels();
      }
      channels_[layer] = channels;
    }
  }

  /// Channels of C2..C5.
  [[nodiscard]] const std::array<Index, 4>& channels() const { return channels_; }

  /// [N, H, W, 3] -> C2..C5: strides 4, 8, 16, 32.
  [[nodiscard]] FeaturePyramid<T> operator()(const Tensor<T, 4>& input) const {
    const ProfileSpan span(input.profile(), "step", "resnet");
    FeaturePyramid<T> features;
    Tensor<T, 4> x = max_pool(stem_(input), {.size = 3, .stride = 2, .padding = 1});
    for (const auto& layer : layers_) {
      // NOLINTNEXTLINE(bugprone-use-after-move): x has been moved from only if there are features
      x = features.empty() ? layer.front()(std::move(x)) : layer.front()(features.back());
      for (const Block& block : std::span(layer).subspan(1)) x = block(std::move(x));
      features.push_back(std::move(x));
    }
    return features;
  }

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
    fold_batch_norm(weights, at / ("bn" + number), epsilon_);
    return weights;
  }

  [[nodiscard]] Block read_block(const Parameters& at, Index in, Index stride) const {
    constexpr bool bottleneck = Spec.block == ResidualBlock::bottleneck;
    constexpr std::size_t count = bottleneck ? 3 : 2;
    const std::size_t strided = bottleneck && stride_ == BottleneckStride::in_3x3 ? 1 : 0;
    const bool projects = stride != 1 || (at / "downsample" / 0).contains("weight");
    Block block;
    ConvWeights<T> conv;
    for (std::size_t i = 0; i < count; ++i) {
      const bool last = i + 1 == count;
      const Index kernel = !bottleneck || i == 1 ? 3 : 1, channels = i == 0 ? in : conv.out;
      conv = weights(
          at, i, {.out = last && !projects ? in : Parameters::any, .in = channels, .kernel = kernel, .bias = false});
      if (last && bottleneck && projects) break;
      block.convs.emplace_back(conv,
                               ConvGeometry{.stride = i == strided ? stride : 1, .padding = kernel / 2, .relu = true});
    }
    if (projects) {
      ConvWeights<T> projection = read_conv<T>(at / "downsample" / 0, {.out = conv.out, .in = in, .bias = false});
      fold_batch_norm(projection, at / "downsample" / 1, epsilon_);
      if constexpr (bottleneck)
        block.projected.emplace(conv, projection, stride);
      else
        block.shortcut.emplace(projection, ConvGeometry{.stride = stride});
    }
    return block;
  }

  double epsilon_;
  BottleneckStride stride_;
  Conv stem_;
  std::array<std::vector<Block>, 4> layers_;
  std::array<Index, 4> channels_{};
};

}  // namespace maskrcnn
