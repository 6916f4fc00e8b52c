// Bodies of roi_align.hpp.
#pragma once

#include <algorithm>
#include <limits>
#include <maskrcnn/core/number.hpp>
#include <maskrcnn/stages/roi_align.hpp>
#include <span>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

namespace roi_align_steps {

/// One sampling coordinate along one axis; outside the map it counts as zero.
template <Scalar T>
struct Tap {
  Index low = 0, high = 0;
  T low_weight = 0, high_weight = 0;
  bool inside = false;
};

template <Scalar T>
[[nodiscard]] std::vector<Tap<T>> taps(Index size, T start, T bin, int samples, int output) {
  std::vector<Tap<T>> taps;
  taps.reserve(static_cast<std::size_t>(output) * static_cast<std::size_t>(std::max(samples, 0)));
  for (int b = 0; b < output; ++b)
    for (int s = 0; s < samples; ++s) {
      T at = start + static_cast<T>(b) * bin + (static_cast<T>(s) + T(0.5)) * bin / static_cast<T>(samples);
      Tap<T>& tap = taps.emplace_back();
      if (!reaches(at, -1) || at > static_cast<T>(size)) continue;
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
  void pool(Index channels, Pooling pooling, T* to, const kernels::KernelSet<T>& kernels) const {
    const Index inside = weights_.size() / 4, count = inside + outside_;
    kernels.pool_roi_bin({.cells = cells_.data(),
                          .weights = weights_.data(),
                          .samples = inside,
                          .channels = channels,
                          .maximum = pooling == Pooling::max,
                          .start = outside_ > 0 || count == 0 ? T{0} : std::numeric_limits<T>::lowest(),
                          .divisor = static_cast<T>(std::max<Index>(count, 1)),
                          .to = to});
  }

 private:
  std::vector<const T*> cells_;
  std::vector<T> weights_;
  Index outside_ = 0;
};

}  // namespace roi_align_steps

template <Scalar T>
void roi_align(TensorView<const T, 3> features, const BasicBox<T>& roi, T scale, const RoiSpec& spec, T* to,
               const kernels::KernelSet<T>& kernels) {
  using roi_align_steps::Tap, roi_align_steps::taps;
  const RoiGrid<T> grid = roi_grid(roi, scale, spec);
  const auto rows = taps(features.size(0), grid.y0, grid.bin_height, grid.samples_y, spec.output);
  const auto columns = taps(features.size(1), grid.x0, grid.bin_width, grid.samples_x, spec.output);
  const auto samples_y = static_cast<Index>(grid.samples_y), samples_x = static_cast<Index>(grid.samples_x);
  const auto output = static_cast<Index>(spec.output);
  roi_align_steps::Bin<T> bin;
  for (Index y = 0; y < output; ++y)
    for (Index x = 0; x < output; ++x, to += features.size(2)) {
      bin.clear();
      for (const Tap<T>& row : std::span(rows).subspan(y * samples_y, samples_y))
        for (const Tap<T>& column : std::span(columns).subspan(x * samples_x, samples_x))
          bin.add(features, row, column);
      bin.pool(features.size(2), spec.rule.pooling, to, kernels);
    }
}

#ifdef MASKRCNN_COMPILED
template void roi_align<float>(TensorView<const float, 3>, const BasicBox<float>&, float, const RoiSpec&, float*,
                               const kernels::KernelSet<float>&);
template void roi_align<double>(TensorView<const double, 3>, const BasicBox<double>&, double, const RoiSpec&, double*,
                                const kernels::KernelSet<double>&);
#endif

}  // namespace maskrcnn
