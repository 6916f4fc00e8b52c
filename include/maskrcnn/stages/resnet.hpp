/// Step 2a: the residual network, from the image to C2..C5 (He et al., "Deep residual learning", 2016).
#pragma once

#include <array>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/feature_pyramid.hpp>
#include <maskrcnn/layers/residual_layer.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

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

/// How a residual network is read.
struct ResNetOptions {
  NormOptions norms{};
  BottleneckStride bottleneck_stride = BottleneckStride::in_3x3;
  std::array<int, 4> dilations{1, 1, 1, 1};  ///< of the layers' 3 x 3 convolutions, times 2 in a layer that is dilated
  std::size_t layers = 4;                    ///< how many of the four are read and run
  Compute compute{};
};

/// torchvision's ResNet, or detectron2's, without its classifier. Its layers make C2..C5.
template <Scalar T>
class ResNet {
 public:
  /// @param at the place of `conv1`, `bn1`, `layer1` ... `layer4`
  /// @throws Error if a tensor is missing or has a shape that does not fit the one before
  ResNet(const Parameters& at, const ResNetSpec& spec, const ResNetOptions& options);

  /// Channels of C2..C5.
  [[nodiscard]] const std::vector<Index>& channels() const { return channels_; }

  /// [N, H, W, 3] -> C2..C5: strides 4, 8, 16, 32.
  [[nodiscard]] FeaturePyramid<T> operator()(const Tensor<T, 4>& input) const;

 private:
  Conv2d<T> stem_;
  std::vector<ResidualLayer<T>> layers_;
  std::vector<Index> channels_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/stages/resnet.inl>
#endif
