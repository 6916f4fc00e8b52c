/// What a network should have answered: RoIs to ask it about, and the right classes, boxes and masks (Girshick, "Fast
/// R-CNN", section 2.3; torchvision's `RoIHeads.select_training_samples`, but nothing is drawn at random).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/detection.hpp>
#include <maskrcnn/stages/roi_align.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// An object as a model should find it.
struct TrueObject {
  Box box;        ///< in pixels of the original image
  int label = 0;  ///< the model's
  Mask mask{};    ///< empty if there are no masks
};

/// How many RoIs, and which are of objects.
struct RoiSampling {
  std::size_t rois = 512;        ///< at most
  std::size_t foreground = 128;  ///< of them at most
  double overlap = 0.5;          ///< a RoI that overlaps an object by at least this is one of that object
};

/// RoIs and the objects that they are of: those of objects come first.
template <Scalar T>
struct SampledRois {
  std::vector<BasicBox<T>> boxes;    ///< in pixels of the resized image
  std::vector<std::size_t> objects;  ///< of the first so many RoIs: which object
};

/// So many of `all`, spread evenly.
template <class Value>
[[nodiscard]] std::vector<Value> evenly(const std::vector<Value>& all, std::size_t count) {
  if (all.size() <= count) return all;
  std::vector<Value> some;
  for (std::size_t i = 0; i < count; ++i) some.push_back(all[i * all.size() / count]);
  return some;
}

/// Chooses RoIs among proposals and the true boxes themselves, as training does: each is of the object that it overlaps
/// most, or of the background. Where training draws by lot, every n-th is taken, so that the result is always the same.
/// @param proposals best first, in pixels of the resized image, as `truths` are
template <Scalar T>
[[nodiscard]] SampledRois<T> sample_rois(std::vector<BasicBox<T>> proposals, const std::vector<BasicBox<T>>& truths,
                                         const RoiSampling& rule = {}) {
  proposals.insert(proposals.end(), truths.begin(), truths.end());
  struct OfObject {
    std::size_t roi, object;
  };
  std::vector<OfObject> foreground;
  std::vector<std::size_t> background;
  for (std::size_t i = 0; i < proposals.size(); ++i) {
    std::size_t best = truths.size();
    T most = static_cast<T>(rule.overlap);
    for (std::size_t t = 0; t < truths.size(); ++t)
      if (const T overlap = iou(proposals[i], truths[t]);
          overlap >= most && (best == truths.size() || overlap > most)) {
        most = overlap;
        best = t;
      }
    if (best < truths.size())
      foreground.push_back({i, best});
    else
      background.push_back(i);
  }
  SampledRois<T> sampled;
  for (const OfObject& one : evenly(foreground, rule.foreground)) {
    sampled.boxes.push_back(proposals[one.roi]);
    sampled.objects.push_back(one.object);
  }
  for (const std::size_t i : evenly(background, rule.rois - sampled.boxes.size()))
    sampled.boxes.push_back(proposals[i]);
  return sampled;
}

/// The part of a mask that a RoI sees, as `output` x `output` values from 0 to 1: RoIAlign of the mask's pixels, which
/// sees half a pixel further to the right and down where masks are drawn into whole pixels, as torchvision's
/// `project_masks_on_boxes` and its models have it, and exactly the RoI where they are sampled, as detectron2's
/// `crop_and_resize`. The mask is that of the original image, not of a resized one.
/// @param roi   in pixels of the original image
/// @param paste how the model draws its masks
/// @param to    output * output values, row by row
template <Scalar T>
void mask_target(const Mask& mask, const BasicBox<T>& roi, int output, MaskPaste paste, T* to) {
  // the patch with a border of zeros, so that its edge is one, but for the image's own edges
  const Size image = mask.image_size(), patch = mask.patch_size();
  const int left = std::max(mask.left() - 1, 0), right = std::min(mask.left() + patch.width + 1, image.width);
  const int top = std::max(mask.top() - 1, 0), bottom = std::min(mask.top() + patch.height + 1, image.height);
  Tensor<T, 3> pixels({static_cast<Index>(bottom - top), static_cast<Index>(right - left), 1});
  std::fill_n(pixels.data(), pixels.count(), T{0});
  for (int y = 0; y < patch.height; ++y)
    for (int x = 0; x < patch.width; ++x)
      pixels(static_cast<Index>(mask.top() + y - top), static_cast<Index>(mask.left() + x - left), 0) =
          static_cast<T>(mask.patch_row(y)[x]);
  const auto dx = static_cast<T>(left), dy = static_cast<T>(top);
  const BasicBox<T> part{roi.x0 - dx, roi.y0 - dy, roi.x1 - dx, roi.y1 - dy};
  const RoiSpec spec{.output = output, .rule = {.samples = 0, .aligned = paste == MaskPaste::sampled}};
  roi_align<T>(pixels.view(), part, T{1}, spec, to, kernels::best_kernels<T>());
}

}  // namespace maskrcnn::evaluate
