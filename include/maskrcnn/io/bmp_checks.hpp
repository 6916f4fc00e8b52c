/// A look at a BMP file before it is decoded: whole, and nothing in it that stb is known to get wrong.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <maskrcnn/io/bytes.hpp>
#include <string>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

/// What is wrong with a BMP file, or "": all rows must lie inside it; and every index of a pixel inside the palette, as
/// stb reads that one, since it takes for a colour what lies in memory behind it.
[[nodiscard]] inline std::string bmp_fault(Bytes file) {
  const std::string cut = "the file ends before its last row";
  if (file.size() < 26) return cut;
  const std::uint64_t data = little_endian(file.subspan(10)), header = little_endian(file.subspan(14));
  const bool core = header == 12;  // OS/2's
  if (!core && file.size() < 54) return cut;
  const auto length = [&](std::size_t at) -> std::uint64_t {
    if (core) return little_endian(file.subspan(at), 2);
    const auto pixels = static_cast<std::int32_t>(little_endian(file.subspan(at)));
    return static_cast<std::uint64_t>(pixels < 0 ? -std::int64_t{pixels} : std::int64_t{pixels});
  };
  const std::uint64_t width = length(18), height = length(core ? 20 : 22);
  const std::uint64_t bits = little_endian(file.subspan(core ? 24 : 28), 2);
  // a height of -2^31 has no counterpart in 32 bits; rows without pixels may be billions
  if (std::min(width, height) == 0 || std::max(width, height) > std::numeric_limits<std::int32_t>::max())
    return "it has no possible size";
  if (bits == 0 || bits > 32) return "expected 1, 4, 8, 16, 24 or 32 bits a pixel";
  const std::uint64_t row = (width * bits + 31) / 32 * 4;
  if (file.size() < data || height > (file.size() - data) / row) return cut;

  if (bits >= (core ? 24U : 16U)) return "";
  // stb counts entries by where the rows begin and, in OS/2's files, loses the last four
  const std::uint64_t before = 14 + header + (core ? 12 : 0), entry = core ? 3 : 4;
  if (data < before + entry || (data - before) / entry > 256)
    return core ? "OS/2's palettes of few colours are not read" : "expected a palette of 1 to 256 colours";
  if (bits != 1 && bits != 4 && bits != 8) return "expected 1, 4, 8, 16, 24 or 32 bits a pixel";
  const std::uint64_t colours = (data - before) / entry;
  if (colours >= std::uint64_t{1} << bits) return "";
  for (std::uint64_t y = 0; y < height; ++y)
    for (std::uint64_t x = 0; x < width; ++x) {
      const std::uint64_t bit = x * bits;
      const unsigned index = file[data + y * row + bit / 8] >> (8 - bits - bit % 8) & ((1U << bits) - 1);
      if (index >= colours)
        return "a pixel has colour " + std::to_string(index) + " of a palette of " + std::to_string(colours);
    }
  return "";
}

}  // namespace maskrcnn::io
