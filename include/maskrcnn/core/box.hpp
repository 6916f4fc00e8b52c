/// Boxes: the rectangles that anchors, proposals, RoIs and detections are made of.
#pragma once

#include <algorithm>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/number.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// A rectangle in pixels, corners (x0, y0) and (x1, y1), continuous coordinates: width is x1 - x0, without a +1.
template <class T>
struct BasicBox {
  T x0{}, y0{}, x1{}, y1{};

  [[nodiscard]] constexpr T width() const { return x1 - x0; }
  [[nodiscard]] constexpr T height() const { return y1 - y0; }
  [[nodiscard]] constexpr T area() const { return width() * height(); }

  friend constexpr bool operator==(const BasicBox&, const BasicBox&) = default;
};

/// The box of a result, in pixels of the original image.
using Box = BasicBox<float>;

/// Height and width of an image or a feature map, in its own pixels.
struct Size {
  int height = 0, width = 0;

  friend constexpr bool operator==(const Size&, const Size&) = default;
};

/// The part of `box` that lies inside an image of `size`: every coordinate clamped to [0, width] or [0, height]; NaN
/// stays.
template <class T>
[[nodiscard]] constexpr BasicBox<T> clip(const BasicBox<T>& box, Size size) {
  const T width = static_cast<T>(size.width), height = static_cast<T>(size.height);
  return {clamped(box.x0, 0, width), clamped(box.y0, 0, height), clamped(box.x1, 0, width), clamped(box.y1, 0, height)};
}

/// The same where boxes have whole pixels: none is left outside, so that one at the border stays at least.
template <class T>
[[nodiscard]] constexpr BasicBox<T> clip_to_pixels(const BasicBox<T>& box, Size size) {
  const T width = static_cast<T>(size.width), height = static_cast<T>(size.height);
  return {clamped(box.x0, 0, width - 1), clamped(box.y0, 0, height - 1), clamped(box.x1, 1, width),
          clamped(box.y1, 1, height)};
}

/// A box that ends at its last pixel in place of behind it.
template <class T>
[[nodiscard]] constexpr BasicBox<T> to_last_pixel(const BasicBox<T>& box) {
  return {box.x0, box.y0, box.x1 - 1, box.y1 - 1};
}

/// Intersection over union of two boxes; 0 / 0 of two empty boxes is not a number, which compares as "no overlap".
template <class T>
[[nodiscard]] constexpr T iou(const BasicBox<T>& a, const BasicBox<T>& b) {
  const T width = std::max(T{0}, std::min(a.x1, b.x1) - std::max(a.x0, b.x0));
  const T height = std::max(T{0}, std::min(a.y1, b.y1) - std::max(a.y0, b.y0));
  const T intersection = width * height;
  return intersection / (a.area() + b.area() - intersection);
}

}  // namespace maskrcnn
