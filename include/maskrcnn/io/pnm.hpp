/// Binary PNM images (P5 grey, P6 colour). stb's reader of these mixes up the bytes of 16-bit samples, ignores the
/// largest value, and does not notice that a file ends early.
#pragma once

#include <cstddef>
#include <cstdint>
#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/image.hpp>
#include <maskrcnn/io/bytes.hpp>
#include <string>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

/// The header of a binary PNM file: "P6 width height maximum", comments allowed, one blank, then samples.
struct PnmHeader {
  Size size;
  int channels = 0;         ///< 1 or 3
  unsigned maximum = 0;     ///< the value that means white, 1 to 65535; above 255, samples have two bytes, high first
  std::size_t samples = 0;  ///< where they begin
};

/// @param name the file, for messages
/// @throws Error if the header is malformed
[[nodiscard]] inline PnmHeader read_pnm_header(Bytes file, const std::string& name) {
  std::size_t at = 2;
  const auto is_blank = [](std::uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  const auto number = [&](const char* what) {
    while (at < file.size() && (is_blank(file[at]) || file[at] == '#')) {
      if (file[at] == '#')
        while (at < file.size() && file[at] != '\n') ++at;
      else
        ++at;
    }
    std::int64_t value = -1;
    for (; at < file.size() && file[at] >= '0' && file[at] <= '9'; ++at) {
      value = 10 * (value < 0 ? 0 : value) + (file[at] - '0');
      if (value > 99'999'999) fail("image: ", name, " is a corrupt PNM: ", what, " is too large");
    }
    if (value < 0) fail("image: ", name, " is a corrupt PNM: ", what, " is missing in its header");
    return static_cast<int>(value);
  };
  PnmHeader header;
  header.channels = file[1] == '6' ? 3 : 1;
  header.size.width = number("the width");
  header.size.height = number("the height");
  const int maximum = number("the largest value");
  if (maximum < 1 || maximum > 65535)
    fail("image: ", name, " is a corrupt PNM: the largest value is ", maximum, ", expected 1 to 65535");
  header.maximum = static_cast<unsigned>(maximum);
  header.samples = at + 1;
  return header;
}

/// The image after the header, values scaled so that `maximum` becomes 255.
/// @throws Error if the file ends early
[[nodiscard]] inline Image read_pnm(Bytes file, const PnmHeader& header, const std::string& name) {
  const std::size_t bytes = header.maximum > 255 ? 2 : 1, channels = static_cast<std::size_t>(header.channels);
  const std::size_t row = static_cast<std::size_t>(header.size.width) * channels * bytes;
  const auto height = static_cast<std::size_t>(header.size.height);
  const std::size_t found = file.size() > header.samples ? file.size() - header.samples : 0;
  if (found < row * height)
    fail("image: ", name, " is a truncated PNM: expected ", row * height, " bytes of samples, found ", found);
  Image image(header.size);
  const std::uint8_t* from = file.data() + header.samples;
  for (int y = 0; y < header.size.height; ++y) {
    std::uint8_t* to = image.row(y);
    for (int x = 0; x < header.size.width; ++x, to += 3, from += channels * bytes)
      for (std::size_t c = 0; c < 3; ++c) {
        const std::uint8_t* const sample = from + (channels == 3 ? c * bytes : 0);
        const unsigned value = bytes == 2 ? unsigned{sample[0]} << 8 | sample[1] : sample[0];
        // 16 bits become 8 by their upper half, as for PNG
        to[c] = header.maximum == 65535 ? static_cast<std::uint8_t>(value >> 8)
                : value >= header.maximum
                    ? std::uint8_t{255}
                    : static_cast<std::uint8_t>((value * 255 + header.maximum / 2) / header.maximum);
      }
  }
  return image;
}

}  // namespace maskrcnn::io
