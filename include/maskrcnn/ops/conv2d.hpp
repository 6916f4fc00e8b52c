/// Two-dimensional convolution on channels-last tensors, each in the way that is fastest for it.
#pragma once

#include <array>
#include <concepts>
#include <maskrcnn/ops/direct_conv2d.hpp>
#include <maskrcnn/ops/winograd_conv2d.hpp>
#include <string>
#include <type_traits>
#include <variant>

namespace maskrcnn {

/// Convolution [N, H, W, in] -> [N, H', W', out], see `DirectConv2d`: bias, then an optional addend, then an optional
/// ReLU, fused. Weights are packed once, at construction. 3 x 3 kernels of stride 1 go by Winograd where the processor
/// has it, in T, unless its products of `Operand` are faster still. Products of all other kernels are computed of
/// `Operand` (but for odd numbers of channels under larger kernels than 1 x 1: the stem), their sums in T.
template <Scalar T, kernels::OperandOf<T> Operand = T>
class Conv2d {
 public:
  Conv2d() = default;

  /// @throws Error if the numbers of weights do not fit the sizes
  Conv2d(const ConvWeights<T>& weights, const ConvGeometry& geometry,
         const kernels::KernelSet<T>& kernels = kernels::best_kernels<T>())
      : way_(fastest_way(weights, geometry, kernels)),
        name_(weights.name),
        height_(weights.height),
        width_(weights.width),
        stride_(geometry.stride),
        groups_(weights.groups) {}

  [[nodiscard]] Index in_channels() const {
    return std::visit([](const auto& way) { return way.in_channels(); }, way_);
  }
  [[nodiscard]] Index out_channels() const {
    return std::visit([](const auto& way) { return way.out_channels(); }, way_);
  }

  /// @param addend see `Addend`
  /// @throws Error if channels do not fit or the input is smaller than the kernel
  [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& input, const Tensor<T, 4>* addend = nullptr) const {
    return run(input, addend, nullptr);
  }

  /// The same with something to add that is not needed any more: where it can, the output takes its memory.
  [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& input, Tensor<T, 4>&& addend) const {
    return run(input, &addend, &addend);
  }

 private:
  using Ways = std::conditional_t<
      std::same_as<Operand, T>, std::variant<DirectConv2d<T>, WinogradConv2d<T, 4>, WinogradConv2d<T, 6>>,
      std::variant<DirectConv2d<T>, WinogradConv2d<T, 4>, WinogradConv2d<T, 6>, DirectConv2d<T, Operand>>>;

  [[nodiscard]] static Ways fastest_way(const ConvWeights<T>& weights, const ConvGeometry& geometry,
                                        const kernels::KernelSet<T>& kernels) {
    weights.check();
    const bool operand = fits_operand(weights);
    if (!operand || !kernels.bf16_beats_winograd) {
      if (geometry.winograd_tile == 6 && WinogradConv2d<T, 6>::fits(weights, geometry, kernels))
        return WinogradConv2d<T, 6>(weights, geometry, kernels);
      if (WinogradConv2d<T, 4>::fits(weights, geometry, kernels))
        return WinogradConv2d<T, 4>(weights, geometry, kernels);
    }
    if (operand) return DirectConv2d<T, Operand>(weights, geometry, kernels);
    return DirectConv2d<T>(weights, geometry, kernels);
  }

  /// Whether products can be computed of the operand, another than T: its pairs must not straddle taps.
  [[nodiscard]] static bool fits_operand(const ConvWeights<T>& weights) {
    if constexpr (std::same_as<Operand, T>) return false;
    return (weights.height == 1 && weights.width == 1) || weights.in / weights.groups % 2 == 0;
  }

  [[nodiscard]] Tensor<T, 4> run(const Tensor<T, 4>& input, const Tensor<T, 4>* addend, Tensor<T, 4>* reuse) const {
    ProfileSpan span(input.profile(), "layer", name_);
    Tensor<T, 4> output = std::visit([&](const auto& way) { return way(input, addend, reuse); }, way_);
    span.end([&] { return notes(input, output); });
    return output;
  }

  /// For profiles; the arithmetic is that of direct convolution, whichever way it goes.
  [[nodiscard]] ProfileNotes notes(const Tensor<T, 4>& input, const Tensor<T, 4>& output) const {
    const Index depth = height_ * width_ * in_channels() / groups_;
    return {.flops = 2.0 * static_cast<double>(output.count()) * static_cast<double>(depth),
            .details = {{"input", shape_text(input.shape())},
                        {"output", shape_text(output.shape())},
                        {"kernel", shape_text(std::array{height_, width_})},
                        {"stride", std::to_string(stride_)},
                        {"way", way_name()},
                        {"counted as", "direct"}}};
  }

  [[nodiscard]] const char* way_name() const {
    if (std::holds_alternative<WinogradConv2d<T, 4>>(way_)) return "Winograd 4x4";
    if (std::holds_alternative<WinogradConv2d<T, 6>>(way_)) return "Winograd 6x6";
    return std::same_as<Operand, T> || std::holds_alternative<DirectConv2d<T>>(way_) ? "direct" : "direct, bfloat16";
  }

  Ways way_;
  std::string name_;
  Index height_ = 1, width_ = 1, stride_ = 1, groups_ = 1;
};

}  // namespace maskrcnn
