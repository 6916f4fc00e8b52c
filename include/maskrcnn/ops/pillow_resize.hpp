/// Pillow's bilinear resize of 8-bit images, bit by bit: antialiased when it shrinks, in whole numbers.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <maskrcnn/core/image.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// One output position along one axis: the sum of `weights[i] * in[first + i]`, weights in units of 2^-22.
struct PillowTap {
  Index first = 0;
  std::vector<std::int32_t> weights;
};

/// Taps of a resize from `in` to `out` positions: a triangle as wide as two input pixels, or output pixels if those are
/// wider, its weights normalised in double and then rounded. Pillow's `precompute_coeffs` for `BILINEAR`.
[[nodiscard]] inline std::vector<PillowTap> pillow_taps(Index in, Index out) {
  const double scale = static_cast<double>(in) / static_cast<double>(out), width = std::max(scale, 1.0);
  const double narrowing = 1.0 / width;  // multiplied by, as Pillow does: dividing rounds otherwise
  std::vector<PillowTap> taps(out);
  for (Index position = 0; position < out; ++position) {
    const double centre = (static_cast<double>(position) + 0.5) * scale;
    // both ends rounded half up, cut off at the image; a negative one is truncated towards zero first, as in C
    const auto first = static_cast<Index>(std::max(centre - width + 0.5, 0.0));
    const Index end = std::min(static_cast<Index>(centre + width + 0.5), in);
    std::vector<double> weights;
    double sum = 0;
    for (Index i = first; i < end; ++i) {
      const double distance = std::abs((static_cast<double>(i) - centre + 0.5) * narrowing);
      weights.push_back(std::max(1.0 - distance, 0.0));
      sum += weights.back();
    }
    taps[position].first = first;
    for (const double weight : weights)
      taps[position].weights.push_back(static_cast<std::int32_t>(0.5 + weight / sum * (1 << 22)));
  }
  return taps;
}

/// The image in another size, as RGB: first all columns, rounded to 8 bits, then all rows. An axis whose size stays is
/// not touched. Pillow's `Image.resize(size, BILINEAR)` as it was before 13.0, which begins with the rows where that is
/// less work, and then differs by one level in some pixels.
[[nodiscard]] inline Image pillow_resize(const ImageView& image, Size size) {
  constexpr std::int32_t half = 1 << 21;
  const auto pixel = [](std::int32_t sum) { return static_cast<std::uint8_t>(std::clamp(sum >> 22, 0, 255)); };
  const auto count = [](int extent) { return static_cast<Index>(extent); };

  Image narrow({image.height(), size.width});
  const auto columns = pillow_taps(count(image.width()), count(size.width));
  parallel_for(count(image.height()), [&](Index y) {
    std::uint8_t* const to = narrow.row(static_cast<int>(y));
    if (image.width() == size.width) {
      image.copy_rgb(static_cast<int>(y), to);
      return;
    }
    const std::uint8_t* const from = image.row(static_cast<int>(y));
    with_format(image.format(), [&](auto format) {
      constexpr PixelLayout in = layout_of(format);
      for (Index x = 0; x < columns.size(); ++x)
        for (Index c = 0; c < 3; ++c) {
          std::int32_t sum = half;
          const std::uint8_t* at = from + in.bytes * columns[x].first + in.rgb[c];
          for (const std::int32_t weight : columns[x].weights) {
            sum += weight * *at;
            at += in.bytes;
          }
          to[3 * x + c] = pixel(sum);
        }
    });
  });
  if (image.height() == size.height) return narrow;

  Image resized(size);
  const auto rows = pillow_taps(count(image.height()), count(size.height));
  parallel_for(rows.size(), [&](Index y) {
    std::vector<std::int32_t> sums(3 * columns.size(), half);
    for (Index i = 0; i < rows[y].weights.size(); ++i) {
      const std::uint8_t* const from = narrow.row(static_cast<int>(rows[y].first + i));
      const std::int32_t weight = rows[y].weights[i];
      for (Index x = 0; x < sums.size(); ++x) sums[x] += weight * from[x];
    }
    std::uint8_t* const to = resized.row(static_cast<int>(y));
    for (Index x = 0; x < sums.size(); ++x) to[x] = pixel(sums[x]);
  });
  return resized;
}

}  // namespace maskrcnn
