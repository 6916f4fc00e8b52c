/// A canvas: the few drawing operations that overlays need. Whatever lies outside of the image is not drawn.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/image.hpp>
#include <maskrcnn/io/bitmap_font.hpp>
#include <string>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

struct Colour {
  std::uint8_t red = 0, green = 0, blue = 0;

  friend bool operator==(const Colour&, const Colour&) = default;
};

/// Whole pixels, half-open: columns left to right - 1, rows top to bottom - 1.
struct Rectangle {
  int left = 0, top = 0, right = 0, bottom = 0;
};

/// A place between the pixels of a canvas; finite.
struct Point {
  double x = 0, y = 0;
};

class Canvas {
 public:
  Canvas() = default;
  explicit Canvas(Image image) : image_(std::move(image)) {}

  [[nodiscard]] Size size() const { return image_.size(); }
  [[nodiscard]] Image image() && { return std::move(image_); }

  /// Covers a pixel with a colour; `opacity` 0 leaves it as it is, 1 replaces it.
  void blend(int x, int y, Colour colour, double opacity) {
    if (x < 0 || y < 0 || x >= image_.width() || y >= image_.height()) return;
    std::uint8_t* const pixel = image_.row(y) + 3 * static_cast<std::size_t>(x);
    const int weight = static_cast<int>(opacity * 256 + 0.5);
    const auto mix = [weight](int below, int above) {
      return static_cast<std::uint8_t>((below * (256 - weight) + above * weight + 128) >> 8);
    };
    pixel[0] = mix(pixel[0], colour.red);
    pixel[1] = mix(pixel[1], colour.green);
    pixel[2] = mix(pixel[2], colour.blue);
  }

  void fill(const Rectangle& area, Colour colour, double opacity) {
    for (int y = std::max(area.top, 0); y < std::min(area.bottom, image_.height()); ++y)
      for (int x = std::max(area.left, 0); x < std::min(area.right, image_.width()); ++x) blend(x, y, colour, opacity);
  }

  /// The border of `area`, `line` pixels wide, inside it.
  void frame(const Rectangle& area, int line, Colour colour, double opacity) {
    const int down = std::min(line, area.bottom - area.top), across = std::min(line, area.right - area.left);
    const int upper = area.top + down, lower = std::max(area.bottom - down, upper);
    fill({area.left, area.top, area.right, upper}, colour, opacity);
    fill({area.left, lower, area.right, area.bottom}, colour, opacity);
    fill({area.left, upper, area.left + across, lower}, colour, opacity);
    fill({std::max(area.right - across, area.left + across), upper, area.right, lower}, colour, opacity);
  }

  /// A line with round ends, `radius` to either side of the way between two points; a disc, if they are the same. Its
  /// edge is smooth. The centre of the first pixel is (0.5, 0.5).
  void stroke(Point from, Point to, double radius, Colour colour, double opacity) {
    const auto first = [radius](double a, double b, int limit) {
      return static_cast<int>(std::clamp(std::floor(std::min(a, b) - radius - 1), 0.0, double(limit)));
    };
    const auto last = [radius](double a, double b, int limit) {
      return static_cast<int>(std::clamp(std::ceil(std::max(a, b) + radius + 1), 0.0, double(limit)));
    };
    const double dx = to.x - from.x, dy = to.y - from.y, square = dx * dx + dy * dy;
    for (int y = first(from.y, to.y, image_.height()); y < last(from.y, to.y, image_.height()); ++y)
      for (int x = first(from.x, to.x, image_.width()); x < last(from.x, to.x, image_.width()); ++x) {
        const double px = x + 0.5 - from.x, py = y + 0.5 - from.y;
        const double along = square > 0 ? std::clamp((px * dx + py * dy) / square, 0.0, 1.0) : 0.0;
        const double distance = std::hypot(px - along * dx, py - along * dy);
        if (const double part = std::clamp(radius - distance + 0.5, 0.0, 1.0); part > 0)
          blend(x, y, colour, part * opacity);
      }
  }

  /// Letters of `scale` times the font's size, the first one's cell with its upper left corner at (left, top). At
  /// larger scales the steps of slanted strokes are cut off, so that they do not look like stairs.
  void text(const std::string& text, int left, int top, int scale, Colour colour) {
    for (const char c : text) {
      for (int y = 0; y < BitmapFont::height * scale; ++y)
        for (int x = 0; x < BitmapFont::width * scale; ++x)
          if (const double part = coverage(c, x, y, scale); part > 0) blend(left + x, top + y, colour, part);
      left += BitmapFont::advance * scale;
    }
  }

 private:
  /// How much of pixel (x, y) of an enlarged letter is ink: full cells, and half of those corners of empty cells where
  /// two diagonal neighbours meet.
  [[nodiscard]] static double coverage(char c, int x, int y, int scale) {
    const int column = x / scale, row = y / scale;
    if (BitmapFont::pixel(c, column, row)) return 1;
    if (scale == 1) return 0;
    const double u = (x % scale + 0.5) / scale - 0.5, v = (y % scale + 0.5) / scale - 0.5;
    const int dx = u < 0 ? -1 : 1, dy = v < 0 ? -1 : 1;
    const bool joins = BitmapFont::pixel(c, column + dx, row) && BitmapFont::pixel(c, column, row + dy) &&
                       !BitmapFont::pixel(c, column + dx, row + dy);
    return joins ? std::clamp(std::abs(u) + std::abs(v) - 0.25, 0.0, 1.0) : 0;
  }

  Image image_;
};

/// `image` enlarged by a whole number, with bilinear interpolation, as RGB.
[[nodiscard]] inline Image enlarged(const ImageView& image, int scale) {
  if (scale == 1) return to_rgb(image);
  Image large({image.height() * scale, image.width() * scale});
  const PixelLayout pixel = image.layout();
  struct Tap {
    int first, second;  // neighbouring pixels
    float part;         // of the second
  };
  const auto taps = [scale](int size) {
    std::vector<Tap> all;
    for (int i = 0; i < size * scale; ++i) {
      const double at = std::clamp((i + 0.5) / scale - 0.5, 0.0, double(size - 1));
      const int first = static_cast<int>(at);
      all.push_back({first, std::min(first + 1, size - 1), static_cast<float>(at - first)});
    }
    return all;
  };
  const auto columns = taps(image.width()), rows = taps(image.height());
  for (int y = 0; y < large.height(); ++y) {
    const Tap row = rows[static_cast<std::size_t>(y)];
    const std::uint8_t *const upper = image.row(row.first), *const lower = image.row(row.second);
    std::uint8_t* to = large.row(y);
    for (const Tap& column : columns)
      for (const std::size_t channel : pixel.rgb) {
        const std::size_t a = pixel.bytes * static_cast<std::size_t>(column.first) + channel;
        const std::size_t b = pixel.bytes * static_cast<std::size_t>(column.second) + channel;
        const auto between = [&](const std::uint8_t* line) {
          return static_cast<float>(line[a]) * (1 - column.part) + static_cast<float>(line[b]) * column.part;
        };
        *to++ = static_cast<std::uint8_t>(between(upper) * (1 - row.part) + between(lower) * row.part + 0.5F);
      }
  }
  return large;
}

}  // namespace maskrcnn::io
