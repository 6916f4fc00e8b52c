/// Inspections: what a model sees in an image and says of RoIs that it is asked about.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/frame.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <optional>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// An image as a model sees it, up to the proposals, and what the model says of RoIs of the caller's choice. The model
/// and the image's pixels must outlive it.
template <Scalar T>
class Inspection {
 public:
  /// What a mask branch makes.
  struct Masks {
    int bins;         ///< of the features of a RoI, per axis; masks have as many or twice as many
    MaskPaste paste;  ///< how they are drawn into the image
  };

  Inspection() = default;
  Inspection(const Inspection&) = delete;
  Inspection& operator=(const Inspection&) = delete;
  virtual ~Inspection() = default;

  [[nodiscard]] virtual const Frame& frame() const = 0;
  /// Best first, in pixels of the resized image.
  [[nodiscard]] virtual const std::vector<BasicBox<T>>& proposals() const = 0;
  /// Number of classes, background included.
  [[nodiscard]] virtual Index classes() const = 0;
  [[nodiscard]] virtual BackgroundClass background() const = 0;
  /// Nothing, if the model makes no masks.
  [[nodiscard]] virtual std::optional<Masks> masks() const = 0;

  /// [N, 5 K]: class logits, then (dx, dy, dw, dh) of each class.
  /// @param rois in pixels of the resized image
  [[nodiscard]] virtual Tensor<T, 2> box_predictions(const std::vector<BasicBox<T>>& rois) const = 0;
  /// Logits of the masks of some boxes, each of its label: [N, k, k], as they are before pasting.
  /// @param boxes in pixels of the resized image
  /// @throws Error if the model makes no masks
  [[nodiscard]] virtual Tensor<T, 3> mask_logits(const std::vector<BasicBox<T>>& boxes,
                                                 const std::vector<int>& labels) const = 0;
};

}  // namespace maskrcnn
