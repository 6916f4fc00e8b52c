/// A look at a PNG file before it is decoded: its header and chunks; whole, unchanged, and nothing in it that stb is
/// known to get wrong.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <maskrcnn/io/bytes.hpp>
#include <maskrcnn/io/image_source.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

namespace png_checks {

inline constexpr std::size_t signature_bytes = 8, palette_bytes = 768;

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

/// Whether the chunk whose length field is at `at` is of this type. There must be 8 bytes.
[[nodiscard]] inline bool is_chunk(Bytes file, std::size_t at, std::string_view type) {
  for (std::size_t i = 0; i < 4; ++i)
    if (file[at + 4 + i] != static_cast<std::uint8_t>(type[i])) return false;
  return true;
}

}  // namespace png_checks

/// What a PNG file begins with (PNG specification, 11.2.2).
struct PngHeader {
  std::uint32_t width = 0, height = 0;
  int bits = 0, colour = 0;  ///< of a sample; 0: grey, 2: RGB, 3: palette, 4: grey and alpha, 6: RGB and alpha
};

/// @param file of at least 26 bytes
[[nodiscard]] inline PngHeader png_header(Bytes file) {
  return {.width = big_endian(file.subspan(16)),
          .height = big_endian(file.subspan(20)),
          .bits = file[24],
          .colour = file[25]};
}

/// Calls `visit(type, content)` for each chunk of a PNG file, up to its end or the first that is not whole.
template <class Visit>
void for_each_png_chunk(Bytes file, const Visit& visit) {
  for (std::size_t at = png_checks::signature_bytes; file.size() >= at + 12;) {
    const std::size_t length = big_endian(file.subspan(at));
    if (length > file.size() - at - 12 || png_checks::is_chunk(file, at, "IEND")) return;
    visit(std::string_view(reinterpret_cast<const char*>(file.data() + at + 4), 4), file.subspan(at + 8, length));
    at += 12 + length;
  }
}

/// What is wrong with a PNG file: each chunk must lie inside the file and fit its checksum, up to IEND; a palette comes
/// once; and no chunk that a reader has to know is unknown, such as those of Apple's variant.
[[nodiscard]] inline ImageFault png_fault(Bytes file) {
  using namespace png_checks;
  bool palette = false;
  if (file.size() < signature_bytes + 25) return {"the file ends inside its header"};
  if (is_chunk(file, signature_bytes, "CgBI"))
    return {"it is Apple's variant, in which colours have another order; save it as common PNG", true};
  if (!is_chunk(file, signature_bytes, "IHDR")) return {"it does not begin with its IHDR chunk"};
  // a byte of deflated data is at most 1032 of others, so that memory is taken for what may be there
  const std::uint64_t width = png_header(file).width, height = png_header(file).height;
  if (width != 0 && height / 8 > 1032 * std::uint64_t{file.size()} / width) return {"its data end before the image"};
  for (std::size_t at = signature_bytes;;) {
    if (file.size() - at < 12) return {"the file ends before its IEND chunk"};
    const std::size_t length = big_endian(file.subspan(at));
    if (length > file.size() - at - 12) return {"the file ends inside a chunk"};
    if (crc32(file.subspan(at + 4, 4 + length)) != big_endian(file.subspan(at + 8 + length)))
      return {"the checksum of the chunk at byte " + std::to_string(at) + " is wrong"};
    if (is_chunk(file, at, "IEND")) return {};
    if (is_chunk(file, at, "PLTE")) {
      if (palette) return {"it has two palettes"};
      palette = true;
    } else if ((file[at + 4] & 0x20U) == 0 && !is_chunk(file, at, "IHDR") && !is_chunk(file, at, "IDAT")) {
      // a large first letter: who does not know the chunk cannot show the image
      return {"its chunk at byte " + std::to_string(at) + " is unknown, and needed to show it", true};
    }
    at += 12 + length;
  }
}

/// The file as stb may read it. stb does not look whether a pixel's index is inside the palette, and takes what lies in
/// memory behind it for the colour: so a palette that is shorter than any index may be is filled up with black, as
/// other decoders do. Empty, if nothing is to be changed; checksums, which stb does not look at, stay as they are.
/// @param file without a fault
[[nodiscard]] inline std::vector<std::uint8_t> png_with_whole_palette(Bytes file) {
  using namespace png_checks;
  for (std::size_t at = signature_bytes; !is_chunk(file, at, "IEND");) {
    const std::size_t length = big_endian(file.subspan(at));
    if (is_chunk(file, at, "PLTE") && length > 0 && length < palette_bytes && length % 3 == 0) {
      std::vector<std::uint8_t> whole(file.begin(), file.end());
      const auto end = whole.begin() + static_cast<std::ptrdiff_t>(at + 8 + length);
      whole.insert(end, palette_bytes - length, std::uint8_t{0});
      whole[at + 2] = static_cast<std::uint8_t>(palette_bytes >> 8);
      whole[at + 3] = static_cast<std::uint8_t>(palette_bytes & 0xFF);
      return whole;
    }
    at += 12 + length;
  }
  return {};
}

}  // namespace maskrcnn::io
