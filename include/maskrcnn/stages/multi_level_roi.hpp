/// Step 4b: which level of the pyramid a RoI is read from (Lin et al., "Feature pyramid networks", equation 1).
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/feature_pyramid.hpp>
#include <maskrcnn/core/frame.hpp>
#include <maskrcnn/core/function_ref.hpp>
#include <maskrcnn/layers/compute.hpp>
#include <span>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// How RoIs find their level.
struct RoiLevelOptions {
  std::size_t levels = 4;  ///< how many maps of the pyramid are read, finest first (P2..P5: 4)
  int finest_stride = 4;   ///< of the finest of them
  RoiScale scale = Torchvision::roi_scale;
  bool from_finest = Torchvision::level_from_finest;
  double epsilon_inside_log = Torchvision::level_epsilon_inside_log;
  double epsilon_outside_log = Torchvision::level_epsilon_outside_log;
};

/// Feature cells per pixel of the resized image, for each of the maps that are read. torchvision infers them from the
/// heights; see `RoiScale`.
template <Scalar T>
[[nodiscard]] std::vector<T> roi_scales(const FeaturePyramid<T>& features, const RoiLevelOptions& options,
                                        const Frame& frame);

/// The level that a box is read from, as a position in a pyramid whose finest map has `finest` cells per pixel and
/// whose coarsest has `coarsest`: boxes of 224 x 224 pixels go to the map of stride 16, each doubling one level up.
/// torchvision's `LevelMapper`.
template <Scalar T>
[[nodiscard]] std::size_t roi_level(const BasicBox<T>& box, T finest, T coarsest, const RoiLevelOptions& options);

/// Refuses RoIs that no image has: nothing good can be read at them.
/// @throws Error naming the first whose corners are swapped or no numbers, or more than 10^6 pixels from the image's
template <Scalar T>
void require_rois(std::span<const BasicBox<T>> boxes);

/// Reads one RoI from one map: (features [H, W, C], RoI in pixels of the resized image, cells per pixel, [k, k, C]).
template <Scalar T>
using RoiReader = FunctionRef<void(TensorView<const T, 3> features, const BasicBox<T>& roi, T scale, T* to)>;

/// Features [N, bins, bins, C] of boxes of any size, each read from its level.
/// @param boxes in pixels of the resized image
template <Scalar T>
[[nodiscard]] Tensor<T, 4> read_rois(const FeaturePyramid<T>& features, std::span<const BasicBox<T>> boxes,
                                     const Frame& frame, const RoiLevelOptions& options, int bins, RoiReader<T> read);

/// Reads fixed-size features for boxes of any size by a RoI operator (`RoiAlign`, `RoiPool`). torchvision's
/// `MultiScaleRoIAlign`.
/// @tparam Operator has `output` and `pool(features [H, W, C], roi, scale, to)`, with or without a set of kernels as
///                  one more argument
template <Scalar T, class Operator>
class MultiLevelRoi {
 public:
  static constexpr int output = Operator::output;

  explicit MultiLevelRoi(const RoiLevelOptions& options, const Compute& compute = {})
      : options_(options), kernels_(&compute.kernels<T>()) {}

  /// @param boxes in pixels of the resized image
  /// @return [N, output, output, C], one entry per box
  [[nodiscard]] Tensor<T, 4> operator()(const FeaturePyramid<T>& features, std::span<const BasicBox<T>> boxes,
                                        const Frame& frame) const {
    const auto read = [&](TensorView<const T, 3> map, const BasicBox<T>& box, T scale, T* to) {
      if constexpr (requires { Operator::template pool<T>(map, box, scale, to, *kernels_); })
        Operator::template pool<T>(map, box, scale, to, *kernels_);
      else
        Operator::template pool<T>(map, box, scale, to);
    };
    return read_rois<T>(features, boxes, frame, options_, output, read);
  }

 private:
  RoiLevelOptions options_;
  const kernels::KernelSet<T>* kernels_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/stages/multi_level_roi.inl>
#endif
