/// Step 7b: small masks are drawn into the original image.
#pragma once

#include <cstdint>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/detection.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Where a mask is drawn: whole pixels of the image, before it is cut off at the border; width and height at least 1.
struct PasteTarget {
  std::int64_t left = 0, top = 0, width = 1, height = 1;
};

/// The box grown by (size + 2) / size about its centre, corners truncated towards zero, +1 in width and height:
/// torchvision's `expand_boxes` and `paste_mask_in_image`.
/// @param box  in pixels of the original image
/// @param size of the mask, per axis, before it is padded by one
template <Scalar T>
[[nodiscard]] PasteTarget paste_target(const BasicBox<T>& box, Index size);

/// Draws one mask: resized bilinearly to its target, pixels of at least `threshold` set. Only the part inside the
/// image is computed and stored.
/// @param mask  [M, M] probabilities
/// @param image size of the original image
template <Scalar T>
[[nodiscard]] Mask paste_mask(TensorView<const T, 2> mask, const PasteTarget& target, Size image, T threshold);

/// Draws one mask: sampled bilinearly at the centre of every pixel near the box, zeros beyond the mask's edge; pixels
/// of at least `threshold` set. detectron2's `_do_paste_mask`, which is `grid_sample`, in its arithmetic.
/// @param mask  [M, M] probabilities
/// @param box   in pixels of the original image
/// @param image size of the original image
template <Scalar T>
[[nodiscard]] Mask sample_mask(TensorView<const T, 2> mask, const BasicBox<T>& box, Size image, T threshold);

/// How masks are drawn.
struct PasteOptions {
  MaskPaste paste = Torchvision::mask_paste;
  double threshold = 0.5;  ///< pixels of at least this probability belong to the object
};

/// All masks; memory is proportional to the boxes, whatever the size of the image.
/// @param masks [N, M, M] probabilities, one mask per box
/// @param boxes in pixels of the original image
/// @param image size of the original image
template <Scalar T>
[[nodiscard]] std::vector<Mask> paste_masks(const Tensor<T, 3>& masks, const std::vector<BasicBox<T>>& boxes,
                                            Size image, const PasteOptions& options);

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/stages/paste_masks.inl>
#endif
