/// Cascade R-CNN's box branch: heads one after the other, each on the boxes that the one before has refined (Cai and
/// Vasconcelos, "Cascade R-CNN", 2018).
#pragma once

#include <array>
#include <maskrcnn/core/labels.hpp>
#include <maskrcnn/roi_branches.hpp>
#include <maskrcnn/stages/cascade.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Which proposals are objects, of which class, and their boxes: in the place of `BoxBranch`. The last head's boxes,
/// and scores of all heads together, as the convention has them.
template <Backbone B, Convention C>
class CascadeBoxBranch {
  using T = typename B::Scalar;
  static_assert(C::cascade.stages > 0,
                "maskrcnn: this convention has no cascades; name one that has, such as Detectron2");

 public:
  static constexpr Heads heads{.cascade = true};

  /// @param at the place of `cascade`, whose stages 0, 1, ... have each a `box_head` and a `box_predictor`
  CascadeBoxBranch(const Parameters& at, const ModelConfig& config, Index channels, const Compute& compute) {
    const auto stage = [&](std::size_t number) { return at / "cascade" / number; };
    while (stages_.empty() || (stage(stages_.size()) / "box_predictor" / "cls_score").contains("weight")) {
      const std::size_t number = stages_.size();
      if (number == C::cascade.stages)
        fail("weights: expected at most ", C::cascade.stages, " box heads of a cascade, found more (file ",
             at.weights().file(), ")");
      BoxHeadOptions options = box_head_options<C>(config, channels, {.bins = B::box_bins}, compute);
      options.detections.boxes = rule_of(number);
      const BoxHead<T>& head = stages_.emplace_back(BoxHead<T>(stage(number), options), config, compute).head;
      if (head.classes() != classes())
        fail("weights: expected ", classes(), " classes in all box heads of the cascade, found ", head.classes(),
             " in number ", number, " (file ", at.weights().file(), ")");
    }
  }

  /// Number of classes, background included.
  [[nodiscard]] Index classes() const { return stages_.front().head.classes(); }

  /// {r_1 .. r_n} -> r_i, l_i, all boxes in pixels of the resized image.
  [[nodiscard]] Candidates<T> operator()(const RoiSource<B>& source, const std::vector<BasicBox<T>>& proposals) const {
    if (proposals.empty()) return {};
    constexpr bool of_logits = C::cascade.scores == CascadeScores::logits;
    std::vector<BasicBox<T>> boxes = proposals;
    Tensor<T, 2> sum;
    for (std::size_t number = 0;; ++number) {
      Tensor<T, 2> predictions = predictions_of(stages_[number], source, boxes);
      if (!of_logits) softmax_classes(predictions);
      const bool last = number + 1 == stages_.size();
      std::vector<BasicBox<T>> next;
      if (!last)
        next =
            refined_boxes(predictions, boxes, source.frame.resized, Labels{classes(), C::background}, rule_of(number));
      if (number > 0) add_scores(predictions, sum, last ? T{1} / static_cast<T>(stages_.size()) : T{1});
      sum = std::move(predictions);
      if (last) break;
      boxes = std::move(next);
    }
    if (of_logits) softmax_classes(sum);
    return stages_.back().head.select(sum, boxes, source.frame);
  }

  /// What the first head, the one for proposals, says of RoIs before anything is decided: see `BoxBranch`.
  [[nodiscard]] Tensor<T, 2> predictions(const RoiSource<B>& source, const std::vector<BasicBox<T>>& rois) const {
    return predictions_of(stages_.front(), source, rois);
  }

 private:
  struct Stage {
    Stage(BoxHead<T>&& built, const ModelConfig& config, const Compute& compute)
        : head(std::move(built)), features(roi_spec<C>(config, head.bins(), config.box_sampling_ratio), compute) {}

    BoxHead<T> head;
    RoiFeatures<B, C> features;
  };

  [[nodiscard]] static constexpr BoxRule rule_of(std::size_t stage) {
    const std::array<double, 4>& weights = C::cascade.box_weights[stage];
    return box_rule<C>({.x = weights[0], .y = weights[1], .width = weights[2], .height = weights[3]});
  }

  [[nodiscard]] static Tensor<T, 2> predictions_of(const Stage& stage, const RoiSource<B>& source,
                                                   const std::vector<BasicBox<T>>& rois) {
    return stage.features(source, rois,
                          [&stage](const auto& features, Index) { return stage.head.predictions(features); });
  }

  std::vector<Stage> stages_;
};

}  // namespace maskrcnn
