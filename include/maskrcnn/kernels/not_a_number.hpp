/// Comparisons that keep what is not a number, whatever the compiler was told of such: -ffast-math lets it swap the
/// operands of a maximum, and a NaN would silently become 0. A test of the bits is beyond its reach.
#pragma once

#include <bit>
#include <cstdint>
#include <maskrcnn/core/tensor.hpp>
#include <type_traits>

namespace maskrcnn::inline MASKRCNN_FLAGS::kernels {

/// As `std::isnan`, which -ffast-math makes false.
template <Scalar T>
[[nodiscard]] constexpr bool is_nan(T x) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr Bits infinity = sizeof(T) == 4 ? static_cast<Bits>(0x7F800000U) : static_cast<Bits>(0x7FF0000000000000U);
  return (std::bit_cast<Bits>(x) & static_cast<Bits>(~Bits{0} >> 1U)) > infinity;
}

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
