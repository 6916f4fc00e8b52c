/// Backbones: what the model needs of one, and the list of those that come with the library.
#pragma once

#include <concepts>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/stages/fpn.hpp>
#include <maskrcnn/stages/mobilenet_v3.hpp>
#include <maskrcnn/stages/resnet.hpp>
#include <maskrcnn/weights/parameters.hpp>

namespace maskrcnn {

/// What a backbone has to know about the model that it is part of.
struct BackboneOptions {
  double batch_norm_epsilon = 1e-5;
  BottleneckStride bottleneck_stride = BottleneckStride::in_3x3;
};

/// What a backbone says of itself besides its maps; derive from it and hide what differs.
struct PyramidTraits {
  static constexpr int finest_stride = 4;             ///< input pixels per cell of the first map
  static constexpr int size_divisor = 32;             ///< inputs are padded to a multiple of this
  static constexpr int box_bins = 7, mask_bins = 14;  ///< of the features of a RoI, per axis, for either head
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

/// What a model on backbone B computes the products of 1 x 1 convolutions and fully connected layers of: the backbone's
/// `Operand` if it has one, else its scalar.
template <class B>
struct OperandOfBackbone {
  using Type = typename B::Scalar;
};
template <class B>
  requires requires { typename B::Operand; }
struct OperandOfBackbone<B> {
  using Type = typename B::Operand;
};

/// ResNet with a feature pyramid on C2..C5: P2..P6.
template <Scalar T, ResNetSpec Spec, kernels::OperandOf<T> O = T>
class ResNetFpn : public PyramidTraits {
 public:
  using Scalar = T;
  using Operand = O;
  template <class Other>
  using WithOperand = ResNetFpn<T, Spec, Other>;
  static constexpr std::size_t levels = 5, roi_levels = 4;

  /// @param at the place of `body` and `fpn`
  ResNetFpn(const Parameters& at, const BackboneOptions& options)
      : body_(at / "body", options.batch_norm_epsilon, options.bottleneck_stride),
        fpn_(at / "fpn", body_.channels(), options.batch_norm_epsilon) {}

  [[nodiscard]] Index channels() const { return fpn_.channels(); }

  [[nodiscard]] FeaturePyramid<T> operator()(const Tensor<T, 4>& image) const { return fpn_(body_(image)); }

 private:
  ResNet<T, Spec, O> body_;
  Fpn<T, O> fpn_;
};

/// MobileNetV3 with a feature pyramid on its last two stages, both of stride 32, as torchvision has it: the third level
/// is of stride 64. RoIs are read from the first two; torchvision's rule sends all of them to the first.
template <Scalar T, MobileNetV3Spec Spec, kernels::OperandOf<T> O = T>
class MobileNetV3Fpn : public PyramidTraits {
 public:
  using Scalar = T;
  using Operand = O;
  template <class Other>
  using WithOperand = MobileNetV3Fpn<T, Spec, Other>;
  static constexpr std::size_t levels = 3, roi_levels = 2;

  /// @param at the place of `body` and `fpn`
  MobileNetV3Fpn(const Parameters& at, const BackboneOptions& options)
      : body_(at / "body", options.batch_norm_epsilon),
        fpn_(at / "fpn", body_.channels(), options.batch_norm_epsilon) {}

  [[nodiscard]] Index channels() const { return fpn_.channels(); }

  [[nodiscard]] FeaturePyramid<T> operator()(const Tensor<T, 4>& image) const { return fpn_(body_(image)); }

 private:
  MobileNetV3<T, Spec, O> body_;
  Fpn<T, O> fpn_;
};

/// ResNet without a pyramid, as Mask R-CNN's first figures have it: proposals and RoIs on C4, the last layer on every
/// RoI.
template <Scalar T, ResNetSpec Spec, kernels::OperandOf<T> O = T>
class ResNetC4 : public PyramidTraits {
 public:
  using Scalar = T;
  using Operand = O;
  template <class Other>
  using WithOperand = ResNetC4<T, Spec, Other>;
  static constexpr std::size_t levels = 1, roi_levels = 1;
  static constexpr int finest_stride = 16, size_divisor = 1, box_bins = 14, mask_bins = 14;

  /// @param at the place of `body`
  ResNetC4(const Parameters& at, const BackboneOptions& options)
      : body_(at / "body", options.batch_norm_epsilon, options.bottleneck_stride, 3),
        c5_(at / "body" / "layer4", body_.channels().back(),
            {.stride = 2,
             .epsilon = options.batch_norm_epsilon,
             .bottleneck_stride = options.bottleneck_stride,
             .depth = Spec.depths[3]}) {}

  [[nodiscard]] Index channels() const { return body_.channels().back(); }
  [[nodiscard]] Index roi_channels() const { return c5_.channels(); }

  [[nodiscard]] FeaturePyramid<T> operator()(const Tensor<T, 4>& image) const {
    FeaturePyramid<T> c4;
    c4.push_back(std::move(body_(image).back()));
    return c4;
  }

  /// [N, k, k, C4] -> [N, k / 2, k / 2, C5].
  [[nodiscard]] Tensor<T, 4> on_rois(const Tensor<T, 4>& pooled) const { return c5_(pooled); }

 private:
  ResNet<T, Spec, O> body_;
  ResidualLayer<T, Spec.block, O> c5_;
};

/// ResNet without a pyramid whose last layer is dilated: proposals and RoIs on C5, of stride 16.
template <Scalar T, ResNetSpec Spec, kernels::OperandOf<T> O = T>
class ResNetDc5 : public PyramidTraits {
 public:
  using Scalar = T;
  using Operand = O;
  template <class Other>
  using WithOperand = ResNetDc5<T, Spec, Other>;
  static constexpr std::size_t levels = 1, roi_levels = 1;
  static constexpr int finest_stride = 16, size_divisor = 1;

  /// @param at the place of `body`
  ResNetDc5(const Parameters& at, const BackboneOptions& options)
      : body_(at / "body", options.batch_norm_epsilon, options.bottleneck_stride) {}

  [[nodiscard]] Index channels() const { return body_.channels().back(); }

  [[nodiscard]] FeaturePyramid<T> operator()(const Tensor<T, 4>& image) const {
    FeaturePyramid<T> c5;
    c5.push_back(std::move(body_(image).back()));
    return c5;
  }

 private:
  static constexpr ResNetSpec dilated{.block = Spec.block, .depths = Spec.depths, .dilated = true};
  ResNet<T, dilated, O> body_;
};

/// The same backbone, products of 1 x 1 convolutions and fully connected layers computed of bfloat16 numbers:
/// `MaskRCNN<Bf16<ResNet50Fpn>>`; where the processor has AMX, those of 3 x 3 convolutions as well. Faster with AMX or
/// with an AVX512_BF16 of full speed, emulated and slow without either.
template <class B>
using Bf16 = typename B::template WithOperand<BFloat16>;

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
using MobileNetV3LargeFpn = MobileNetV3Fpn<float, mobilenet_v3_large>;

}  // namespace maskrcnn
