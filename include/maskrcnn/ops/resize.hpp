/// Bilinear resizing: where an output pixel reads, and with which weights.
#pragma once

#include <algorithm>
#include <maskrcnn/core/tensor.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// One output position of a bilinear resize along one axis: value = low_weight * in[low] + high_weight * in[high].
template <Scalar T>
struct BilinearTap {
  Index low = 0, high = 0;
  T low_weight = 1, high_weight = 0;
};

/// Taps of a bilinear resize from `in` to `out` positions, half-pixel centres, no antialiasing: ATen's
/// `upsample_bilinear2d` with align_corners=False (the source coordinate is computed in T and clamped at 0; equal sizes
/// copy).
/// @param factor positions of the output for one of the input, if it is not the ratio of the sizes: then OpenCV's
///               `resize` by a factor, which computes coordinates in double
template <Scalar T>
[[nodiscard]] std::vector<BilinearTap<T>> bilinear_taps(Index in, Index out, double factor = 0) {
  std::vector<BilinearTap<T>> taps(out);
  const T ratio = static_cast<T>(in) / static_cast<T>(out);
  for (Index position = 0; position < out; ++position) {
    BilinearTap<T>& tap = taps[position];
    if (in == out && (factor == 0 || factor == 1)) {
      tap.low = tap.high = position;
      continue;
    }
    const T source = factor > 0 ? static_cast<T>(std::max((static_cast<double>(position) + 0.5) / factor - 0.5, 0.0))
                                : std::max(ratio * (static_cast<T>(position) + T(0.5)) - T(0.5), T{0});
    tap.low = std::min(static_cast<Index>(source), in - 1);
    tap.high = std::min(tap.low + 1, in - 1);
    tap.high_weight = std::clamp(source - static_cast<T>(tap.low), T{0}, T{1});
    tap.low_weight = T{1} - tap.high_weight;
  }
  return taps;
}

}  // namespace maskrcnn
