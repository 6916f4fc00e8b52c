/// Images turned as Exif's orientation says.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/image.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

/// The size of an image when it is turned.
/// @param orientation 1 to 8
[[nodiscard]] constexpr Size turned(Size size, int orientation) {
  return orientation >= 5 ? Size{size.width, size.height} : size;
}

/// An image that is stored by one of Exif's orientations, upright: what Pillow's `ImageOps.exif_transpose` makes of it.
/// @param orientation 1 to 8; 1 leaves it as it is
/// @throws Error if it is another
[[nodiscard]] inline Image turned(const Image& image, int orientation) {
  if (orientation < 1 || orientation > 8) fail("image: expected an orientation from 1 to 8, found ", orientation);
  if (orientation == 1 || image.width() == 0 || image.height() == 0) return image;
  // where the upright image's first pixel is, and how far it is there to the next one of a row, and to the next row
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const auto row = 3 * static_cast<std::ptrdiff_t>(image.width());
  const std::ptrdiff_t right = from_right ? -3 : 3, down = from_bottom ? -row : row;
  const std::uint8_t* const first = image.row(from_bottom ? image.height() - 1 : 0) + (from_right ? row - 3 : 0);
  const bool swapped = orientation >= 5;
  const std::ptrdiff_t along = swapped ? down : right, across = swapped ? right : down;

  Image upright(turned(image.size(), orientation));
  constexpr int block = 32;  // what is read of a block of rows stays in the caches
  for (int y0 = 0; y0 < upright.height(); y0 += block)
    for (int x0 = 0; x0 < upright.width(); x0 += block)
      for (int y = y0; y < std::min(y0 + block, upright.height()); ++y) {
        std::uint8_t* to = upright.row(y) + 3 * x0;
        const std::uint8_t* from = first + y * across + x0 * along;
        for (int x = x0; x < std::min(x0 + block, upright.width()); ++x, to += 3, from += along)
          std::copy_n(from, 3, to);
      }
  return upright;
}

}  // namespace maskrcnn::io
