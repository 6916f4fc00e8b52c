// Bodies of keypoints_from_heatmaps.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/number.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/core/profile.hpp>
#include <maskrcnn/ops/bicubic.hpp>
#include <maskrcnn/stages/keypoints_from_heatmaps.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

namespace keypoints {

/// A place of a resized map and its value.
template <Scalar T>
struct Peak {
  Index x = 0, y = 0;
  T value = -std::numeric_limits<T>::max();
};

/// The largest value of `row`, which are numbers. The maximum runs in 16 lanes, so that compilers can vectorise it.
template <Scalar T>
[[nodiscard]] T largest(const std::vector<T>& row) {
  std::array<T, 16> lanes;
  lanes.fill(row[0]);
  Index x = 0;
  for (; x + lanes.size() <= row.size(); x += lanes.size())
    for (Index lane = 0; lane < lanes.size(); ++lane) lanes[lane] = std::max(lanes[lane], row[x + lane]);
  T most = *std::max_element(lanes.begin(), lanes.end());
  for (; x < row.size(); ++x) most = std::max(most, row[x]);
  return most;
}

/// The largest value of a map [M, M] resized bicubically; sums are taken along rows first, as ATen does.
/// @param numbers whether the map is all numbers; else the first value that is none counts
template <Scalar T>
[[nodiscard]] Peak<T> peak_of(const T* map, Index size, const std::vector<BicubicTap<T>>& rows,
                              const std::vector<BicubicTap<T>>& columns, bool numbers) {
  const Index width = columns.size();
  constexpr Index none = ~Index{0};
  // the four rows of the map that are looked at, resized along x: row r stands at r % 4
  std::array<std::vector<T>, 4> stretched;
  std::array<Index, 4> kept{none, none, none, none};
  for (auto& row : stretched) row.resize(width);
  std::vector<T> resized(width);
  Peak<T> peak;
  for (Index y = 0; y < rows.size(); ++y) {
    const auto& [at, weight] = rows[y];
    for (const Index r : at) {
      if (kept[r % 4] == r) continue;
      kept[r % 4] = r;
      const T* const from = map + r * size;
      T* const to = stretched[r % 4].data();
      for (Index x = 0; x < width; ++x) {
        const BicubicTap<T>& tap = columns[x];
        to[x] = tap.weight[0] * from[tap.at[0]] + tap.weight[1] * from[tap.at[1]] + tap.weight[2] * from[tap.at[2]] +
                tap.weight[3] * from[tap.at[3]];
      }
    }
    const T *const a = stretched[at[0] % 4].data(), *const b = stretched[at[1] % 4].data();
    const T *const c = stretched[at[2] % 4].data(), *const d = stretched[at[3] % 4].data();
    for (Index x = 0; x < width; ++x)
      resized[x] = weight[0] * a[x] + weight[1] * b[x] + weight[2] * c[x] + weight[3] * d[x];
    if (!numbers) {
      const auto odd = std::find_if(resized.begin(), resized.end(), [](T value) { return is_nan(value); });
      if (odd != resized.end()) return {static_cast<Index>(odd - resized.begin()), y, *odd};
    }
    const T most = largest(resized);
    if (most > peak.value)
      peak = {static_cast<Index>(std::find(resized.begin(), resized.end(), most) - resized.begin()), y, most};
  }
  return peak;
}

/// Of exp(map), as much as exp(peak).
template <Scalar T>
[[nodiscard]] T share_of(const T* map, Index cells, T peak) {
  T sum = 0;
  for (Index i = 0; i < cells; ++i) sum += std::exp(map[i] - peak);
  return T{1} / sum;
}

/// How a box is measured: in whole pixels, and what one of them is of the box's own.
template <Scalar T>
struct Side {
  Index pixels;
  T pixel;

  explicit Side(T length) {
    constexpr T most = T(1e6);
    if (!is_finite(length) || length > most)
      fail("keypoints: expected boxes of up to ", most, " pixels, found a side of ", length);
    const T side = std::max(length, T{1});
    pixels = static_cast<Index>(std::ceil(side));
    pixel = side / static_cast<T>(pixels);
  }
};

}  // namespace keypoints

template <Scalar T>
Tensor<T, 3> keypoints_from_heatmaps(const Tensor<T, 4>& heatmaps, std::span<const BasicBox<T>> boxes,
                                     KeypointScore score) {
  const ProfileSpan stage(heatmaps.profile(), "stage", "keypoints from heatmaps");
  const Index maps = heatmaps.size(1), size = heatmaps.size(2), cells = size * size;
  if (heatmaps.size(0) != boxes.size() || heatmaps.size(3) != size)
    fail("keypoints: expected ", boxes.size(), " heatmaps, as wide as they are high, found shape ",
         shape_text(heatmaps.shape()));
  Tensor<T, 3> found = heatmaps.like(Shape<3>{boxes.size(), maps, 3});
  parallel_for(boxes.size() * maps, [&](Index i) {
    const BasicBox<T>& box = boxes[i / maps];
    const keypoints::Side<T> width(box.width()), height(box.height());
    const T* const map = heatmaps.data() + i * cells;
    const bool numbers = std::all_of(map, map + cells, [](T value) { return is_finite(value); });
    const auto peak = keypoints::peak_of(map, size, bicubic_taps<T>(size, height.pixels),
                                         bicubic_taps<T>(size, width.pixels), numbers);
    T* const to = found.data() + 3 * i;
    to[0] = (static_cast<T>(peak.x) + T(0.5)) * width.pixel + box.x0;
    to[1] = (static_cast<T>(peak.y) + T(0.5)) * height.pixel + box.y0;
    to[2] = score == KeypointScore::logit ? peak.value : keypoints::share_of(map, cells, peak.value);
  });
  return found;
}

#ifdef MASKRCNN_COMPILED
template Tensor<float, 3> keypoints_from_heatmaps<float>(const Tensor<float, 4>&, std::span<const BasicBox<float>>,
                                                         KeypointScore);
template Tensor<double, 3> keypoints_from_heatmaps<double>(const Tensor<double, 4>&, std::span<const BasicBox<double>>,
                                                           KeypointScore);
#endif

}  // namespace maskrcnn
