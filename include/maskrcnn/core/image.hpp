/// Images: 8-bit pixels, seen in whatever order a host has them, or owned as RGB.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/error.hpp>
#include <type_traits>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// The bytes of a pixel, a byte a channel, in this order: RGB of most files, BGR of OpenCV, BGRA of Qt and of cameras.
/// Alpha is not looked at: colours are taken as they are. Grey stands for all three colours.
enum class PixelFormat { rgb, bgr, rgba, bgra, grey };

/// Where the colours of a pixel are: how many bytes it has, and which of them are red, green and blue.
struct PixelLayout {
  const char* name;
  std::size_t bytes;
  std::array<std::size_t, 3> rgb;
};

[[nodiscard]] constexpr PixelLayout layout_of(PixelFormat format) {
  switch (format) {
    case PixelFormat::bgr:
      return {"BGR", 3, {2, 1, 0}};
    case PixelFormat::rgba:
      return {"RGBA", 4, {0, 1, 2}};
    case PixelFormat::bgra:
      return {"BGRA", 4, {2, 1, 0}};
    case PixelFormat::grey:
      return {"grey", 1, {0, 0, 0}};
    case PixelFormat::rgb:
      break;
  }
  return {"RGB", 3, {0, 1, 2}};
}

/// How the pixels of somebody's image lie in memory.
struct PixelRows {
  PixelFormat format = PixelFormat::rgb;
  std::size_t stride = 0;  ///< bytes from one row to the next; 0 means adjacent rows
};

/// A look at somebody's 8-bit image, which is read where it lies: pixels of a row adjacent, rows `stride` bytes apart.
class ImageView {
 public:
  /// An image of any format: `ImageView(mat.data, {mat.rows, mat.cols}, {.format = PixelFormat::bgr})`.
  /// @param pixels first byte of the first row, which must outlive the view
  /// @param size   height and width in pixels, at least 1 x 1
  /// @throws Error if the image is empty, null, or the stride is shorter than a row
  ImageView(const std::uint8_t* pixels, Size size, PixelRows rows)
      : pixels_(pixels), size_(size), format_(rows.format), stride_(rows.stride) {
    if (pixels == nullptr || size.width < 1 || size.height < 1)
      fail("image: expected at least one pixel, found ", size.width, " x ", size.height,
           pixels == nullptr ? " at a null pointer" : "");
    const std::size_t row_bytes = layout().bytes * static_cast<std::size_t>(size.width);
    if (stride_ == 0) stride_ = row_bytes;
    if (stride_ < row_bytes)
      fail("image: expected rows of at least ", row_bytes, " bytes (", size.width, " ", layout().name,
           " pixels), found a stride of ", stride_);
  }

  /// An RGB image. @param stride bytes from one row to the next; 0 means adjacent rows
  ImageView(const std::uint8_t* pixels, Size size, std::size_t stride = 0)
      : ImageView(pixels, size, PixelRows{.stride = stride}) {}

  [[nodiscard]] int width() const { return size_.width; }
  [[nodiscard]] int height() const { return size_.height; }
  [[nodiscard]] Size size() const { return size_; }
  [[nodiscard]] PixelFormat format() const { return format_; }
  /// Where the colours of a pixel are in the bytes of `row`.
  [[nodiscard]] PixelLayout layout() const { return layout_of(format_); }
  [[nodiscard]] std::size_t stride() const { return stride_; }
  /// The `layout().bytes` * width() bytes of row `y`, 0 <= y < height().
  [[nodiscard]] const std::uint8_t* row(int y) const { return pixels_ + static_cast<std::size_t>(y) * stride_; }

  /// Writes row `y` as RGB to the 3 * width() bytes `to`.
  void copy_rgb(int y, std::uint8_t* to) const {
    const PixelLayout pixel = layout();
    const std::uint8_t* from = row(y);
    const auto width = static_cast<std::size_t>(size_.width);
    if (format_ == PixelFormat::rgb)
      std::copy_n(from, 3 * width, to);
    else
      for (std::size_t x = 0; x < width; ++x, from += pixel.bytes)
        for (const std::size_t channel : pixel.rgb) *to++ = from[channel];
  }

 private:
  const std::uint8_t* pixels_;
  Size size_;
  PixelFormat format_;
  std::size_t stride_;
};

/// An 8-bit RGB image that owns its pixels; rows adjacent. Converts to `ImageView` where one is asked for.
class Image {
 public:
  Image() = default;

  /// A black image.
  explicit Image(Size size) : Image(size, std::vector<std::uint8_t>(bytes(size))) {}

  /// @param pixels 3 * width * height bytes, row by row
  /// @throws Error if the number of bytes is another
  Image(Size size, std::vector<std::uint8_t> pixels) : pixels_(std::move(pixels)), size_(size) {
    if (pixels_.size() != bytes(size))
      fail("image: expected ", bytes(size), " bytes for ", size.width, " x ", size.height, " RGB pixels, found ",
           pixels_.size());
  }

  [[nodiscard]] int width() const { return size_.width; }
  [[nodiscard]] int height() const { return size_.height; }
  [[nodiscard]] Size size() const { return size_; }
  /// The 3 * width() bytes of row `y`, 0 <= y < height().
  [[nodiscard]] std::uint8_t* row(int y) { return pixels_.data() + offset(y); }
  [[nodiscard]] const std::uint8_t* row(int y) const { return pixels_.data() + offset(y); }

  [[nodiscard]] ImageView view() const { return {pixels_.data(), size_}; }
  // NOLINTNEXTLINE(google-explicit-constructor): an image is an image view wherever one is asked for
  operator ImageView() const { return view(); }

 private:
  static std::size_t bytes(Size size) {
    if (size.width < 0 || size.height < 0) fail("image: expected a size, found ", size.width, " x ", size.height);
    return 3 * static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height);
  }
  [[nodiscard]] std::size_t offset(int y) const {
    return 3 * static_cast<std::size_t>(y) * static_cast<std::size_t>(size_.width);
  }

  std::vector<std::uint8_t> pixels_;
  Size size_;
};

/// `body(format)` with the format as a constant, for loops that are faster so.
template <class Body>
void with_format(PixelFormat format, const Body& body) {
  switch (format) {
    case PixelFormat::bgr:
      return body(std::integral_constant<PixelFormat, PixelFormat::bgr>{});
    case PixelFormat::rgba:
      return body(std::integral_constant<PixelFormat, PixelFormat::rgba>{});
    case PixelFormat::bgra:
      return body(std::integral_constant<PixelFormat, PixelFormat::bgra>{});
    case PixelFormat::grey:
      return body(std::integral_constant<PixelFormat, PixelFormat::grey>{});
    case PixelFormat::rgb:
      return body(std::integral_constant<PixelFormat, PixelFormat::rgb>{});
  }
}

/// A copy of an image of any format.
[[nodiscard]] inline Image to_rgb(const ImageView& image) {
  Image copy(image.size());
  for (int y = 0; y < image.height(); ++y) image.copy_rgb(y, copy.row(y));
  return copy;
}

}  // namespace maskrcnn
