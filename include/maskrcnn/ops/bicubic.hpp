/// Bicubic resizing: where an output pixel reads, and with which weights.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <maskrcnn/core/tensor.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// One output position of a bicubic resize along one axis: value = sum of weight[i] * in[at[i]].
template <Scalar T>
struct BicubicTap {
  std::array<Index, 4> at{};
  std::array<T, 4> weight{};
};

/// Taps of a bicubic resize from `in` to `out` positions: cubic convolution with a = -0.75, half-pixel centres,
/// positions beyond the border read it, no antialiasing: ATen's `upsample_bicubic2d` with align_corners=False, in its
/// arithmetic.
template <Scalar T>
[[nodiscard]] std::vector<BicubicTap<T>> bicubic_taps(Index in, Index out) {
  constexpr T a = T(-0.75);
  const auto near = [](T x) { return ((a + 2) * x - (a + 3)) * x * x + 1; };       // up to 1 from the centre
  const auto far = [](T x) { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; };  // from 1 to 2
  const auto last = static_cast<std::ptrdiff_t>(in) - 1;
  const T ratio = static_cast<T>(in) / static_cast<T>(out);
  std::vector<BicubicTap<T>> taps(out);
  for (Index position = 0; position < out; ++position) {
    const T source = ratio * (static_cast<T>(position) + T(0.5)) - T(0.5);
    const auto left = std::min(static_cast<std::ptrdiff_t>(std::floor(source)), last);
    const T part = std::clamp(source - static_cast<T>(left), T{0}, T{1});
    taps[position].weight = {far(part + 1), near(part), near(1 - part), far(T{1} - part + 1)};
    for (std::size_t i = 0; i < 4; ++i)
      taps[position].at[i] =
          static_cast<Index>(std::clamp(left + static_cast<std::ptrdiff_t>(i) - 1, std::ptrdiff_t{0}, last));
  }
  return taps;
}

}  // namespace maskrcnn
