/// Values of an image spread over the whole range, channel by channel, as models of microscopes' images are trained.
///
/// Each channel for itself: in fluorescence a channel is a stain with its own exposure, and the brightest would leave
/// the others dark. Of photographs it shifts colours. The percentiles are StarDist's, 1 and 99.8: the dimmest hundredth
/// is background; 99, as Cellpose and QuPath have it, would make objects that fill no more than a hundredth of the
/// image one white. What is beyond is cut off.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/image.hpp>
#include <maskrcnn/core/image_reading.hpp>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

namespace spreading {

inline constexpr double black_percentile = 1, white_percentile = 99.8;

/// How often each value is there, from 0 to the largest possible.
using Counts = std::vector<std::uint64_t>;

/// The values that become black and white.
struct Limits {
  double black = 0, white = 0;
};

/// The value that so many of all values, sorted, are before.
[[nodiscard]] inline double value_at(const Counts& counts, std::uint64_t place) {
  std::size_t value = 0;
  for (std::uint64_t before = counts[0]; before <= place && value + 1 < counts.size(); before += counts[value]) ++value;
  return static_cast<double>(value);
}

/// NumPy's `percentile`, linear between the two nearest values.
[[nodiscard]] inline double percentile(const Counts& counts, std::uint64_t count, double percent) {
  const double place = static_cast<double>(count - 1) * (percent / 100);
  const auto before = static_cast<std::uint64_t>(place);
  const double t = place - std::floor(place), a = value_at(counts, before);
  const double b = value_at(counts, std::min(before + 1, count - 1));
  return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t);
}

/// The limits of a channel. A channel of which 99 of 100 pixels have one value has no percentiles between which
/// anything could be spread: its least and largest value are its limits then.
[[nodiscard]] inline Limits limits_of(const Counts& counts, Intensity intensity) {
  std::uint64_t count = 0;
  for (const std::uint64_t here : counts) count += here;
  const Limits all{value_at(counts, 0), value_at(counts, count - 1)};
  if (intensity != Intensity::percentile) return all;
  const Limits most{percentile(counts, count, black_percentile), percentile(counts, count, white_percentile)};
  return most.black < most.white ? most : all;
}

/// What each value becomes, without being spread: the largest possible one becomes white; of 16 bits the upper 8 stay.
[[nodiscard]] inline std::vector<std::uint8_t> plain_table(std::size_t largest) {
  std::vector<std::uint8_t> table(largest + 1);
  for (std::size_t value = 0; value <= largest; ++value)
    table[value] = static_cast<std::uint8_t>(largest == 65535 ? value >> 8 : (value * 255 + largest / 2) / largest);
  return table;
}

/// What each value of a channel becomes. A channel of one value stays what it is without being spread.
[[nodiscard]] inline std::vector<std::uint8_t> table_of(const Counts& counts, Intensity intensity) {
  std::vector<std::uint8_t> table = plain_table(counts.size() - 1);
  const auto [black, white] = limits_of(counts, intensity);
  if (black >= white) return table;
  for (std::size_t value = 0; value < table.size(); ++value) {
    const double part = std::clamp((static_cast<double>(value) - black) / (white - black), 0.0, 1.0);
    table[value] = static_cast<std::uint8_t>(part * 255 + 0.5);
  }
  return table;
}

}  // namespace spreading

/// An image of 8 bits made of one whose channels have values from 0 to `largest`, spread or not.
/// @param channels 1, which is repeated, or 3
/// @param largest  1 to 65535
/// @param value_of the value of a channel of a pixel, by the pixel's number and the channel's; not above `largest`
template <class ValueOf>
[[nodiscard]] Image spread_image(Size size, std::size_t channels, std::size_t largest, Intensity intensity,
                                 const ValueOf& value_of) {
  const std::size_t pixels = static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height);
  std::vector<std::vector<std::uint8_t>> tables;
  for (std::size_t c = 0; c < channels; ++c) {
    if (intensity == Intensity::none) {
      tables.push_back(spreading::plain_table(largest));
      continue;
    }
    spreading::Counts counts(largest + 1);
    for (std::size_t i = 0; i < pixels; ++i) ++counts[value_of(i, c)];
    tables.push_back(spreading::table_of(counts, intensity));
  }
  Image image(size);
  std::uint8_t* to = image.row(0);
  for (std::size_t i = 0; i < pixels; ++i)
    for (std::size_t c = 0; c < 3; ++c) {
      const std::size_t channel = c % channels;
      *to++ = tables[channel][value_of(i, channel)];
    }
  return image;
}

/// An image whose channels are spread over the whole range.
[[nodiscard]] inline Image spread_image(Image image, Intensity intensity) {
  if (intensity == Intensity::none) return image;
  return spread_image(image.size(), 3, 255, intensity,
                      [&](std::size_t i, std::size_t c) -> std::size_t { return image.row(0)[3 * i + c]; });
}

}  // namespace maskrcnn::io
