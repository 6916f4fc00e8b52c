/// The larger of two numbers, and ReLU, that keep what is not a number, whatever the compiler was told of such:
/// -ffast-math lets it swap the operands of a maximum, and a NaN would silently become 0. A test of the bits is beyond
/// its reach.
#pragma once

#include <maskrcnn/core/number.hpp>
#include <maskrcnn/core/tensor.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS::kernels {

/// The larger of two numbers; not a number if either is none.
template <Scalar T>
[[nodiscard]] constexpr T maximum(T a, T b) {
  if (is_nan(a)) return a;
  if (is_nan(b)) return b;
  return a < b ? b : a;
}

/// Negative numbers become 0. torch's `relu`.
template <Scalar T>
[[nodiscard]] constexpr T relu(T x) {
  return maximum(x, T{0});
}

}  // namespace maskrcnn::kernels
