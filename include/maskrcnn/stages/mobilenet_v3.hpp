/// Step 2a, the small one: MobileNetV3, from the image to the last two stages (Howard et al., 2019).
#pragma once

#include <array>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/feature_pyramid.hpp>
#include <maskrcnn/layers/conv2d.hpp>
#include <maskrcnn/layers/depthwise_conv2d.hpp>
#include <maskrcnn/layers/read_layers.hpp>
#include <maskrcnn/layers/squeeze_excitation.hpp>
#include <maskrcnn/weights/parameters.hpp>
#include <optional>
#include <span>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// What the weights do not tell of an inverted residual block. Widths, kernel sizes, and whether a block has squeeze
/// and excitation, are whatever the weights have.
struct InvertedResidual {
  Index stride;
  Activation activation;
};

/// The blocks of MobileNetV3-Large (table 1 of the paper).
inline constexpr std::array<InvertedResidual, 15> mobilenet_v3_large{{{1, Activation::relu},
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
                                                                      {1, Activation::hard_swish}}};

/// torchvision's `mobilenet_v3_*().features`, batch norms folded into the convolutions.
template <Scalar T>
class MobileNetV3 {
 public:
  /// @param at      the place of `0` (the stem), `1` ... (the blocks) and the last convolution
  /// @param blocks  the structure
  /// @param norms   what their tensors do not tell
  /// @throws Error if a tensor is missing or has a shape that does not fit the one before
  MobileNetV3(const Parameters& at, std::span<const InvertedResidual> blocks, const NormOptions& norms,
              const Compute& compute = {});

  /// Channels of the maps that come out.
  [[nodiscard]] const std::array<Index, 2>& channels() const { return channels_; }

  /// [N, H, W, 3] -> the output of the last block that halves the map, and the network's: of the same size, stride 32.
  [[nodiscard]] FeaturePyramid<T> operator()(const Tensor<T, 4>& input) const;

 private:
  /// Expand by 1 x 1, filter every channel by itself, weight the channels, project by 1 x 1, add the input.
  class Block {
   public:
    /// @param at the place of the block's layers: `0`, `1`, ...
    /// @param in channels that come in
    Block(const Parameters& at, Index in, const InvertedResidual& spec, const NormOptions& norms,
          const Compute& compute);

    [[nodiscard]] Index out_channels() const { return project_.out_channels(); }
    [[nodiscard]] Tensor<T, 4> operator()(Tensor<T, 4> input) const;

   private:
    std::optional<Conv2d<T>> expand_;
    DepthwiseConv2d<T> depthwise_;
    std::optional<SqueezeExcitation<T>> excitation_;
    Conv2d<T> project_;
    bool adds_input_ = false;
  };

  Conv2d<T> stem_, last_;
  std::vector<Block> blocks_;
  std::size_t last_strided_ = 0;  ///< the last block that halves the map
  std::array<Index, 2> channels_{};
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/stages/mobilenet_v3.inl>
#endif
