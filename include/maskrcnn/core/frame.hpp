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
  /// Pixels of the resized image for one of the original; 0: each axis has the ratio of its sizes.
  double factor = 0;

  /// A box of the resized image in pixels of the original, each axis by its own ratio, in the box's own precision.
  /// @param whole_pixels whether it is the last pixel of a box that has its place, not the end
  template <class T>
  [[nodiscard]] constexpr BasicBox<T> to_original(const BasicBox<T>& box, bool whole_pixels = false) const {
    return stretched(box, original_columns<T>(), original_rows<T>(), whole_pixels);
  }

  /// The way there.
  template <class T>
  [[nodiscard]] constexpr BasicBox<T> to_resized(const BasicBox<T>& box, bool whole_pixels = false) const {
    return stretched(box, T{1} / original_columns<T>(), T{1} / original_rows<T>(), whole_pixels);
  }

  /// Pixels of the original image, along each axis, for one of the resized.
  template <class T>
  [[nodiscard]] constexpr T original_columns() const {
    return factor > 0 ? static_cast<T>(1 / factor) : static_cast<T>(original.width) / static_cast<T>(resized.width);
  }
  template <class T>
  [[nodiscard]] constexpr T original_rows() const {
    return factor > 0 ? static_cast<T>(1 / factor) : static_cast<T>(original.height) / static_cast<T>(resized.height);
  }

 private:
  template <class T>
  [[nodiscard]] static constexpr BasicBox<T> stretched(const BasicBox<T>& box, T x, T y, bool whole_pixels) {
    const T last = whole_pixels ? T{1} : T{0};
    return {box.x0 * x, box.y0 * y, (box.x1 - last) * x + last, (box.y1 - last) * y + last};
  }
};

}  // namespace maskrcnn
