/// Step 4a, the older one: RoIPool, which snaps RoIs and bins to whole cells (Girshick, "Fast R-CNN", section 2.1).
#pragma once

#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/tensor.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// torchvision's `roi_pool`: corners are rounded, bins reach to the next whole cells, the maximum of each bin's cells
/// is taken; an empty bin is 0.
/// @param features [H, W, C] of one level
/// @param roi      in pixels of the image
/// @param scale    feature cells per pixel
/// @param output   bins per axis
/// @param to       [output, output, C], overwritten
template <Scalar T>
void roi_pool(TensorView<const T, 3> features, const BasicBox<T>& roi, T scale, int output, T* to);

/// The same as a RoI operator, a drop-in alternative to `RoiAlign`.
template <int Output>
struct RoiPool {
  static_assert(Output > 0, "maskrcnn: RoiPool needs at least one bin");
  static constexpr int output = Output;

  /// See `roi_pool`.
  template <Scalar T>
  static void pool(TensorView<const T, 3> features, const BasicBox<T>& roi, T scale, T* to) {
    roi_pool(features, roi, scale, Output, to);
  }
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/stages/roi_pool.inl>
#endif
