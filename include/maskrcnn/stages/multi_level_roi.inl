// Bodies of multi_level_roi.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/number.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/stages/multi_level_roi.hpp>
#include <tuple>

namespace maskrcnn::inline MASKRCNN_FLAGS {

template <Scalar T>
std::vector<T> roi_scales(const FeaturePyramid<T>& features, const RoiLevelOptions& options, const Frame& frame) {
  std::vector<T> scales;
  for (std::size_t level = 0; level < options.levels; ++level) {
    T exponent = -std::log2(static_cast<T>(options.finest_stride)) - static_cast<T>(level);
    if (options.scale == RoiScale::from_heights)
      exponent = std::nearbyint(static_cast<T>(std::log2(static_cast<float>(
          static_cast<double>(features[level].size(1)) / static_cast<double>(frame.resized.height)))));
    scales.push_back(std::exp2(exponent));
  }
  return scales;
}

template <Scalar T>
std::size_t roi_level(const BasicBox<T>& box, T finest, T coarsest, const RoiLevelOptions& options) {
  const T canonical_size = options.from_finest ? 56 : 224, canonical_level = options.from_finest ? 0 : 4;
  const T size = std::sqrt(box.area());
  const T level =
      std::floor(canonical_level + std::log2(size / canonical_size + static_cast<T>(options.epsilon_inside_log)) +
                 static_cast<T>(options.epsilon_outside_log));
  const T lowest = options.from_finest ? T{0} : -std::log2(finest), highest = lowest + std::log2(finest / coarsest);
  if (!exceeds(level, lowest)) return 0;  // an empty box has level -infinity, a box with a NaN none
  return static_cast<std::size_t>(std::min(level, highest) - lowest);
}

template <Scalar T>
void require_rois(std::span<const BasicBox<T>> boxes) {
  constexpr T farthest = 1e6;
  for (const BasicBox<T>& box : boxes) {
    bool fine = reaches(box.x1, box.x0) && reaches(box.y1, box.y0);
    for (const T corner : {box.x0, box.y0, box.x1, box.y1})
      fine = fine && reaches(corner, -farthest) && reaches(farthest, corner);
    if (!fine)
      fail("model: expected RoIs [x0, y0, x1, y1] of pixels with x0 <= x1 and y0 <= y1, found [", box.x0, ", ", box.y0,
           ", ", box.x1, ", ", box.y1, "]");
  }
}

namespace multi_level_roi {

/// Where a box is read: its level, its upper edge, its number.
template <Scalar T>
struct Place {
  std::size_t level;
  T y;
  Index box;
};

/// Boxes level by level, from top to bottom: neighbours in a map are read while its cells are near.
template <Scalar T>
[[nodiscard]] std::vector<Place<T>> in_reading_order(std::span<const BasicBox<T>> boxes, const std::vector<T>& scales,
                                                     const RoiLevelOptions& options) {
  std::vector<Place<T>> places;
  for (const BasicBox<T>& box : boxes)
    places.push_back(
        {roi_level<T>(box, scales.front(), scales.back(), options), is_nan(box.y0) ? T{0} : box.y0, places.size()});
  std::sort(places.begin(), places.end(), [](const Place<T>& a, const Place<T>& b) {
    return std::tuple(a.level, a.y, a.box) < std::tuple(b.level, b.y, b.box);
  });
  return places;
}

}  // namespace multi_level_roi

template <Scalar T>
Tensor<T, 4> read_rois(const FeaturePyramid<T>& features, std::span<const BasicBox<T>> boxes, const Frame& frame,
                       const RoiLevelOptions& options, int bins, RoiReader<T> read) {
  ProfileSpan span(profile_of(features), "stage", "roi features");
  const auto side = static_cast<Index>(bins);
  const std::vector<T> scales = roi_scales<T>(features, options, frame);
  Tensor<T, 4> pooled = features.front().like(Shape<4>{boxes.size(), side, side, features.front().size(3)});
  const auto places = multi_level_roi::in_reading_order<T>(boxes, scales, options);
  parallel_for(boxes.size(), [&](Index at) {
    const auto& [level, y, box] = places[at];
    read(features[level].view()[0], boxes[box], scales[level], pooled.view()[box].data());
  });
  span.end([&] {
    ProfileNotes notes{};
    notes.say_shape("output", pooled.shape());
    return notes;
  });
  return pooled;
}

#ifdef MASKRCNN_COMPILED
#define MASKRCNN_ROI_LEVELS(T)                                                                             \
  template std::vector<T> roi_scales<T>(const FeaturePyramid<T>&, const RoiLevelOptions&, const Frame&);   \
  template std::size_t roi_level<T>(const BasicBox<T>&, T, T, const RoiLevelOptions&);                     \
  template void require_rois<T>(std::span<const BasicBox<T>>);                                             \
  template Tensor<T, 4> read_rois<T>(const FeaturePyramid<T>&, std::span<const BasicBox<T>>, const Frame&, \
                                     const RoiLevelOptions&, int, RoiReader<T>);
MASKRCNN_ROI_LEVELS(float)
MASKRCNN_ROI_LEVELS(double)
#undef MASKRCNN_ROI_LEVELS
#endif

}  // namespace maskrcnn
