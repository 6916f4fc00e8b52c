/// The frame: how the original image sits in the network's input, and the way back.
#pragma once

#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/compiled.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Three sizes of one image: as given, after resizing, and after padding at the bottom and the right.
/// Everything between preprocessing and the result is in pixels of `resized`; results are in pixels of `original`.
struct Frame {
  Size original;
  Size resized;
  Size padded;

  /// A box of the resized image in pixels of the original, each axis by its own ratio, in the box's own precision.
  template <class T>
  [[nodiscard]] constexpr BasicBox<T> to_original(const BasicBox<T>& box) const {
    const T x = original_columns<T>(), y = original_rows<T>();
    return {box.x0 * x, box.y0 * y, box.x1 * x, box.y1 * y};
  }

  /// Pixels of the original image, along each axis, for one of the resized.
  template <class T>
  [[nodiscard]] constexpr T original_columns() const {
    return static_cast<T>(original.width) / static_cast<T>(resized.width);
  }
  template <class T>
  [[nodiscard]] constexpr T original_rows() const {
    return static_cast<T>(original.height) / static_cast<T>(resized.height);
  }
};

}  // namespace maskrcnn
