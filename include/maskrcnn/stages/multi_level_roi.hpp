/// Step 4b: which level of the pyramid a RoI is read from (Lin et al., "Feature pyramid networks", equation 1).
#pragma once

#include <algorithm>
#include <cmath>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/feature_pyramid.hpp>
#include <maskrcnn/core/frame.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/kernels/dispatch.hpp>
#include <span>
#include <tuple>
#include <type_traits>
#include <vector>

namespace maskrcnn {

/// Feature cells per pixel of the resized image, for each of the first `levels` maps.
/// torchvision infers them from the heights; see `RoiScale`.
/// @param finest stride of the finest map
template <Convention C, Scalar T>
[[nodiscard]] std::vector<T> roi_scales(const FeaturePyramid<T>& features, std::size_t levels, int finest,
                                        const Frame& frame) {
  std::vector<T> scales;
  for (std::size_t level = 0; level < levels; ++level) {
    T exponent = -std::log2(static_cast<T>(finest)) - static_cast<T>(level);
    if constexpr (C::roi_scale == RoiScale::from_heights)
      exponent = std::nearbyint(static_cast<T>(std::log2(static_cast<float>(
          static_cast<double>(features[level].size(1)) / static_cast<double>(frame.resized.height)))));
    scales.push_back(std::exp2(exponent));
  }
  return scales;
}

/// The level that a box is read from, as a position in a pyramid whose finest map has `finest` cells per pixel and
/// whose coarsest has `coarsest`: boxes of 224 x 224 pixels go to the map of stride 16, each doubling one level up.
/// torchvision's `LevelMapper`.
template <Convention C, Scalar T>
[[nodiscard]] std::size_t roi_level(const BasicBox<T>& box, T finest, T coarsest) {
  constexpr T canonical_size = 224, canonical_level = 4;
  const T size = std::sqrt(box.area());
  const T level =
      std::floor(canonical_level + std::log2(size / canonical_size + static_cast<T>(C::level_epsilon_inside_log)) +
                 static_cast<T>(C::level_epsilon_outside_log));
  const T lowest = -std::log2(finest), highest = -std::log2(coarsest);
  // max first: an empty box has level -infinity, a NaN stays at the lowest
  return static_cast<std::size_t>(std::min(std::max(lowest, level), highest) - lowest);
}

/// Reads fixed-size features for boxes of any size: each box from its level, by a RoI operator (`RoiAlign`, `RoiPool`).
/// torchvision's `MultiScaleRoIAlign`.
/// @tparam Operator has `output` and `pool(features [H, W, C], roi, scale, to)`, with or without a set of kernels as
/// one
///                  more argument
template <Convention C, class Operator>
class MultiLevelRoi {
 public:
  static constexpr int output = Operator::output;

  /// @param levels how many maps of the pyramid are read, finest first (P2..P5: 4)
  /// @param finest stride of the finest of them
  explicit MultiLevelRoi(std::size_t levels, int finest = 4) : levels_(levels), finest_(finest) {}

  /// @param boxes in pixels of the resized image
  /// @return [N, output, output, C], one entry per box
  template <Scalar T>
  [[nodiscard]] Tensor<T, 4> operator()(const FeaturePyramid<T>& features,
                                        std::span<const BasicBox<std::type_identity_t<T>>> boxes,
                                        const Frame& frame) const {
    ProfileSpan span(profile_of(features), "stage", "roi features");
    constexpr auto bins = static_cast<Index>(output);
    const std::vector<T> scales = roi_scales<C>(features, levels_, finest_, frame);
    Tensor<T, 4> pooled = features.front().like(Shape<4>{boxes.size(), bins, bins, features.front().size(3)});
    const std::vector<Place<T>> places = in_reading_order<T>(boxes, scales);
    const auto& kernels = kernels::best_kernels<T>();
    parallel_for(boxes.size(), [&](Index at) {
      const Place<T>& place = places[at];
      const TensorView<const T, 3> map = features[place.level].view()[0];
      const BasicBox<T>& box = boxes[place.box];
      T* const to = pooled.view()[place.box].data();
      if constexpr (requires { Operator::template pool<T>(map, box, scales[0], to, kernels); })
        Operator::template pool<T>(map, box, scales[place.level], to, kernels);
      else
        Operator::template pool<T>(map, box, scales[place.level], to);
    });
    span.end([&] { return ProfileNotes{.details = {{"output", shape_text(pooled.shape())}}}; });
    return pooled;
  }

 private:
  /// Where a box is read: its level, its upper edge, its number.
  template <Scalar T>
  struct Place {
    std::size_t level;
    T y;
    Index box;
  };

  /// Boxes level by level, from top to bottom: neighbours in a map are read while its cells are near.
  template <Scalar T>
  [[nodiscard]] static std::vector<Place<T>> in_reading_order(std::span<const BasicBox<T>> boxes,
                                                              const std::vector<T>& scales) {
    std::vector<Place<T>> places;
    for (const BasicBox<T>& box : boxes)
      places.push_back(
          {roi_level<C>(box, scales.front(), scales.back()), std::isnan(box.y0) ? T{0} : box.y0, places.size()});
    std::sort(places.begin(), places.end(), [](const Place<T>& a, const Place<T>& b) {
      return std::tuple(a.level, a.y, a.box) < std::tuple(b.level, b.y, b.box);
    });
    return places;
  }

  std::size_t levels_;
  int finest_;
};

}  // namespace maskrcnn
