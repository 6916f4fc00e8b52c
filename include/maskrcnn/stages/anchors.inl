// Bodies of anchors.hpp.
#pragma once

#include <cmath>
#include <maskrcnn/stages/anchors.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

template <Scalar T>
std::vector<BasicBox<T>> base_anchors(const AnchorOptions& options, std::size_t level) {
  std::vector<BasicBox<T>> anchors;
  const double stride = options.finest_stride << level;
  const T centre = static_cast<T>(options.offset * stride);
  const auto add = [&](double size, double ratio) {
    T x, y;
    if (options.rounding == AnchorRounding::corners) {
      const float stretch = std::sqrt(static_cast<float>(ratio));
      x = static_cast<T>(std::nearbyint((1 / stretch) * static_cast<float>(size) / 2));
      y = static_cast<T>(std::nearbyint(stretch * static_cast<float>(size) / 2));
    } else if (options.rounding == AnchorRounding::stride) {
      const double width = std::nearbyint(std::sqrt(stride * stride / ratio));
      x = static_cast<T>(width * size / stride / 2.0);
      y = static_cast<T>(std::nearbyint(width * ratio) * size / stride / 2.0);
    } else {
      const double width = std::sqrt(size * size / ratio);
      x = static_cast<T>(width / 2.0);
      y = static_cast<T>(ratio * width / 2.0);
    }
    anchors.push_back({centre - x, centre - y, centre + x, centre + y});
  };
  const auto &sizes = options.sizes[level], &ratios = options.aspect_ratios[level];
  if (options.order == AnchorOrder::by_ratio) {
    for (const double ratio : ratios)
      for (const double size : sizes) add(size, ratio);
  } else {
    for (const double size : sizes)
      for (const double ratio : ratios) add(size, ratio);
  }
  return anchors;
}

template <Scalar T>
AnchorGenerator<T>::AnchorGenerator(const AnchorOptions& options)
    : finest_stride_(options.finest_stride), stride_(options.stride) {
  for (std::size_t level = 0; level < options.sizes.size(); ++level) base_.push_back(base_anchors<T>(options, level));
}

template <Scalar T>
AnchorGrid<T> AnchorGenerator<T>::operator()(std::size_t level, Size grid, Size input) const {
  if (stride_ == AnchorStride::padded_over_feature)
    return {base_[level], grid, input.height / grid.height, input.width / grid.width};
  return {base_[level], grid, finest_stride_ << level, finest_stride_ << level};
}

#ifdef MASKRCNN_COMPILED
#define MASKRCNN_ANCHORS(T)                                                             \
  template std::vector<BasicBox<T>> base_anchors<T>(const AnchorOptions&, std::size_t); \
  template class AnchorGenerator<T>;
MASKRCNN_ANCHORS(float)
MASKRCNN_ANCHORS(double)
#undef MASKRCNN_ANCHORS
#endif

}  // namespace maskrcnn
