/// Whole or cut short: a look at a picture file before it is decoded. stb's decoders fill what is missing with grey or
/// black and report success, and do not look at checksums; a model must not be shown such a picture.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

namespace maskrcnn::io {

/// A picture file as bytes.
using Bytes = std::span<const std::uint8_t>;

namespace picture_checks {

[[nodiscard]] constexpr std::uint32_t big_endian(Bytes bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}
[[nodiscard]] constexpr std::uint32_t little_endian(Bytes bytes, std::size_t count = 4) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value |= std::uint32_t{bytes[i]} << (8 * i);
  return value;
}

inline constexpr auto crc_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    table[i] = i;
    for (int bit = 0; bit < 8; ++bit) table[i] = (table[i] & 1U) != 0 ? 0xEDB88320U ^ table[i] >> 1 : table[i] >> 1;
  }
  return table;
}();

/// CRC-32 as PNG has it (PNG specification, annex D).
[[nodiscard]] constexpr std::uint32_t crc32(Bytes bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const std::uint8_t byte : bytes) crc = crc_table[(crc ^ byte) & 0xFFU] ^ crc >> 8;
  return ~crc;
}

}  // namespace picture_checks

/// What is wrong with a PNG file, or "": each chunk must lie inside the file and fit its checksum, up to IEND.
[[nodiscard]] inline std::string png_fault(Bytes file) {
  using namespace picture_checks;
  std::size_t at = 8;
  while (true) {
    if (file.size() - at < 12) return "the file ends before its IEND chunk";
    const std::size_t length = big_endian(file.subspan(at));
    if (length > file.size() - at - 12) return "the file ends inside a chunk";
    const Bytes chunk = file.subspan(at + 4, 4 + length);
    if (crc32(chunk) != big_endian(file.subspan(at + 8 + length)))
      return "the checksum of the chunk at byte " + std::to_string(at) + " is wrong";
    if (chunk[0] == 'I' && chunk[1] == 'E' && chunk[2] == 'N' && chunk[3] == 'D') return "";
    at += 12 + length;
  }
}

/// What is wrong with a JPEG file, or "": its segments must lead to the end-of-image marker.
[[nodiscard]] inline std::string jpeg_fault(Bytes file) {
  const std::string cut = "the file ends before its end-of-image marker";
  std::size_t at = 2;
  while (true) {
    // the next marker: FF, then neither 00 (a stuffed data byte), FF (fill) nor a restart, which is part of the data
    while (at + 1 < file.size()) {
      const std::uint8_t next = file[at + 1];
      if (file[at] == 0xFF && next != 0 && next != 0xFF && (next < 0xD0 || next > 0xD7) && next != 0x01) break;
      ++at;
    }
    if (at + 1 >= file.size()) return cut;
    const std::uint8_t marker = file[at + 1];
    at += 2;
    if (marker == 0xD9) return "";
    if (file.size() - at < 2) return cut;
    const std::size_t length = std::size_t{file[at]} << 8 | file[at + 1];
    if (length < 2) return "a segment has length " + std::to_string(length);
    if (length > file.size() - at) return cut;
    at += length;
  }
}

/// What is wrong with a BMP file, or "": all rows must lie inside it.
[[nodiscard]] inline std::string bmp_fault(Bytes file) {
  using namespace picture_checks;
  const std::string cut = "the file ends before its last row";
  if (file.size() < 26) return cut;
  const std::uint64_t data = little_endian(file.subspan(10));
  const bool core = little_endian(file.subspan(14)) == 12;
  if (!core && file.size() < 54) return cut;
  const auto size = [&](std::size_t at, std::size_t core_at) -> std::uint64_t {
    if (core) return little_endian(file.subspan(core_at), 2);
    return static_cast<std::uint64_t>(std::llabs(static_cast<std::int32_t>(little_endian(file.subspan(at)))));
  };
  const std::uint64_t width = size(18, 18), height = size(22, 20),
                      bits = little_endian(file.subspan(core ? 24 : 28), 2);
  const std::uint64_t row = (width * bits + 31) / 32 * 4;
  if (row != 0 && (file.size() < data || height > (file.size() - data) / row)) return cut;
  return "";
}

}  // namespace maskrcnn::io
