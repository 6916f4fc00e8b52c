/// Bytes of a file in memory, and the numbers in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <maskrcnn/core/compiled.hpp>
#include <span>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

/// A file, or a part of one, as bytes.
using Bytes = std::span<const std::uint8_t>;

/// The number that `bytes` begin with, most significant byte first.
/// @param count of its bytes, 1 to 4; there must be so many
[[nodiscard]] constexpr std::uint32_t big_endian(Bytes bytes, std::size_t count = 4) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | bytes[i];
  return value;
}

/// The same, least significant byte first.
[[nodiscard]] constexpr std::uint32_t little_endian(Bytes bytes, std::size_t count = 4) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value |= std::uint32_t{bytes[i]} << (8 * i);
  return value;
}

}  // namespace maskrcnn::io
