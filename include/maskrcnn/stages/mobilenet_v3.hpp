/// Step 2a, the small way: MobileNetV3, from the image to the last two stages (Howard et al., 2019).
#pragma once

#include <array>
#include <maskrcnn/core/feature_pyramid.hpp>
#include <maskrcnn/ops/activation.hpp>
#include <maskrcnn/ops/conv2d.hpp>
#include <maskrcnn/ops/depthwise_conv2d.hpp>
#include <maskrcnn/ops/squeeze_excitation.hpp>
#include <maskrcnn/weights/parameters.hpp>
#include <optional>
#include <utility>
#include <vector>

namespace maskrcnn {

/// What the weights do not tell of an inverted residual block.
struct InvertedResidual {
  Index stride;
  Activation activation;
};

/// The structure of a MobileNetV3: its blocks (tables 1 and 2 of the paper). Widths, kernel sizes, and whether a block
/// has squeeze and excitation, are whatever the weights have.
template <std::size_t Blocks>
struct MobileNetV3Spec {
  std::array<InvertedResidual, Blocks> blocks;

  /// The last block that halves the map.
  [[nodiscard]] constexpr std::size_t last_strided() const {
    std::size_t last = 0;
    for (std::size_t i = 0; i < Blocks; ++i)
      if (blocks[i].stride > 1) last = i;
    return last;
  }
};

inline constexpr MobileNetV3Spec<15> mobilenet_v3_large{{{{1, Activation::relu},
                                                          {2, Activation::relu},
                                                          {1, Activation::relu},
                                                          {2, Activation::relu},
                                                          {1, Activation::relu},
                                                          {1, Activation::relu},
                                                          {2, Activation::hard_swish},
                                                          {1, Activation::hard_swish},
                                                          {1, Activation::hard_swish},
                                                          {1, Activation::hard_swish},
                                                          {1, Activation::hard_swish},
                                                          {1, Activation::hard_swish},
                                                          {2, Activation::hard_swish},
                                                          {1, Activation::hard_swish},
                                                          {1, Activation::hard_swish}}}};

/// torchvision's `mobilenet_v3_*().features`, batch norms folded into the convolutions. Products of 1 x 1 convolutions
/// are computed of `Operand`.
template <Scalar T, MobileNetV3Spec Spec, kernels::OperandOf<T> Operand = T>
class MobileNetV3 {
  using Conv = Conv2d<T, Operand>;

 public:
  /// @param at      the place of `0` (the stem), `1` ... (the blocks) and the last convolution
  /// @param epsilon of every batch norm
  /// @throws Error if a tensor is missing or has a shape that does not fit the one before
  MobileNetV3(const Parameters& at, double epsilon) {
    stem_ = Conv(read_conv_block<T>(at / 0, {.in = 3, .kernel = 3}, epsilon), {.stride = 2, .padding = 1});
    Index channels = stem_.out_channels();
    for (std::size_t i = 0; i < Spec.blocks.size(); ++i) {
      blocks_.emplace_back(at / (i + 1) / "block", channels, Spec.blocks[i], epsilon);
      channels = blocks_.back().out_channels();
    }
    channels_[0] = blocks_[Spec.last_strided()].out_channels();
    last_ = Conv(read_conv_block<T>(at / (blocks_.size() + 1), {.in = channels}, epsilon), {});
    channels_[1] = last_.out_channels();
  }

  /// Channels of the maps that come out.
  [[nodiscard]] const std::array<Index, 2>& channels() const { return channels_; }

  /// [N, H, W, 3] -> the output of the last block that halves the map, and the network's: of the same size, stride 32.
  [[nodiscard]] FeaturePyramid<T> operator()(const Tensor<T, 4>& input) const {
    const ProfileSpan span(input.profile(), "step", "mobilenet_v3");
    FeaturePyramid<T> features;
    Tensor<T, 4> x = stem_(input);
    activate(x, Activation::hard_swish);
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      x = blocks_[i](std::move(x));
      if (i == Spec.last_strided()) features.push_back(x.clone());
    }
    features.push_back(last_(x));
    activate(features.back(), Activation::hard_swish);
    return features;
  }

 private:
  /// Expand by 1 x 1, filter every channel by itself, weight the channels, project by 1 x 1, add the input.
  class Block {
   public:
    /// @param at the place of the block's layers: `0`, `1`, ...
    /// @param in channels that come in
    Block(const Parameters& at, Index in, const InvertedResidual& spec, double epsilon) : activation_(spec.activation) {
      std::size_t layer = 0;
      Index channels = in;
      constexpr std::size_t any = Parameters::any;
      if ((at / 0 / 0).stored("weight", {any, any, any, any}).shape[3] == 1) {
        // Conv2d has a ReLU, other activations come after it
        expand_ = Conv(read_conv_block<T>(at / layer, {.in = in}, epsilon), {.relu = activation_ == Activation::relu});
        channels = expand_->out_channels();
        ++layer;
      }
      const Index kernel = (at / layer / 0).stored("weight", {channels, 1, any, any}).shape[3];
      depthwise_ =
          DepthwiseConv2d<T>(read_conv_block<T>(at / layer, {.out = channels, .in = 1, .kernel = kernel}, epsilon),
                             {.stride = spec.stride, .padding = kernel / 2}, activation_);
      ++layer;
      if ((at / layer / "fc1").contains("weight")) {
        excitation_ = read_excitation(at / layer, channels);
        ++layer;
      }
      project_ = Conv(read_conv_block<T>(at / layer, {.in = channels}, epsilon), {});
      adds_input_ = spec.stride == 1 && project_.out_channels() == in;
    }

    [[nodiscard]] Index out_channels() const { return project_.out_channels(); }

    [[nodiscard]] Tensor<T, 4> operator()(Tensor<T, 4> input) const {
      Tensor<T, 4> x = expand_ ? depthwise_(expanded(input)) : depthwise_(input);
      if (excitation_) (*excitation_)(x);
      return adds_input_ ? project_(x, std::move(input)) : project_(x);
    }

   private:
    [[nodiscard]] Tensor<T, 4> expanded(const Tensor<T, 4>& input) const {
      Tensor<T, 4> x = (*expand_)(input);
      if (activation_ != Activation::relu) activate(x, activation_);
      return x;
    }

    /// Two 1 x 1 convolutions of means, that is two fully connected layers.
    static SqueezeExcitation<T> read_excitation(const Parameters& at, Index channels) {
      const ConvWeights<T> squeeze = read_conv<T>(at / "fc1", {.in = channels});
      const ConvWeights<T> excite = read_conv<T>(at / "fc2", {.out = channels, .in = squeeze.out});
      const auto linear = [](const ConvWeights<T>& conv, bool relu) {
        return Linear<T>(conv.in, conv.out, conv.kernel, conv.bias, relu).named(conv.name);
      };
      return {linear(squeeze, true), linear(excite, false)};
    }

    Activation activation_;
    std::optional<Conv> expand_;
    DepthwiseConv2d<T> depthwise_;
    std::optional<SqueezeExcitation<T>> excitation_;
    Conv project_;
    bool adds_input_ = false;
  };

  Conv stem_, last_;
  std::vector<Block> blocks_;
  std::array<Index, 2> channels_{};
};

}  // namespace maskrcnn
