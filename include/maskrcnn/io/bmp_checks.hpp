/// A look at a BMP file before it is decoded: whole, and nothing in it that stb is known to get wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <maskrcnn/io/bytes.hpp>
#include <maskrcnn/io/image_source.hpp>
#include <string>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

/// Width and height that a BMP file says, in pixels; 0 x 0 if they make no sense or it has none.
struct BmpSize {
  std::uint64_t width = 0, height = 0;
};

[[nodiscard]] inline BmpSize bmp_size(Bytes file) {
  if (file.size() < 26) return {};
  if (little_endian(file.subspan(14)) == 12)  // OS/2's
    return {little_endian(file.subspan(18), 2), little_endian(file.subspan(20), 2)};
  const std::int64_t width = static_cast<std::int32_t>(little_endian(file.subspan(18)));
  const std::int64_t height = static_cast<std::int32_t>(little_endian(file.subspan(22)));  // below 0: rows go down
  // a height of -2^31 has no counterpart in 32 bits; rows without pixels may be billions
  if (width <= 0 || height == 0 || height == std::numeric_limits<std::int32_t>::min()) return {};
  return {static_cast<std::uint64_t>(width), static_cast<std::uint64_t>(height < 0 ? -height : height)};
}

/// Of what kind a BMP file is, if stb reads none such.
[[nodiscard]] inline ImageFault bmp_kind(Bytes file) {
  if (file.size() < 34) return {};
  const std::uint32_t header = little_endian(file.subspan(14));
  const auto kind = [](const std::string& what) { return ImageFault{what + "; save it as PNG", true}; };
  if (header != 12 && header != 40 && header != 56 && header != 108 && header != 124)
    return kind("its header has " + std::to_string(header) + " bytes, not 12, 40, 56, 108 or 124");
  if (header == 12) return {};
  switch (little_endian(file.subspan(30))) {
    case 0:
    case 3:
      return {};
    case 1:
    case 2:
      return kind("it is run-length compressed");
    case 4:
    case 5:
      return kind("it holds a JPEG or PNG image");
    default:
      return kind("its compression is number " + std::to_string(little_endian(file.subspan(30))));
  }
}

/// What is wrong with a BMP file: all rows must lie inside it; and every index of a pixel inside the palette, as stb
/// reads that one, since it takes for a colour what lies in memory behind it.
[[nodiscard]] inline ImageFault bmp_fault(Bytes file) {
  const ImageFault cut{"the file ends before its last row"}, depth{"expected 1, 4, 8, 16, 24 or 32 bits a pixel"};
  if (file.size() < 26) return cut;
  const std::uint64_t data = little_endian(file.subspan(10)), header = little_endian(file.subspan(14));
  const bool core = header == 12;  // OS/2's
  if (!core && file.size() < 54) return cut;
  if (ImageFault kind = bmp_kind(file); !kind.reason.empty()) return kind;
  const auto [width, height] = bmp_size(file);
  const std::uint64_t bits = little_endian(file.subspan(core ? 24 : 28), 2);
  if (width == 0 || height == 0) return {"it has no possible size"};
  if (bits == 0 || bits > 32) return depth;
  const std::uint64_t row = (width * bits + 31) / 32 * 4;
  if (file.size() < data || height > (file.size() - data) / row) return cut;

  if (bits >= (core ? 24U : 16U)) return {};
  // stb counts entries by where the rows begin and, in OS/2's files, loses the last four
  const std::uint64_t before = 14 + header + (core ? 12 : 0), entry = core ? 3 : 4;
  if (data < before + entry || (data - before) / entry > 256)
    return core ? ImageFault{"it is of OS/2, and has few colours; save it as PNG", true}
                : ImageFault{"expected a palette of 1 to 256 colours"};
  if (bits != 1 && bits != 4 && bits != 8) return depth;
  const std::uint64_t colours = (data - before) / entry;
  if (colours >= std::uint64_t{1} << bits) return {};
  for (std::uint64_t y = 0; y < height; ++y)
    for (std::uint64_t x = 0; x < width; ++x) {
      const std::uint64_t bit = x * bits;
      const unsigned index = file[data + y * row + bit / 8] >> (8 - bits - bit % 8) & ((1U << bits) - 1);
      if (index >= colours)
        return {"a pixel has colour " + std::to_string(index) + " of a palette of " + std::to_string(colours)};
    }
  return {};
}

}  // namespace maskrcnn::io
