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

/// Anything that turns an image into a feature pyramid, each level half the size of the one before:
/// - `Scalar`: what it computes in;
/// - `levels`: maps that it makes, finest first, stride 4; proposals are sought on all of them;
/// - `roi_levels`: the first so many are those that RoIs are read from;
/// - built from the parameters below "backbone." and the options;
/// - `channels()`: of every map;
/// - called with [1, H, W, 3], H and W multiples of 32.
template <class B>
concept Backbone = Scalar<typename B::Scalar> &&
    requires(const B backbone, const Tensor<typename B::Scalar, 4>& image, const Parameters& at, BackboneOptions o) {
  { B::levels } -> std::convertible_to<std::size_t>;
  { B::roi_levels } -> std::convertible_to<std::size_t>;
  B(at, o);
  { backbone.channels() } -> std::convertible_to<Index>;
  { backbone(image) } -> std::same_as<FeaturePyramid<typename B::Scalar>>;
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
class ResNetFpn {
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
class MobileNetV3Fpn {
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

/// The same backbone, products of 1 x 1 convolutions and fully connected layers computed of bfloat16 numbers:
/// `MaskRCNN<Bf16<ResNet50Fpn>>`. Faster on processors that have AVX512_BF16, emulated and slow on others.
template <class B>
using Bf16 = typename B::template WithOperand<BFloat16>;

using ResNet18Fpn = ResNetFpn<float, resnet18>;
using ResNet34Fpn = ResNetFpn<float, resnet34>;
using ResNet50Fpn = ResNetFpn<float, resnet50>;
using ResNet101Fpn = ResNetFpn<float, resnet101>;
using MobileNetV3LargeFpn = MobileNetV3Fpn<float, mobilenet_v3_large>;

}  // namespace maskrcnn
