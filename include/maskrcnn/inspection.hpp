/// The figure, looked into: the same stages for whoever wants to know what lies between, such as losses.
#pragma once

#include <maskrcnn/core/inspection.hpp>
#include <maskrcnn/core/workspace.hpp>
#include <maskrcnn/mask_rcnn.hpp>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// An image as a model of a given type sees it. The model and the image's pixels must outlive it.
template <class Model>
class InspectionOf final : public Inspection<typename Model::Scalar> {
  using T = typename Model::Scalar;
  using Backbone = std::remove_cvref_t<decltype(std::declval<const Model&>().backbone())>;
  using Masks = typename Inspection<T>::Masks;
  static constexpr bool has_masks = Model::heads.masks;  // then theirs is the first branch

 public:
  InspectionOf(const Model& model, const ImageView& image)
      : model_(model),
        scope_(model.memory()),
        input_(model.preprocess()(image, scope_.workspace())),
        features_(model.features_of(input_.tensor)),
        proposals_(model.rpn()(features_, input_.frame)) {}

  /// What the model finds, as if it had been called.
  [[nodiscard]] typename Model::Results results() const { return model_.objects_in(source(), proposals_); }

  [[nodiscard]] const Frame& frame() const override { return input_.frame; }
  [[nodiscard]] const std::vector<BasicBox<T>>& proposals() const override { return proposals_; }
  [[nodiscard]] Index classes() const override { return model_.classes(); }
  [[nodiscard]] BackgroundClass background() const override { return Model::Conventions::background; }
  [[nodiscard]] std::optional<Masks> masks() const override {
    if constexpr (has_masks)
      return Masks{.bins = static_cast<int>(model_.branch().bins()), .paste = model_.branch().paste()};
    else
      return std::nullopt;
  }

  [[nodiscard]] Tensor<T, 2> box_predictions(const std::vector<BasicBox<T>>& rois) const override {
    return model_.box_branch().predictions(source(), rois);
  }
  [[nodiscard]] Tensor<T, 3> mask_logits(const std::vector<BasicBox<T>>& boxes,
                                         const std::vector<int>& labels) const override {
    if constexpr (has_masks)
      return model_.branch().logits(source(), boxes, labels);
    else
      fail("model: expected a model with masks, found one without");
  }

 private:
  [[nodiscard]] RoiSource<Backbone> source() const { return {model_.backbone(), features_, input_.frame}; }

  const Model& model_;
  InferenceScope scope_;  // before what takes memory from the pool
  Input<T> input_;
  FeaturePyramid<T> features_;
  std::vector<BasicBox<T>> proposals_;
};

}  // namespace maskrcnn
