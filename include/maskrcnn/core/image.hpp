/// Images: 8-bit RGB pixels, seen or owned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/error.hpp>
#include <utility>
#include <vector>

namespace maskrcnn {

/// A look at somebody's 8-bit RGB picture: three bytes a pixel, pixels of a row adjacent, rows `stride` bytes apart.
class ImageView {
 public:
  /// @param pixels first byte of the first row, which must outlive the view
  /// @param size   height and width in pixels, at least 1 x 1
  /// @param stride bytes from one row to the next; 0 means adjacent rows
  /// @throws Error if the picture is empty, null, or the stride is shorter than a row
  ImageView(const std::uint8_t* pixels, Size size, std::size_t stride = 0)
      : pixels_(pixels), size_(size), stride_(stride != 0 ? stride : 3 * static_cast<std::size_t>(size.width)) {
    if (pixels == nullptr || size.width < 1 || size.height < 1)
      fail("image: expected at least one pixel, found ", size.width, " x ", size.height,
           pixels == nullptr ? " at a null pointer" : "");
    if (stride_ < 3 * static_cast<std::size_t>(size.width))
      fail("image: expected rows of at least ", 3 * static_cast<std::size_t>(size.width), " bytes (", size.width,
           " RGB pixels), found a stride of ", stride_);
  }

  [[nodiscard]] int width() const { return size_.width; }
  [[nodiscard]] int height() const { return size_.height; }
  [[nodiscard]] Size size() const { return size_; }
  /// The 3 * width() bytes of row `y`, 0 <= y < height().
  [[nodiscard]] const std::uint8_t* row(int y) const { return pixels_ + static_cast<std::size_t>(y) * stride_; }

 private:
  const std::uint8_t* pixels_;
  Size size_;
  std::size_t stride_;
};

/// An 8-bit RGB picture that owns its pixels; rows adjacent. Converts to `ImageView` where one is asked for.
class Image {
 public:
  Image() = default;

  /// A black picture.
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

}  // namespace maskrcnn
