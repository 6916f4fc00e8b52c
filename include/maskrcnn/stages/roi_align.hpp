/// Step 4a: RoIAlign, fixed-size features of a RoI without quantisation (He et al., "Mask R-CNN", section 3).
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <maskrcnn/kernels/dispatch.hpp>
#include <maskrcnn/ops/roi_grid.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// s x s points in each bin, each interpolated bilinearly from the four nearest cells, pooled by average or maximum.
/// torchvision's `roi_align`; the maximum is taken over interpolated values.
/// @param features [H, W, C] of one level
/// @param roi      in pixels of the image
/// @param scale    feature cells per pixel
/// @param to       [output, output, C], overwritten
template <Scalar T>
void roi_align(TensorView<const T, 3> features, const BasicBox<T>& roi, T scale, const RoiSpec& spec, T* to,
               const kernels::KernelSet<T>& kernels);

/// The same as a RoI operator: k, s and pooling are its type's.
template <RoiSpec Spec>
struct RoiAlign {
  static_assert(Spec.output > 0 && Spec.rule.samples >= 0,
                "maskrcnn: RoiAlign needs at least one bin, and 0 (adaptive) or more samples per bin and axis");
  static constexpr int output = Spec.output;

  /// See `roi_align`.
  template <Scalar T>
  static void pool(TensorView<const T, 3> features, const BasicBox<T>& roi, T scale, T* to,
                   const kernels::KernelSet<T>& kernels = kernels::best_kernels<T>()) {
    roi_align(features, roi, scale, Spec, to, kernels);
  }
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/stages/roi_align.inl>
#endif
