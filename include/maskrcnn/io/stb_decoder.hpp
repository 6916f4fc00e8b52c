/// JPEG, PNG and BMP files by stb_image. What it is known to get wrong is found and refused before it sees the bytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <maskrcnn/core/image.hpp>
#include <maskrcnn/io/bmp_checks.hpp>
#include <maskrcnn/io/image_source.hpp>
#include <maskrcnn/io/jpeg_scans.hpp>
#include <maskrcnn/io/png_checks.hpp>
#include <maskrcnn/io/stb.hpp>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::io::stb_decoder {

struct Free {
  void operator()(void* pixels) const { std::free(pixels); }
};

/// It counts in `int`, and knows no codes but Huffman's.
inline constexpr bool reads_arithmetic_codes = false;

/// Whether stb has numbers for the bytes of an image: four channels of each pixel, and some more.
/// @param bytes   of a sample
/// @param samples that stb wants to count at most, of `channels` a pixel
/// @throws Error if not
inline void require_room(const ImageSource& source, std::size_t bytes, std::size_t channels = 1,
                         std::size_t samples = 0x7FFFFFFF) {
  constexpr std::size_t most_bytes = 0x7FFFFFFF, longest = std::size_t{1} << 24;
  const auto width = static_cast<std::size_t>(source.size.width), height = static_cast<std::size_t>(source.size.height);
  const std::size_t most = std::min(most_bytes / (4 * bytes) - longest, samples / channels);
  if (width > longest || height > longest)
    source.too_large(width, height, longest, "a side for stb: libjpeg-turbo and libspng have another limit");
  if (width * height > most)
    source.too_large(width, height, most, "in all for stb: libjpeg-turbo and libspng have another limit");
}

/// The same of a PNG file, whose samples stb counts before anything else; those of a palette's colours, if it has one.
inline void require_room_for_png(const ImageSource& source) {
  constexpr std::size_t channels_of_colour[] = {1, 1, 3, 4, 2, 4, 4};
  const PngHeader header = png_header(source.file);
  require_room(source, header.bits == 16 ? 2 : 1, header.colour <= 6 ? channels_of_colour[header.colour] : 4,
               std::size_t{1} << 30);
}

/// Decodes what passed the checks.
/// @tparam Value std::uint8_t, or std::uint16_t for 16 bits a channel
/// @param source   with a size
/// @param channels 1: grey, 3: RGB
/// @return pixels row by row
template <class Value>
[[nodiscard]] std::unique_ptr<Value, Free> decode(const ImageSource& source, int channels) {
  const auto length = static_cast<int>(source.file.size());  // fits: see max_file_bytes
  Size size;
  int in_file = 0;
  // 32 bytes a pixel are enough for 16-bit RGBA, interlaced, and for progressive JPEG; blocks may stick out by 64
  // pixels
  const auto padded = [](int pixels) { return static_cast<std::size_t>(pixels) + 64; };
  stb::set_memory_limit(32 * padded(source.size.width) * padded(source.size.height) + 2 * source.file.size() +
                        (1U << 20));
  Value* decoded = nullptr;
  if constexpr (sizeof(Value) == 1)
    decoded = stb::stbi_load_from_memory(source.file.data(), length, &size.width, &size.height, &in_file, channels);
  else
    decoded = stb::stbi_load_16_from_memory(source.file.data(), length, &size.width, &size.height, &in_file, channels);
  std::unique_ptr<Value, Free> pixels(decoded);
  if (pixels == nullptr) {
    if (stb::refused == stb::Refused::memory) source.out_of_memory();
    if (stb::refused == stb::Refused::too_much) source.refuse("its data are more than its image has room for");
    const char* const given = stb::stbi_failure_reason();
    const std::string_view reason = given != nullptr ? given : "no reason given";
    if (reason == "bad masks") source.refuse_kind("its colours have more than 8 bits, or none; save it as PNG");
    source.refuse(reason);
  }
  if (!(size == source.size)) source.refuse("its header is another for stb");
  return pixels;
}

[[nodiscard]] inline Image rgb(const ImageSource& source) {
  const auto pixels = decode<std::uint8_t>(source, 3);
  Image image(source.size);
  std::memcpy(image.row(0), pixels.get(), 3 * pixels_of(source.size));
  return image;
}

/// A JPEG file as 8-bit RGB.
/// @param source with a size
/// @throws Error if it is not whole, or is of a kind that stb does not read, or not rightly
[[nodiscard]] inline Image jpeg(const ImageSource& source) {
  require_room(source, 1);
  source.require_none(jpeg_fault_for_stb(source.file, source.most_pixels));
  return rgb(source);
}

/// A BMP file as 8-bit RGB.
/// @throws Error as `jpeg` does
[[nodiscard]] inline Image bmp(const ImageSource& source) {
  source.require_none(bmp_fault(source.file));
  require_room(source, 1);
  return rgb(source);
}

/// A PNG file as 8-bit RGB, 16 bits reduced to their upper 8.
/// @param source without a `png_fault`, and with a size
/// @throws Error as `jpeg` does
[[nodiscard]] inline Image png(const ImageSource& source) {
  require_room_for_png(source);
  const std::vector<std::uint8_t> changed = png_with_whole_palette(source.file);
  ImageSource readable = source;
  if (!changed.empty()) readable.file = changed;
  return rgb(readable);
}

/// A PNG file of 16 bits a channel.
/// @param source as of `png`
/// @throws Error as `jpeg` does
[[nodiscard]] inline WidePixels wide_png(const ImageSource& source) {
  const int colour = png_header(source.file).colour;
  const int channels = colour == 0 || colour == 4 ? 1 : 3;
  require_room_for_png(source);
  const auto pixels = decode<std::uint16_t>(source, channels);
  WidePixels wide{.channels = static_cast<std::size_t>(channels)};
  wide.values.assign(pixels.get(), pixels.get() + wide.channels * pixels_of(source.size));
  return wide;
}

/// A grey PNG file of 8 or 16 bits.
/// @param source as of `png`
/// @throws Error as `jpeg` does
[[nodiscard]] inline GreyPixels grey_png(const ImageSource& source, int bits) {
  if (bits == 16) return {source.size, wide_png(source).values};
  require_room_for_png(source);
  const auto pixels = decode<std::uint8_t>(source, 1);
  return {source.size, std::vector<std::uint16_t>(pixels.get(), pixels.get() + pixels_of(source.size))};
}

}  // namespace maskrcnn::io::stb_decoder
