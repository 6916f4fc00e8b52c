/// Numbers and what is none: comparisons that stay right where the compiler was told that NaN and infinity do not occur
/// (`-ffast-math`), because they look at bits.
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstdint>
#include <maskrcnn/core/compiled.hpp>
#include <type_traits>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// The unsigned integer that has the bits of a float or a double.
template <std::floating_point T>
using BitsOf = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

/// Bits of positive infinity: numbers are below them, NaNs above, if their sign is left out.
template <std::floating_point T>
inline constexpr BitsOf<T> infinity_bits = static_cast<BitsOf<T>>(sizeof(T) == 4 ? 0x7F800000 : 0x7FF0000000000000);

/// The bits of |value|.
template <std::floating_point T>
[[nodiscard]] constexpr BitsOf<T> magnitude_bits(T value) {
  return std::bit_cast<BitsOf<T>>(value) & (static_cast<BitsOf<T>>(~BitsOf<T>{0}) >> 1U);
}

template <std::floating_point T>
[[nodiscard]] constexpr bool is_nan(T value) {
  return magnitude_bits(value) > infinity_bits<T>;
}

/// Neither infinite nor NaN.
template <std::floating_point T>
[[nodiscard]] constexpr bool is_finite(T value) {
  return magnitude_bits(value) < infinity_bits<T>;
}

/// value > limit; false for NaN. The limit is a number.
template <std::floating_point T>
[[nodiscard]] constexpr bool exceeds(T value, std::type_identity_t<T> limit) {
  return value > limit && !is_nan(value);
}

/// value >= limit; false for NaN. The limit is a number.
template <std::floating_point T>
[[nodiscard]] constexpr bool reaches(T value, std::type_identity_t<T> limit) {
  // no branch: masks ask this of every pixel
  return (static_cast<unsigned>(value >= limit) & static_cast<unsigned>(!is_nan(value))) != 0;
}

/// `value`, or `high` if that is less; NaN stays.
template <std::floating_point T>
[[nodiscard]] constexpr T at_most(T value, std::type_identity_t<T> high) {
  return is_nan(value) ? value : std::min(value, high);
}

/// `value`, or the end of [low, high] that it is beyond; NaN stays.
template <std::floating_point T>
[[nodiscard]] constexpr T clamped(T value, std::type_identity_t<T> low, std::type_identity_t<T> high) {
  return is_nan(value) ? value : std::clamp(value, low, high);
}

/// An integer that is larger for larger numbers and equal for equal ones, 0 and -0 among them; for NaN it is less than
/// for any number.
template <std::floating_point T>
[[nodiscard]] constexpr BitsOf<T> rank_of(T value) {
  constexpr BitsOf<T> sign = BitsOf<T>{1} << (8 * sizeof(T) - 1);
  const BitsOf<T> magnitude = magnitude_bits(value);
  if (magnitude > infinity_bits<T>) return 0;
  return std::bit_cast<BitsOf<T>>(value) == magnitude ? sign + magnitude : sign - magnitude;
}

}  // namespace maskrcnn
