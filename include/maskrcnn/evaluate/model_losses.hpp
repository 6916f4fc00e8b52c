/// The losses of a model on an image whose objects are known: what training would minimise.
#pragma once

#include <algorithm>
#include <cstddef>
#include <maskrcnn/core/inspection.hpp>
#include <maskrcnn/core/labels.hpp>
#include <maskrcnn/core/number.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/evaluate/image_losses.hpp>
#include <maskrcnn/evaluate/roi_targets.hpp>
#include <maskrcnn/ops/box_coder.hpp>
#include <maskrcnn/stages/losses.hpp>
#include <type_traits>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

namespace model_losses {

/// L_cls and L_reg from predictions [N, 5 K] of RoIs of which the first are those of `targets`.
template <Scalar T>
void add_box_losses(const Tensor<T, 2>& predictions, const std::vector<int>& labels,
                    const std::vector<BasicBox<T>>& rois, const std::vector<BasicBox<T>>& targets,
                    ImageLosses& losses) {
  const Index count = predictions.size(0), classes = predictions.size(1) / 5;
  Tensor<T, 2> logits({count, classes});
  for (Index i = 0; i < count; ++i) std::copy_n(&predictions(i, 0), classes, &logits(i, 0));
  losses.classification += static_cast<double>(classification_loss<T>(logits.view(), labels));
  losses.images += 1;
  if (targets.empty()) return;
  // the deltas of the true class, as those of class 1 of two
  Tensor<T, 2> deltas({targets.size(), 8}), wanted({targets.size(), 4});
  for (Index i = 0; i < targets.size(); ++i) {
    std::fill_n(&deltas(i, 0), 4, T{0});
    std::copy_n(&predictions(i, classes + 4 * static_cast<Index>(labels[i])), 4, &deltas(i, 4));
    encode_box(rois[i], targets[i], box_head_weights, &wanted(i, 0));
  }
  const std::vector<int> ones(targets.size(), 1);
  losses.regression += static_cast<double>(box_regression_loss<T>(deltas.view(), ones, wanted.view())) *
                       static_cast<double>(targets.size()) / static_cast<double>(count);
}

/// Whether a box reaches further beyond an image than the image is large: RoIs are cut out of features, in time that
/// grows with their area, and no model was trained on such boxes. A box that is not of numbers is far.
[[nodiscard]] inline bool is_far_from(Size image, const Box& box) {
  const auto width = static_cast<float>(image.width), height = static_cast<float>(image.height);
  return !(reaches(box.x0, -width) && reaches(box.y0, -height) && reaches(-box.x1, -2 * width) &&
           reaches(-box.y1, -2 * height));
}

}  // namespace model_losses

/// L_cls, L_reg and, of a Mask R-CNN, L_mask of one image, on RoIs chosen by `sample_rois`; `stages/losses.hpp` says
/// what each is the mean of. Proposals are those of the model itself.
/// @param seen   the image as the model sees it
/// @param truths objects; those with an empty box are left out, by torchvision's rule, and those whose box reaches
///               further beyond the image than it is large; crowds should not be among them
/// @throws Error if a label is not one of the model
template <Scalar T>
[[nodiscard]] ImageLosses losses_on(const Inspection<T>& seen, const std::vector<TrueObject>& truths) {
  const auto classes = static_cast<int>(seen.classes());
  const auto background = static_cast<int>(Labels{seen.classes(), seen.background()}.background_label());

  std::vector<const TrueObject*> objects;
  for (const TrueObject& truth : truths) {
    if (truth.label < 0 || truth.label >= classes || truth.label == background)
      fail("losses: expected labels of the model's ", classes, " classes, the background not among them, found ",
           truth.label);
    const bool empty = !(truth.box.width() > 0 && truth.box.height() > 0);
    if (!empty && !model_losses::is_far_from(seen.frame().original, truth.box)) objects.push_back(&truth);
  }
  std::vector<BasicBox<T>> boxes;  // of the objects, in pixels of the resized image
  const T x = static_cast<T>(seen.frame().resized.width) / static_cast<T>(seen.frame().original.width);
  const T y = static_cast<T>(seen.frame().resized.height) / static_cast<T>(seen.frame().original.height);
  for (const TrueObject* const object : objects)
    boxes.push_back({static_cast<T>(object->box.x0) * x, static_cast<T>(object->box.y0) * y,
                     static_cast<T>(object->box.x1) * x, static_cast<T>(object->box.y1) * y});
  SampledRois<T> rois = sample_rois(seen.proposals(), boxes);
  std::vector<int> labels(rois.boxes.size(), background);
  std::vector<BasicBox<T>> targets;
  for (std::size_t i = 0; i < rois.objects.size(); ++i) {
    labels[i] = objects[rois.objects[i]]->label;
    targets.push_back(boxes[rois.objects[i]]);
  }
  ImageLosses losses;
  if (rois.boxes.empty()) return losses;
  model_losses::add_box_losses(seen.box_predictions(rois.boxes), labels, rois.boxes, targets, losses);

  if (const auto masks = seen.masks()) {
    const bool have_masks = std::all_of(objects.begin(), objects.end(),
                                        [](const TrueObject* object) { return object->mask.image_size() != Size{}; });
    if (targets.empty() || !have_masks) return losses;
    labels.resize(targets.size());
    rois.boxes.resize(targets.size());
    const Tensor<T, 3> logits = seen.mask_logits(rois.boxes, labels);
    const Index side = logits.size(1);
    Tensor<T, 3> wanted({targets.size(), side, side});
    // the head doubles the features of a RoI, whose size a last stage on RoIs may have halved
    if (side != static_cast<Index>(masks->bins) && side != static_cast<Index>(2 * masks->bins))
      fail("losses: expected masks of ", masks->bins, " or ", 2 * masks->bins, " pixels per axis, found ", side);
    parallel_for(targets.size(), [&](Index i) {
      mask_target(objects[rois.objects[i]]->mask, seen.frame().to_original(rois.boxes[i]), static_cast<int>(side),
                  masks->paste, &wanted(i, 0, 0));
    });
    // the logits are those of the true class alone
    const std::vector<int> only(targets.size(), 0);
    losses.mask =
        static_cast<double>(mask_loss<T>({logits.data(), {targets.size(), side, side, 1}}, only, wanted.view()));
    losses.with_masks = 1;
  }
  return losses;
}

}  // namespace maskrcnn::evaluate
