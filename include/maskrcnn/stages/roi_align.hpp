/// Step 4a: RoIAlign, fixed-size features of a RoI without quantisation (He et al., "Mask R-CNN", section 3).
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <vector>

namespace maskrcnn {

/// What a RoI operator is: its output is `output` x `output` bins.
struct RoiSpec {
  int output = 7;
  RoiRule rule{};

  friend constexpr bool operator==(const RoiSpec&, const RoiSpec&) = default;
};

/// Where a RoI lies on a feature map, and how it is divided: the geometry of RoIAlign, in feature cells.
template <Scalar T>
struct RoiGrid {
  T y0, x0;                  ///< upper left corner
  T height, width;           ///< of the whole RoI
  T bin_height, bin_width;   ///< of one of k x k bins
  int samples_y, samples_x;  ///< sampling points per bin and axis
};

/// Maps a RoI by the feature scale and divides it into k x k bins. Nothing is rounded.
/// @param roi   in pixels of the image
/// @param scale feature cells per pixel, 1/16 for a map of stride 16
template <RoiSpec Spec, Scalar T>
[[nodiscard]] RoiGrid<T> roi_grid(const BasicBox<T>& roi, T scale) {
  const T offset = Spec.rule.aligned ? T(0.5) : T{0}, bins = static_cast<T>(Spec.output);
  const T x0 = roi.x0 * scale - offset, y0 = roi.y0 * scale - offset;
  T width = roi.x1 * scale - offset - x0, height = roi.y1 * scale - offset - y0;
  if constexpr (!Spec.rule.aligned) {
    width = std::max(width, T{1});
    height = std::max(height, T{1});
  }
  const auto samples = [bins](T size) {
    return Spec.rule.samples > 0 ? Spec.rule.samples : static_cast<int>(std::ceil(size / bins));
  };
  return {y0, x0, height, width, height / bins, width / bins, samples(height), samples(width)};
}

/// RoIAlign: s x s points in each bin, each interpolated bilinearly from the four nearest cells, pooled by average or
/// maximum. torchvision's `roi_align`; the maximum is taken over interpolated values.
template <RoiSpec Spec>
struct RoiAlign {
  static_assert(Spec.output > 0 && Spec.rule.samples >= 0,
                "maskrcnn: RoiAlign needs at least one bin, and 0 (adaptive) or more samples per bin and axis");
  static constexpr int output = Spec.output;

  /// @param features [H, W, C] of one level
  /// @param roi      in pixels of the image
  /// @param scale    feature cells per pixel
  /// @param to       [output, output, C], overwritten
  template <Scalar T>
  static void pool(TensorView<const T, 3> features, const BasicBox<T>& roi, T scale, T* to) {
    const RoiGrid<T> grid = roi_grid<Spec>(roi, scale);
    const auto rows = taps(features.size(0), grid.y0, grid.bin_height, grid.samples_y);
    const auto columns = taps(features.size(1), grid.x0, grid.bin_width, grid.samples_x);
    const auto samples_y = static_cast<Index>(grid.samples_y), samples_x = static_cast<Index>(grid.samples_x);
    for (Index y = 0; y < static_cast<Index>(output); ++y)
      for (Index x = 0; x < static_cast<Index>(output); ++x, to += features.size(2))
        pool_bin(features, {rows.data() + y * samples_y, samples_y}, {columns.data() + x * samples_x, samples_x}, to);
  }

 private:
  /// One sampling coordinate along one axis; outside the map it counts as zero.
  template <Scalar T>
  struct Tap {
    Index low = 0, high = 0;
    T low_weight = 0, high_weight = 0;
    bool inside = false;
  };

  template <Scalar T>
  static std::vector<Tap<T>> taps(Index size, T start, T bin, int samples) {
    std::vector<Tap<T>> taps;
    taps.reserve(static_cast<std::size_t>(output) * static_cast<std::size_t>(std::max(samples, 0)));
    for (int b = 0; b < output; ++b)
      for (int s = 0; s < samples; ++s) {
        T at = start + static_cast<T>(b) * bin + (static_cast<T>(s) + T(0.5)) * bin / static_cast<T>(samples);
        Tap<T>& tap = taps.emplace_back();
        if (!(at >= T{-1} && at <= static_cast<T>(size))) continue;
        at = std::max(at, T{0});
        tap.inside = true;
        tap.low = std::min(static_cast<Index>(at), size - 1);
        tap.high = std::min(tap.low + 1, size - 1);
        tap.high_weight = tap.low == size - 1 ? T{0} : at - static_cast<T>(tap.low);
        tap.low_weight = T{1} - tap.high_weight;
      }
    return taps;
  }

  template <Scalar T>
  static void pool_bin(TensorView<const T, 3> features, std::span<const Tap<T>> rows, std::span<const Tap<T>> columns,
                       T* to) {
    constexpr bool average = Spec.rule.pooling == Pooling::average;
    const Index channels = features.size(2), count = rows.size() * columns.size();
    std::fill_n(to, channels, average || count == 0 ? T{0} : std::numeric_limits<T>::lowest());
    for (const Tap<T>& row : rows)
      for (const Tap<T>& column : columns) {
        if (!row.inside || !column.inside) {
          if constexpr (!average)
            for (Index c = 0; c < channels; ++c) to[c] = std::max(to[c], T{0});
          continue;
        }
        const T w00 = row.low_weight * column.low_weight, w01 = row.low_weight * column.high_weight;
        const T w10 = row.high_weight * column.low_weight, w11 = row.high_weight * column.high_weight;
        const T* const f00 = &features(row.low, column.low, 0);
        const T* const f01 = &features(row.low, column.high, 0);
        const T* const f10 = &features(row.high, column.low, 0);
        const T* const f11 = &features(row.high, column.high, 0);
        for (Index c = 0; c < channels; ++c) {
          const T value = w00 * f00[c] + w01 * f01[c] + w10 * f10[c] + w11 * f11[c];
          to[c] = average ? to[c] + value : std::max(to[c], value);
        }
      }
    if (average && count > 1)
      for (Index c = 0; c < channels; ++c) to[c] /= static_cast<T>(count);
  }
};

}  // namespace maskrcnn
