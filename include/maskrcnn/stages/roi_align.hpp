/// Step 4a: RoIAlign, fixed-size features of a RoI without quantisation (He et al., "Mask R-CNN", section 3).
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <maskrcnn/kernels/dispatch.hpp>
#include <span>
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
  static void pool(TensorView<const T, 3> features, const BasicBox<T>& roi, T scale, T* to,
                   const kernels::KernelSet<T>& kernels = kernels::best_kernels<T>()) {
    const RoiGrid<T> grid = roi_grid<Spec>(roi, scale);
    const auto rows = taps(features.size(0), grid.y0, grid.bin_height, grid.samples_y);
    const auto columns = taps(features.size(1), grid.x0, grid.bin_width, grid.samples_x);
    const auto samples_y = static_cast<Index>(grid.samples_y), samples_x = static_cast<Index>(grid.samples_x);
    Bin<T> bin;
    for (Index y = 0; y < static_cast<Index>(output); ++y)
      for (Index x = 0; x < static_cast<Index>(output); ++x, to += features.size(2)) {
        bin.clear();
        for (const Tap<T>& row : std::span(rows).subspan(y * samples_y, samples_y))
          for (const Tap<T>& column : std::span(columns).subspan(x * samples_x, samples_x))
            bin.add(features, row, column);
        bin.pool(features.size(2), to, kernels);
      }
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

  /// The sampling points of one bin.
  template <Scalar T>
  class Bin {
   public:
    void clear() {
      cells_.clear();
      weights_.clear();
      outside_ = 0;
    }

    void add(TensorView<const T, 3> features, const Tap<T>& row, const Tap<T>& column) {
      if (!row.inside || !column.inside) {
        ++outside_;
        return;
      }
      weights_.insert(weights_.end(), {row.low_weight * column.low_weight, row.low_weight * column.high_weight,
                                       row.high_weight * column.low_weight, row.high_weight * column.high_weight});
      cells_.insert(cells_.end(), {&features(row.low, column.low, 0), &features(row.low, column.high, 0),
                                   &features(row.high, column.low, 0), &features(row.high, column.high, 0)});
    }

    /// Points outside the map count as zeros, in the average and in the maximum.
    void pool(Index channels, T* to, const kernels::KernelSet<T>& kernels) const {
      const Index inside = weights_.size() / 4, count = inside + outside_;
      kernels.pool_roi_bin({.cells = cells_.data(),
                            .weights = weights_.data(),
                            .samples = inside,
                            .channels = channels,
                            .maximum = Spec.rule.pooling == Pooling::max,
                            .start = outside_ > 0 || count == 0 ? T{0} : std::numeric_limits<T>::lowest(),
                            .divisor = static_cast<T>(std::max<Index>(count, 1)),
                            .to = to});
    }

   private:
    std::vector<const T*> cells_;
    std::vector<T> weights_;
    Index outside_ = 0;
  };
};

}  // namespace maskrcnn
