/// The same image in every format that a host may have it in.
#pragma once

#include <cstdint>
#include <maskrcnn/core/image.hpp>
#include <random>
#include <vector>

namespace test {

/// Pixels that somebody has, and how they lie.
struct HostImage {
  std::vector<std::uint8_t> bytes;
  maskrcnn::Size size;
  maskrcnn::PixelRows rows;

  [[nodiscard]] maskrcnn::ImageView view() const { return {bytes.data(), size, rows}; }
};

/// `image` in `format`, some bytes between its rows, and alpha, of no meaning at all. As grey it is its red.
[[nodiscard]] inline HostImage in_format(const maskrcnn::Image& image, maskrcnn::PixelFormat format) {
  const maskrcnn::PixelLayout pixel = maskrcnn::layout_of(format);
  const auto width = static_cast<std::size_t>(image.width()), height = static_cast<std::size_t>(image.height());
  HostImage host{.bytes = {}, .size = image.size(), .rows = {.format = format, .stride = pixel.bytes * width + 5}};
  host.bytes.resize(height * host.rows.stride);
  std::mt19937 random{1};
  for (std::uint8_t& byte : host.bytes) byte = static_cast<std::uint8_t>(random() % 256);
  for (std::size_t y = 0; y < height; ++y)
    for (std::size_t x = 0; x < width; ++x)
      for (std::size_t c = 3; c-- > 0;)  // red last, which is what grey keeps
        host.bytes[y * host.rows.stride + x * pixel.bytes + pixel.rgb[c]] = image.row(static_cast<int>(y))[3 * x + c];
  return host;
}

/// Noise; `grey` with the same number in all channels.
[[nodiscard]] inline maskrcnn::Image noise(maskrcnn::Size size, bool grey) {
  maskrcnn::Image image(size);
  std::mt19937 random{2};
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < 3 * size.width; ++x) {
      std::uint8_t* const channel = image.row(y) + x;
      *channel = grey && x % 3 != 0 ? channel[-1] : static_cast<std::uint8_t>(random() % 256);
    }
  return image;
}

inline constexpr maskrcnn::PixelFormat every_format[] = {maskrcnn::PixelFormat::rgb, maskrcnn::PixelFormat::bgr,
                                                         maskrcnn::PixelFormat::rgba, maskrcnn::PixelFormat::bgra,
                                                         maskrcnn::PixelFormat::grey};

}  // namespace test
