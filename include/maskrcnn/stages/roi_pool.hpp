/// Step 4a, the older way: RoIPool, which snaps RoIs and bins to whole cells (Girshick, "Fast R-CNN", section 2.1).
#pragma once

#include <algorithm>
#include <cmath>
#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/tensor.hpp>

namespace maskrcnn {

/// Drop-in alternative to `RoiAlign` with `Output` x `Output` bins. torchvision's `roi_pool`: corners are rounded, bins
/// reach to the next whole cells, the maximum of each bin's cells is taken; an empty bin is 0.
template <int Output>
struct RoiPool {
  static_assert(Output > 0, "maskrcnn: RoiPool needs at least one bin");
  static constexpr int output = Output;

  /// @param features [H, W, C] of one level
  /// @param roi      in pixels of the image
  /// @param scale    feature cells per pixel
  /// @param to       [output, output, C], overwritten
  template <Scalar T>
  static void pool(TensorView<const T, 3> features, const BasicBox<T>& roi, T scale, T* to) {
    const Index channels = features.size(2);
    const Bins<T> rows(roi.y0, roi.y1, scale, features.size(0)), columns(roi.x0, roi.x1, scale, features.size(1));
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

 private:
  /// The whole cells of each bin along one axis.
  template <Scalar T>
  class Bins {
   public:
    Bins(T low, T high, T scale, Index size)
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
};

}  // namespace maskrcnn
