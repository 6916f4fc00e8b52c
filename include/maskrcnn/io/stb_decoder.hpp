/// JPEG, PNG and BMP files by stb_image. What it is known to get wrong is found and refused before it sees the bytes.
#pragma once

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
#include <string>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::io::stb_decoder {

struct Free {
  void operator()(void* pixels) const { std::free(pixels); }
};

/// Decodes what passed the checks.
/// @tparam Value std::uint8_t, or std::uint16_t for 16 bits a channel
/// @param channels 1: grey, 3: RGB
/// @return pixels row by row, and their size
template <class Value>
[[nodiscard]] std::pair<std::unique_ptr<Value, Free>, Size> decode(const ImageSource& source, int channels) {
  const auto length = static_cast<int>(source.file.size());  // fits: see max_file_bytes
  const auto refuse = [&source] {
    const char* const reason = stb::stbi_failure_reason();
    source.refuse(reason != nullptr ? reason : "no reason given");
  };
  const auto check = [&source](Size size) {
    source.check_size(static_cast<std::uint32_t>(size.width), static_cast<std::uint32_t>(size.height));
  };
  Size size;
  int in_file = 0;
  stb::memory_limit = source.file.size() + (1U << 20);
  if (stb::stbi_info_from_memory(source.file.data(), length, &size.width, &size.height, &in_file) == 0) refuse();
  check(size);
  // 32 bytes a pixel are enough for 16-bit RGBA, interlaced, and for progressive JPEG; blocks may stick out by 64
  // pixels
  const auto padded = [](int pixels) { return static_cast<std::size_t>(pixels) + 64; };
  stb::memory_limit = 32 * padded(size.width) * padded(size.height) + 2 * source.file.size() + (1U << 20);
  Value* decoded = nullptr;
  if constexpr (sizeof(Value) == 1)
    decoded = stb::stbi_load_from_memory(source.file.data(), length, &size.width, &size.height, &in_file, channels);
  else
    decoded = stb::stbi_load_16_from_memory(source.file.data(), length, &size.width, &size.height, &in_file, channels);
  std::unique_ptr<Value, Free> pixels(decoded);
  if (pixels == nullptr) refuse();
  check(size);
  return {std::move(pixels), size};
}

[[nodiscard]] inline std::size_t pixels_of(Size size) {
  return static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height);
}

[[nodiscard]] inline Image rgb(const ImageSource& source) {
  const auto [pixels, size] = decode<std::uint8_t>(source, 3);
  Image image(size);
  std::memcpy(image.row(0), pixels.get(), 3 * pixels_of(size));
  return image;
}

/// A JPEG file as 8-bit RGB.
/// @throws Error if it is not whole, has too many pixels, or is of a kind that stb does not read, or not rightly
[[nodiscard]] inline Image jpeg(const ImageSource& source) {
  if (const std::string fault = jpeg_fault_for_stb(source.file, source.most_pixels); !fault.empty())
    source.refuse(fault);
  return rgb(source);
}

/// A BMP file as 8-bit RGB.
/// @throws Error as `jpeg` does
[[nodiscard]] inline Image bmp(const ImageSource& source) {
  if (const std::string fault = bmp_fault(source.file); !fault.empty()) source.refuse(fault);
  return rgb(source);
}

/// A PNG file as 8-bit RGB.
/// @param source without a `png_fault`
/// @throws Error as `jpeg` does
[[nodiscard]] inline Image png(const ImageSource& source) {
  const std::vector<std::uint8_t> changed = png_with_whole_palette(source.file);
  ImageSource readable = source;
  if (!changed.empty()) readable.file = changed;
  return rgb(readable);
}

/// A grey PNG file of 8 or 16 bits.
/// @param source without a `png_fault`
/// @throws Error as `jpeg` does
[[nodiscard]] inline GreyPixels grey_png(const ImageSource& source, int bits) {
  GreyPixels grey;
  const auto take = [&grey](const auto& decoded) {
    grey.size = decoded.second;
    grey.values.assign(decoded.first.get(), decoded.first.get() + pixels_of(grey.size));
  };
  if (bits == 16)
    take(decode<std::uint16_t>(source, 1));
  else
    take(decode<std::uint8_t>(source, 1));
  return grey;
}

}  // namespace maskrcnn::io::stb_decoder
