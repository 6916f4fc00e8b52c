/// Binary PNM images (P5 grey, P6 colour). stb's reader of these mixes up the bytes of 16-bit samples, ignores the
/// largest value, and does not notice that a file ends early.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/image.hpp>
#include <maskrcnn/io/bytes.hpp>
#include <maskrcnn/io/intensity.hpp>
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

/// The image after the header, its values spread or, with `Intensity::none`, scaled so that `maximum` becomes 255, but
/// for 65535, of which the upper 8 bits stay, as of 16-bit PNG. Larger values than `maximum` count as it.
/// @throws Error if the file ends early
[[nodiscard]] inline Image read_pnm(Bytes file, const PnmHeader& header, const std::string& name,
                                    Intensity intensity = Intensity::none) {
  const std::size_t bytes = header.maximum > 255 ? 2 : 1, channels = static_cast<std::size_t>(header.channels);
  const std::size_t row = static_cast<std::size_t>(header.size.width) * channels * bytes;
  const auto height = static_cast<std::size_t>(header.size.height);
  const std::size_t found = file.size() > header.samples ? file.size() - header.samples : 0;
  if (found < row * height)
    fail("image: ", name, " is a truncated PNM: expected ", row * height, " bytes of samples, found ", found);
  const std::uint8_t* const samples = file.data() + header.samples;
  const std::size_t maximum = header.maximum;
  if (bytes == 1)
    return spread_image(header.size, channels, maximum, intensity, [=](std::size_t i, std::size_t c) {
      return std::min<std::size_t>(samples[i * channels + c], maximum);
    });
  return spread_image(header.size, channels, maximum, intensity, [=](std::size_t i, std::size_t c) {
    const std::uint8_t* const sample = samples + 2 * (i * channels + c);
    return std::min<std::size_t>(std::size_t{sample[0]} << 8 | sample[1], maximum);
  });
}

}  // namespace maskrcnn::io
