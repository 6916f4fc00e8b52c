/// How layers compute: which kernels, and what products are computed of. Chosen once for a model, when it is built.
#pragma once

#include <concepts>
#include <maskrcnn/core/precision.hpp>
#include <maskrcnn/kernels/dispatch.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Kernels and precision, handed to every layer of a model when its weights are packed. By default the best kernels of
/// this processor (or those that MASKRCNN_ISA names), in fp32.
class Compute {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): a precision alone, or a set of kernels alone, says enough
  Compute(Precision precision = Precision::fp32)
      : float_kernels_(&kernels::best_kernels<float>()), precision_(precision) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Compute(const kernels::KernelSet<float>& kernels, Precision precision = Precision::fp32)
      : float_kernels_(&kernels), precision_(precision) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Compute(const kernels::KernelSet<double>& kernels, Precision precision = Precision::fp32)
      : float_kernels_(&kernels::best_kernels<float>()), double_kernels_(&kernels), precision_(precision) {}

  [[nodiscard]] Precision precision() const { return precision_; }

  template <Scalar T>
  [[nodiscard]] const kernels::KernelSet<T>& kernels() const {
    if constexpr (std::same_as<T, float>)
      return *float_kernels_;
    else
      return double_kernels_ != nullptr ? *double_kernels_ : kernels::best_kernels<double>();
  }

  /// Outputs per axis of Winograd tiles behind the backbone: the exact ones, unless products nearby are computed of
  /// rounded numbers anyway.
  [[nodiscard]] Index winograd_tile() const { return precision_ == Precision::fp32 ? 4 : 6; }

 private:
  const kernels::KernelSet<float>* float_kernels_;
  const kernels::KernelSet<double>* double_kernels_ = nullptr;  ///< null: the yardstick's, looked up where it is wanted
  Precision precision_;
};

}  // namespace maskrcnn
