/// Box regression: how four numbers move and stretch a box (Faster R-CNN, section 3.1.2).
#pragma once

#include <algorithm>
#include <cmath>
#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/number.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// What regression outputs are divided by: (10, 10, 5, 5) in the box head, 1 in the RPN.
struct BoxWeights {
  double x = 1, y = 1, width = 1, height = 1;
};
inline constexpr BoxWeights box_head_weights{.x = 10, .y = 10, .width = 5, .height = 5};

/// Deltas of width and height are at most this, so that exp() cannot run away: log(1000 / 16).
inline constexpr double max_log_stretch = 4.135166556742356;

/// `box` moved by delta[0..1] (in its own widths and heights) and stretched by exp(delta[2..3]); torchvision's
/// `BoxCoder.decode_single`.
/// @param limited_shrinking whether delta[2..3] are at least -max_log_stretch as well
template <class T>
[[nodiscard]] BasicBox<T> decode_box(const BasicBox<T>& box, const T* delta, const BoxWeights& weights,
                                     bool limited_shrinking = false) {
  const T width = box.width(), height = box.height();
  const T dx = delta[0] / static_cast<T>(weights.x), dy = delta[1] / static_cast<T>(weights.y);
  const auto limited = [most = static_cast<T>(max_log_stretch), limited_shrinking](T stretch) {
    return limited_shrinking ? clamped(stretch, -most, most) : at_most(stretch, most);
  };
  const T dw = limited(delta[2] / static_cast<T>(weights.width));
  const T dh = limited(delta[3] / static_cast<T>(weights.height));
  const T x = dx * width + (box.x0 + T(0.5) * width), y = dy * height + (box.y0 + T(0.5) * height);
  const T half_width = T(0.5) * (std::exp(dw) * width), half_height = T(0.5) * (std::exp(dh) * height);
  return {x - half_width, y - half_height, x + half_width, y + half_height};
}

/// How boxes are refined.
struct BoxRule {
  BoxWeights weights{};
  bool limited_shrinking = false;  ///< see `decode_box`
  bool whole_pixels = false;       ///< whether a pixel of the image is left at least (`clip_to_pixels`)
};

/// `box` decoded and clipped to the image.
template <class T>
[[nodiscard]] BasicBox<T> refined_box(const BasicBox<T>& box, const T* delta, Size image, const BoxRule& rule) {
  const BasicBox<T> decoded = decode_box(box, delta, rule.weights, rule.limited_shrinking);
  return rule.whole_pixels ? clip_to_pixels(decoded, image) : clip(decoded, image);
}

/// The inverse: the deltas that turn `box` into `target`; torchvision's `BoxCoder.encode_single`.
template <class T>
void encode_box(const BasicBox<T>& box, const BasicBox<T>& target, const BoxWeights& weights, T* delta) {
  const T width = box.width(), height = box.height();
  const T x = box.x0 + T(0.5) * width, y = box.y0 + T(0.5) * height;
  const T target_x = target.x0 + T(0.5) * target.width(), target_y = target.y0 + T(0.5) * target.height();
  delta[0] = static_cast<T>(weights.x) * (target_x - x) / width;
  delta[1] = static_cast<T>(weights.y) * (target_y - y) / height;
  delta[2] = static_cast<T>(weights.width) * std::log(target.width() / width);
  delta[3] = static_cast<T>(weights.height) * std::log(target.height() / height);
}

}  // namespace maskrcnn
