/// One bin of RoIAlign: the innermost loop over channels, its call and a plain body.
#pragma once

#include <algorithm>
#include <maskrcnn/core/tensor.hpp>
#include <maskrcnn/kernels/not_a_number.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS::kernels {

/// `samples` points, each interpolated from four cells of a feature map:
///
///   value(s, c) = sum over i of weights[4 s + i] * cells[4 s + i][c]
///   to[c] = maximum ? max(start, value(0, c), value(1, c), ...) : (value(0, c) + value(1, c) + ...) / divisor
///
/// If one value is not a number, neither is the result.
template <Scalar T>
struct RoiBin {
  const T* const* cells;  ///< [samples][4] pointers to the first channel
  const T* weights;       ///< [samples][4]
  Index samples;
  Index channels;
  bool maximum;
  T start;    ///< of the maximum
  T divisor;  ///< of the average
  T* to;      ///< [channels]
};

/// The definition, in plain loops.
template <Scalar T>
void pool_roi_bin_reference(const RoiBin<T>& bin) {
  std::fill_n(bin.to, bin.channels, bin.maximum ? bin.start : T{0});
  for (Index s = 0; s < bin.samples; ++s) {
    const T* const w = bin.weights + 4 * s;
    const T* const* const f = bin.cells + 4 * s;
    for (Index c = 0; c < bin.channels; ++c) {
      const T value = w[0] * f[0][c] + w[1] * f[1][c] + w[2] * f[2][c] + w[3] * f[3][c];
      bin.to[c] = bin.maximum ? kernels::maximum(bin.to[c], value) : bin.to[c] + value;
    }
  }
  if (!bin.maximum && bin.divisor != T{1})
    for (Index c = 0; c < bin.channels; ++c) bin.to[c] /= bin.divisor;
}

}  // namespace maskrcnn::kernels
