#include <maskrcnn/core/half.hpp>

#include <bit>

#include "support.hpp"

TEST_CASE("every binary16 number has its value") {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float found = maskrcnn::f16_to_float(static_cast<std::uint16_t>(bits));
    const int exponent = static_cast<int>(bits >> 10U & 0x1FU), fraction = static_cast<int>(bits & 0x3FFU);
    double expected = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    if (bits >= 0x8000) expected = -expected;
    bool same = static_cast<double>(found) == expected && std::signbit(found) == (bits >= 0x8000);
    if (exponent == 0x1F)
      same = fraction == 0 ? std::isinf(found) && std::signbit(found) == (bits >= 0x8000) : std::isnan(found);
    CAPTURE(bits);
    if (!same) CHECK(same);
  }
}

TEST_CASE("known binary16 bits") {
  static_assert(maskrcnn::f16_to_float(0x3C00) == 1.0F);
  static_assert(maskrcnn::f16_to_float(0xC000) == -2.0F);
  static_assert(maskrcnn::f16_to_float(0x7BFF) == 65504.0F);
  static_assert(maskrcnn::f16_to_float(0x0400) == 0x1p-14F);
  static_assert(maskrcnn::f16_to_float(0x0001) == 0x1p-24F);
  static_assert(maskrcnn::f16_to_float(0x03FF) == 1023 * 0x1p-24F);
  CHECK(std::signbit(maskrcnn::f16_to_float(0x8000)));
}

TEST_CASE("every bfloat16 number is the upper half of a float") {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float found = maskrcnn::bf16_to_float(static_cast<std::uint16_t>(bits));
    const bool same = std::bit_cast<std::uint32_t>(found) == bits << 16U;
    if (!same) CHECK(same);
  }
  static_assert(maskrcnn::bf16_to_float(0x3F80) == 1.0F);
  static_assert(maskrcnn::bf16_to_float(0xC040) == -3.0F);
}

TEST_CASE("rounding to bfloat16 picks the nearest, ties to even") {
  static_assert(maskrcnn::BFloat16(1.0F).bits == 0x3F80);
  static_assert(maskrcnn::BFloat16(1.0F + 0x1p-8F).bits == 0x3F80);             // a tie, down to even
  static_assert(maskrcnn::BFloat16(1.0F + 0x1p-7F + 0x1p-8F).bits == 0x3F82);   // a tie, up to even
  static_assert(maskrcnn::BFloat16(1.0F + 0x1p-8F + 0x1p-20F).bits == 0x3F81);  // above it
  static_assert(maskrcnn::BFloat16(-3.0).bits == 0xC040);
  CHECK(std::isinf(static_cast<float>(maskrcnn::BFloat16(std::numeric_limits<float>::max()))));
  CHECK(std::isnan(static_cast<float>(maskrcnn::BFloat16(std::numeric_limits<float>::quiet_NaN()))));
  CHECK(std::isnan(static_cast<float>(maskrcnn::BFloat16(std::bit_cast<float>(0x7F800001U)))));
  for (std::uint32_t bits = 0; bits < 0x7F80; ++bits) {
    const bool same = maskrcnn::BFloat16(maskrcnn::bf16_to_float(static_cast<std::uint16_t>(bits))).bits == bits;
    if (!same) CHECK(same);
  }
}

TEST_CASE("rounding to F16 gives every F16 number back, and the nearest of others") {
  for (std::uint32_t bits = 0; bits < 0x10000U; ++bits) {
    const float value = maskrcnn::f16_to_float(static_cast<std::uint16_t>(bits));
    const std::uint16_t back = maskrcnn::float_to_f16(value);
    if (std::isnan(value))
      CHECK(std::isnan(maskrcnn::f16_to_float(back)));
    else
      CHECK(back == bits);
  }
  const auto rounded = [](float value) { return maskrcnn::f16_to_float(maskrcnn::float_to_f16(value)); };
  CHECK(rounded(1.0F + 0x1p-11F) == 1.0F);  // a tie goes to even
  CHECK(rounded(1.0F + 0x1p-11F + 0x1p-20F) == 1.0F + 0x1p-10F);
  CHECK(rounded(65519.0F) == 65504.0F);
  CHECK(std::isinf(rounded(65520.0F)));
  CHECK(rounded(-0x1p-25F) == 0.0F);
  CHECK(rounded(0x1.8p-25F) == 0x1p-24F);
}
