/// 16-bit floats: F16 (IEEE binary16) and BF16, as weight files store them; BF16 also as what products are made of.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <maskrcnn/core/compiled.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// The value of an IEEE binary16 number, exactly: subnormals, infinities and NaNs included.
[[nodiscard]] constexpr float f16_to_float(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16U;
  const std::uint32_t exponent = (bits >> 10U) & 0x1FU, fraction = bits & 0x3FFU;
  if (exponent == 0x1FU) return std::bit_cast<float>(sign | 0x7F800000U | fraction << 13U);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112U) << 23U | fraction << 13U);
  const float magnitude = static_cast<float>(fraction) * 0x1p-24F;  // subnormal or zero
  return sign != 0 ? -magnitude : magnitude;
}

/// The nearest IEEE binary16 number, ties to even; infinity from 65520 on; not a number stays so.
[[nodiscard]] constexpr std::uint16_t float_to_f16(float value) {
  const auto whole = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = whole >> 16U & 0x8000U, magnitude = whole & 0x7FFFFFFFU;
  if (magnitude > 0x7F800000U) return static_cast<std::uint16_t>(sign | 0x7E00U);
  if (magnitude >= 0x477FF000U) return static_cast<std::uint16_t>(sign | 0x7C00U);
  if (magnitude < 0x38800000U) {  // below 2^-14: a multiple of 2^-24, which the sum with 1/2 rounds to
    const float sum = std::bit_cast<float>(magnitude) + 0.5F;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(sum) - 0x3F000000U));
  }
  const std::uint32_t rounded = magnitude + 0xFFFU + (magnitude >> 13U & 1U);
  return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000U) >> 13U));
}

/// The value of a bfloat16 number: the upper half of a float.
[[nodiscard]] constexpr float bf16_to_float(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

/// A bfloat16 number: eight bits of exponent as in float, eight of significand. What products may be computed of; see
/// `GemmBlock`.
struct BFloat16 {
  std::uint16_t bits = 0;

  BFloat16() = default;

  /// The nearest one, ties to even; not a number stays so. As `vcvtneps2bf16` rounds, except that it takes subnormal
  /// numbers for zeros.
  template <std::floating_point F>
  explicit constexpr BFloat16(F value) {
    const auto whole = std::bit_cast<std::uint32_t>(static_cast<float>(value));
    const bool nan = (whole & 0x7FFFFFFFU) > 0x7F800000U;
    const std::uint32_t rounded = nan ? whole | 0x400000U : whole + 0x7FFFU + ((whole >> 16U) & 1U);
    bits = static_cast<std::uint16_t>(rounded >> 16U);
  }

  template <std::floating_point F>
  explicit constexpr operator F() const {
    return static_cast<F>(bf16_to_float(bits));
  }
};

}  // namespace maskrcnn
