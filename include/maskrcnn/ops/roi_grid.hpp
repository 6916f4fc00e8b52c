/// Where a RoI lies on a feature map, and how it is divided: the geometry of RoIAlign.
#pragma once

#include <algorithm>
#include <cmath>
#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/number.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// What a RoI operator is: its output is `output` x `output` bins.
struct RoiSpec {
  int output = 7;
  RoiRule rule{};

  friend constexpr bool operator==(const RoiSpec&, const RoiSpec&) = default;
};

/// A RoI in feature cells.
template <class T>
struct RoiGrid {
  T y0, x0;                  ///< upper left corner
  T height, width;           ///< of the whole RoI
  T bin_height, bin_width;   ///< of one of k x k bins
  int samples_y, samples_x;  ///< sampling points per bin and axis; 0 of a RoI without an inside
};

/// Adaptive sampling takes no more points than this per bin and axis: RoIs in need of more are many times larger than
/// any feature map.
inline constexpr int most_samples = 4096;

/// Maps a RoI by the feature scale and divides it into k x k bins. Nothing is rounded.
/// @param roi   in pixels of the image
/// @param scale feature cells per pixel, 1/16 for a map of stride 16
template <class T>
[[nodiscard]] RoiGrid<T> roi_grid(const BasicBox<T>& roi, T scale, const RoiSpec& spec) {
  const T offset = spec.rule.aligned ? T(0.5) : T{0}, bins = static_cast<T>(spec.output);
  const T x0 = roi.x0 * scale - offset, y0 = roi.y0 * scale - offset;
  T width = roi.x1 * scale - offset - x0, height = roi.y1 * scale - offset - y0;
  if (!spec.rule.aligned) {
    width = std::max(width, T{1});
    height = std::max(height, T{1});
  }
  const auto samples = [&](T size) {
    if (spec.rule.samples > 0) return spec.rule.samples;
    if (!exceeds(size, 0)) return 0;  // corners that are swapped, or no numbers
    return static_cast<int>(std::min(std::ceil(size / bins), static_cast<T>(most_samples)));
  };
  return {y0, x0, height, width, height / bins, width / bins, samples(height), samples(width)};
}

}  // namespace maskrcnn
