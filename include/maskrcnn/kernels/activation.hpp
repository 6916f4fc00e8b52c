/// Activations: what follows a layer, number by number. What is not a number stays so.
#pragma once

#include <algorithm>
#include <maskrcnn/core/tensor.hpp>
#include <maskrcnn/kernels/not_a_number.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// `hard_swish`: x * hard_sigmoid(x) (Howard et al., "Searching for MobileNetV3", section 5.2).
enum class Activation { none, relu, hard_swish };

/// The sigmoid made of straight lines: 0 up to -3, 1 from 3 on. torch's `hardsigmoid`.
template <Scalar T>
[[nodiscard]] constexpr T hard_sigmoid(T x) {
  return is_nan(x) ? x : std::min(std::max(x + T{3}, T{0}), T{6}) / T{6};
}

/// One number. torch's `relu` and `hardswish`.
template <Scalar T>
[[nodiscard]] constexpr T activated(T x, Activation activation) {
  if (activation == Activation::relu) return kernels::relu(x);
  return activation == Activation::hard_swish ? x * hard_sigmoid(x) : x;
}

}  // namespace maskrcnn
