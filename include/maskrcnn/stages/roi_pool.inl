// Bodies of roi_pool.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <maskrcnn/stages/roi_pool.hpp>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS {

namespace roi_pool_steps {

/// The whole cells of each bin along one axis.
template <Scalar T>
class Bins {
 public:
  Bins(T low, T high, T scale, Index size, int output)
      : start_(std::round(low * scale)), bin_(length(low, high, scale) / static_cast<T>(output)), size_(size) {}

  [[nodiscard]] std::pair<Index, Index> operator[](int bin) const {
    const auto cell = [this](T position) {
      return static_cast<Index>(std::clamp(position + start_, T{0}, static_cast<T>(size_)));
    };
    return {cell(std::floor(static_cast<T>(bin) * bin_)), cell(std::ceil(static_cast<T>(bin + 1) * bin_))};
  }

 private:
  static T length(T low, T high, T scale) {
    return std::max(std::round(high * scale) - std::round(low * scale) + T{1}, T{1});
  }

  T start_, bin_;
  Index size_;
};

}  // namespace roi_pool_steps

template <Scalar T>
void roi_pool(TensorView<const T, 3> features, const BasicBox<T>& roi, T scale, int output, T* to) {
  const Index channels = features.size(2);
  const roi_pool_steps::Bins<T> rows(roi.y0, roi.y1, scale, features.size(0), output);
  const roi_pool_steps::Bins<T> columns(roi.x0, roi.x1, scale, features.size(1), output);
  for (int y = 0; y < output; ++y)
    for (int x = 0; x < output; ++x, to += channels) {
      const auto [top, bottom] = rows[y];
      const auto [left, right] = columns[x];
      if (top >= bottom || left >= right) {
        std::fill_n(to, channels, T{0});
        continue;
      }
      std::copy_n(&features(top, left, 0), channels, to);
      for (Index row = top; row < bottom; ++row)
        for (Index column = left; column < right; ++column) {
          const T* const cell = &features(row, column, 0);
          for (Index c = 0; c < channels; ++c) to[c] = std::max(to[c], cell[c]);
        }
    }
}

#ifdef MASKRCNN_COMPILED
template void roi_pool<float>(TensorView<const float, 3>, const BasicBox<float>&, float, int, float*);
template void roi_pool<double>(TensorView<const double, 3>, const BasicBox<double>&, double, int, double*);
#endif

}  // namespace maskrcnn
