/// Backbones: what the model needs of one, and the list of those that come with the library.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/feature_pyramid.hpp>
#include <maskrcnn/layers/compute.hpp>
#include <maskrcnn/layers/read_layers.hpp>
#include <maskrcnn/stages/fpn.hpp>
#include <maskrcnn/stages/mobilenet_v3.hpp>
#include <maskrcnn/stages/regnet.hpp>
#include <maskrcnn/stages/resnet.hpp>
#include <maskrcnn/weights/parameters.hpp>
#include <span>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// What a backbone has to know about the model that it is part of.
struct BackboneOptions {
  NormOptions norms{};  ///< what the tensors of norms do not tell
  BottleneckStride bottleneck_stride = BottleneckStride::in_3x3;
  std::array<int, 4> dilations{1, 1, 1, 1};  ///< see `ModelConfig`
  Compute compute{};                         ///< for its layers
};

/// What a backbone says of itself besides its maps; derive from it and hide what differs.
struct PyramidTraits {
  static constexpr int finest_stride = 4;  ///< input pixels per cell of the first map
  static constexpr int size_divisor = 32;  ///< inputs are padded to a multiple of this
  /// Of the features of a RoI, per axis, for the box head, and for mask and keypoint heads.
  static constexpr int box_bins = 7, mask_bins = 14;
};

/// Anything that turns an image into feature maps:
/// - `Scalar`: what it computes in;
/// - `levels`: maps that it makes, finest first, each half the size of the one before for conventions that count on it;
///   proposals are sought on all of them;
/// - `roi_levels`: the first so many are those that RoIs are read from;
/// - what `PyramidTraits` has;
/// - built from the parameters below "backbone." and the options;
/// - `channels()`: of every map;
/// - called with [1, H, W, 3], H and W multiples of `size_divisor`;
/// - if a part of the network works on every RoI by itself: `on_rois`, called with [N, k, k, channels()], and
///   `roi_channels()` of what it returns.
template <class B>
concept Backbone = Scalar<typename B::Scalar> &&
    requires(const B backbone, const Tensor<typename B::Scalar, 4>& image, const Parameters& at, BackboneOptions o) {
  { B::levels } -> std::convertible_to<std::size_t>;
  { B::roi_levels } -> std::convertible_to<std::size_t>;
  { B::finest_stride } -> std::convertible_to<int>;
  { B::size_divisor } -> std::convertible_to<int>;
  { B::box_bins } -> std::convertible_to<int>;
  { B::mask_bins } -> std::convertible_to<int>;
  B(at, o);
  { backbone.channels() } -> std::convertible_to<Index>;
  { backbone(image) } -> std::same_as<FeaturePyramid<typename B::Scalar>>;
};

/// A backbone a part of which works on every RoI by itself.
template <class B>
concept BackboneOnRois = Backbone<B> && requires(const B backbone, const Tensor<typename B::Scalar, 4>& pooled) {
  { backbone.roi_channels() } -> std::convertible_to<Index>;
  { backbone.on_rois(pooled) } -> std::same_as<Tensor<typename B::Scalar, 4>>;
};

/// A network with a feature pyramid on the maps that it makes: P2..P6 on a ResNet's C2..C5.
/// @tparam Body says the network: `Network<T>`, `maps` that it makes, `read(at, options)`
template <Scalar T, class Body>
class BackboneWithFpn : public PyramidTraits {
 public:
  using Scalar = T;
  static constexpr std::size_t roi_levels = Body::maps, levels = roi_levels + 1;

  /// @param at the place of `body` and `fpn`
  BackboneWithFpn(const Parameters& at, const BackboneOptions& options)
      : body_(Body::template read<T>(at / "body", options)),
        fpn_(at / "fpn", body_.channels(), options.norms, options.compute) {}

  [[nodiscard]] Index channels() const { return fpn_.channels(); }

  [[nodiscard]] FeaturePyramid<T> operator()(const Tensor<T, 4>& image) const { return fpn_(body_(image)); }

 private:
  typename Body::template Network<T> body_;
  Fpn<T> fpn_;
};

/// A residual network of a structure.
template <ResNetSpec Spec>
struct ResNetBody {
  template <Scalar T>
  using Network = ResNet<T>;
  static constexpr std::size_t maps = 4;

  /// @param layers how many are read and run
  template <Scalar T>
  [[nodiscard]] static ResNet<T> read(const Parameters& at, const BackboneOptions& options, std::size_t layers = 4) {
    return {at,
            Spec,
            {.norms = options.norms,
             .bottleneck_stride = options.bottleneck_stride,
             .dilations = options.dilations,
             .layers = layers,
             .compute = options.compute}};
  }
};

/// MobileNetV3-Large up to its last two stages, both of stride 32, as torchvision has it: the pyramid's third level is
/// of stride 64. RoIs are read from the first two; torchvision's rule sends all of them to the first.
struct MobileNetV3LargeBody {
  template <Scalar T>
  using Network = MobileNetV3<T>;
  static constexpr std::size_t maps = 2;

  template <Scalar T>
  [[nodiscard]] static MobileNetV3<T> read(const Parameters& at, const BackboneOptions& options) {
    if (options.dilations != BackboneOptions{}.dilations)
      fail("model: expected no dilations for MobileNetV3, which has other layers than a residual network, found some");
    return {at, mobilenet_v3_large, options.norms, options.compute};
  }
};

/// RegNet X or Y of any size.
struct RegNetBody {
  template <Scalar T>
  using Network = RegNet<T>;
  static constexpr std::size_t maps = 4;

  template <Scalar T>
  [[nodiscard]] static RegNet<T> read(const Parameters& at, const BackboneOptions& options) {
    if (options.dilations != BackboneOptions{}.dilations)
      fail("model: expected no dilations for RegNet, which has other layers than a residual network, found some");
    return {at, options.norms, options.compute};
  }
};

template <Scalar T, ResNetSpec Spec>
using ResNetFpn = BackboneWithFpn<T, ResNetBody<Spec>>;

/// A residual network without a pyramid: proposals and RoIs on one map of stride 16.
template <Scalar T, ResNetSpec Spec>
class SingleMapResNet : public PyramidTraits {
 public:
  using Scalar = T;
  static constexpr std::size_t levels = 1, roi_levels = 1;
  static constexpr int finest_stride = 16, size_divisor = 1;

  /// @param at     the place of `body`
  /// @param layers how many are read and run
  SingleMapResNet(const Parameters& at, const BackboneOptions& options, std::size_t layers)
      : body_(ResNetBody<Spec>::template read<T>(at / "body", options, layers)) {}

  [[nodiscard]] Index channels() const { return body_.channels().back(); }

  [[nodiscard]] FeaturePyramid<T> operator()(const Tensor<T, 4>& image) const {
    FeaturePyramid<T> last;
    last.push_back(std::move(body_(image).back()));
    return last;
  }

 private:
  ResNet<T> body_;
};

/// As Mask R-CNN's first figures have it: proposals and RoIs on C4, the last layer on every RoI.
template <Scalar T, ResNetSpec Spec>
class ResNetC4 : public SingleMapResNet<T, Spec> {
 public:
  static constexpr int box_bins = 14, mask_bins = 14;

  /// @param at the place of `body`
  ResNetC4(const Parameters& at, const BackboneOptions& options)
      : SingleMapResNet<T, Spec>(at, options, 3),
        c5_(at / "body" / "layer4", this->channels(),
            {.block = Spec.block,
             .stride = 2,
             .dilation = static_cast<Index>(options.dilations[3]),
             .norms = options.norms,
             .bottleneck_stride = options.bottleneck_stride,
             .depth = Spec.depths[3],
             .compute = options.compute}) {}

  [[nodiscard]] Index roi_channels() const { return c5_.channels(); }

  /// [N, k, k, C4] -> [N, k / 2, k / 2, C5].
  [[nodiscard]] Tensor<T, 4> on_rois(const Tensor<T, 4>& pooled) const { return c5_(pooled); }

 private:
  ResidualLayer<T> c5_;
};

/// The last layer is dilated, so that C5 has a stride of 16 as C4: proposals and RoIs on C5.
template <Scalar T, ResNetSpec Spec>
class ResNetDc5 : public SingleMapResNet<T, ResNetSpec{.block = Spec.block, .depths = Spec.depths, .dilated = true}> {
 public:
  /// @param at the place of `body`
  ResNetDc5(const Parameters& at, const BackboneOptions& options) : ResNetDc5::SingleMapResNet(at, options, 4) {}
};

using ResNet18Fpn = ResNetFpn<float, resnet18>;
using ResNet34Fpn = ResNetFpn<float, resnet34>;
using ResNet50Fpn = ResNetFpn<float, resnet50>;
using ResNet101Fpn = ResNetFpn<float, resnet101>;
/// Any of ResNet-50, 101, 152 and their ResNeXt relatives: depths and groups are the weights'.
using BottleneckFpn = ResNetFpn<float, ResNetSpec{.block = ResidualBlock::bottleneck}>;
using BottleneckC4 = ResNetC4<float, ResNetSpec{.block = ResidualBlock::bottleneck}>;
using BottleneckDc5 = ResNetDc5<float, ResNetSpec{.block = ResidualBlock::bottleneck}>;
/// ResNet-18 or 34.
using BasicFpn = ResNetFpn<float, ResNetSpec{.block = ResidualBlock::basic}>;
using ResNet50C4 = ResNetC4<float, resnet50>;
using ResNet101C4 = ResNetC4<float, resnet101>;
using ResNet50Dc5 = ResNetDc5<float, resnet50>;
using ResNet101Dc5 = ResNetDc5<float, resnet101>;
using RegNetFpn = BackboneWithFpn<float, RegNetBody>;
using MobileNetV3LargeFpn = BackboneWithFpn<float, MobileNetV3LargeBody>;

}  // namespace maskrcnn
