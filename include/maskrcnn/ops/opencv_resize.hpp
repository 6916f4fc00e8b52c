/// OpenCV's bilinear resize of 8-bit images, bit by bit: not antialiased, in whole numbers.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <maskrcnn/core/image.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// One output position along one axis: weights[0] * in[at[0]] + weights[1] * in[at[1]], weights in units of 2^-11.
struct OpenCvTap {
  std::array<Index, 2> at{};
  std::array<std::int32_t, 2> weights{};
};

/// Taps of a resize from `in` to `out` positions, half-pixel centres: `cv::resize` with INTER_LINEAR.
/// @param whole_at_ends whether positions beyond the centre of the first or the last pixel take that pixel whole, as
///                      columns do; rows mix it with itself, by weights that are rounded each
[[nodiscard]] inline std::vector<OpenCvTap> opencv_taps(Index in, Index out, bool whole_at_ends) {
  const double ratio = 1.0 / (static_cast<double>(out) / static_cast<double>(in));  // rounded twice, as there
  const auto last = static_cast<std::int64_t>(in) - 1;
  const auto weight = [](float part) { return static_cast<std::int32_t>(std::nearbyint(part * 2048.0F)); };
  std::vector<OpenCvTap> taps(out);
  for (Index position = 0; position < out; ++position) {
    const auto source = static_cast<float>((static_cast<double>(position) + 0.5) * ratio - 0.5);
    const float floor = std::floor(source);
    auto low = static_cast<std::int64_t>(floor);
    float part = source - floor;
    if (whole_at_ends && (low < 0 || low >= last)) part = 0;
    if (whole_at_ends) low = std::clamp<std::int64_t>(low, 0, last);
    taps[position] = {{static_cast<Index>(std::clamp<std::int64_t>(low, 0, last)),
                       static_cast<Index>(std::clamp<std::int64_t>(low + 1, 0, last))},
                      {weight(1.0F - part), weight(part)}};
  }
  return taps;
}

namespace opencv_resize_of {

/// A row of the image in its new width, RGB, in units of 2^-7.
inline void narrow_row(const ImageView& image, Index y, const std::vector<OpenCvTap>& columns,
                       std::vector<std::int32_t>& to) {
  const std::uint8_t* const from = image.row(static_cast<int>(y));
  with_format(image.format(), [&](auto format) {
    constexpr PixelLayout in = layout_of(format);
    std::int32_t* at = to.data();
    for (const OpenCvTap& column : columns)
      for (Index c = 0; c < 3; ++c)
        *at++ = (column.weights[0] * from[in.bytes * column.at[0] + in.rgb[c]] +
                 column.weights[1] * from[in.bytes * column.at[1] + in.rgb[c]]) >>
                4;
  });
}

/// Half of each side: the mean of four pixels, by which OpenCV replaces the bilinear filter there.
[[nodiscard]] inline Image halved(const ImageView& image) {
  Image half({image.height() / 2, image.width() / 2});
  parallel_for(static_cast<Index>(half.height()), [&](Index y) {
    const std::uint8_t* const rows[2] = {image.row(static_cast<int>(2 * y)), image.row(static_cast<int>(2 * y) + 1)};
    std::uint8_t* to = half.row(static_cast<int>(y));
    const PixelLayout in = image.layout();
    for (Index x = 0; x < 2 * static_cast<Index>(half.width()); x += 2)
      for (const std::size_t c : in.rgb) {
        unsigned sum = 2;
        for (const std::uint8_t* const row : rows) sum += row[in.bytes * x + c] + row[in.bytes * (x + 1) + c];
        *to++ = static_cast<std::uint8_t>(sum >> 2U);
      }
  });
  return half;
}

}  // namespace opencv_resize_of

/// The image in another size, as RGB. OpenCV's `resize(image, size)` with INTER_LINEAR, as versions 4 and 5 have it:
/// the columns of the two rows that an output row lies between, then these rows, each cut to fewer bits on its way.
/// Images of the right size are copied.
[[nodiscard]] inline Image opencv_resize(const ImageView& image, Size size) {
  if (image.size() == size) return to_rgb(image);
  if (image.height() == 2 * size.height && image.width() == 2 * size.width) return opencv_resize_of::halved(image);
  const auto count = [](int extent) { return static_cast<Index>(extent); };
  const auto columns = opencv_taps(count(image.width()), count(size.width), true);
  const auto rows = opencv_taps(count(image.height()), count(size.height), false);
  Image resized(size);
  parallel_for(rows.size(), [&](Index y) {
    std::vector<std::int32_t> low(3 * columns.size()), high(3 * columns.size());
    opencv_resize_of::narrow_row(image, rows[y].at[0], columns, low);
    opencv_resize_of::narrow_row(image, rows[y].at[1], columns, high);
    const auto [low_weight, high_weight] = rows[y].weights;
    std::uint8_t* const to = resized.row(static_cast<int>(y));
    for (Index x = 0; x < low.size(); ++x)
      to[x] = static_cast<std::uint8_t>((((low_weight * low[x]) >> 16) + ((high_weight * high[x]) >> 16) + 2) >> 2);
  });
  return resized;
}

}  // namespace maskrcnn
