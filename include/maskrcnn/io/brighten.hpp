/// Dim images, as fluorescence micrographs often are, made visible; for drawings only.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <maskrcnn/core/image.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

/// The image with all values multiplied so that all but its brightest half percent fill the range, eightfold at most;
/// the image itself if they do already.
[[nodiscard]] inline Image brightened(const ImageView& image) {
  constexpr double left_out = 0.005, largest_gain = 8;
  Image result = to_rgb(image);
  std::array<std::size_t, 256> counts{};
  for (int y = 0; y < image.height(); ++y) {
    const std::uint8_t* const row = result.row(y);
    for (int x = 0; x < image.width(); ++x) ++counts[*std::max_element(row + 3 * x, row + 3 * x + 3)];
  }
  const double pixels = static_cast<double>(image.width()) * image.height();
  std::size_t brightest = 255;
  for (double above = 0; brightest > 0; --brightest)
    if ((above += static_cast<double>(counts[brightest])) > left_out * pixels) break;
  const double gain = std::min(255.0 / static_cast<double>(std::max<std::size_t>(brightest, 1)), largest_gain);
  if (gain <= 1) return result;
  std::array<std::uint8_t, 256> brighter{};
  for (std::size_t value = 0; value < brighter.size(); ++value)
    brighter[value] = static_cast<std::uint8_t>(std::min(static_cast<double>(value) * gain + 0.5, 255.0));
  for (int y = 0; y < result.height(); ++y)
    std::transform(result.row(y), result.row(y) + 3 * result.width(), result.row(y),
                   [&](std::uint8_t value) { return brighter[value]; });
  return result;
}

}  // namespace maskrcnn::io
