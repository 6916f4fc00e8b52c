/// Step 5: the box head, from pooled features to classes and refined boxes (Girshick, "Fast R-CNN").
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/detection.hpp>
#include <maskrcnn/core/frame.hpp>
#include <maskrcnn/layers/box_predictor.hpp>
#include <maskrcnn/ops/box_coder.hpp>
#include <maskrcnn/ops/nms.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// What decides which refined boxes become detections.
struct DetectionRule {
  double score_threshold = 0.05;  ///< scores must be above it
  NmsRule nms{};
  BackgroundClass background = BackgroundClass::first;
  BoxWeights box_weights = box_head_weights;
  bool in_original = false;  ///< whether boxes are refined in pixels of the original image
  double min_size = 0;       ///< boxes narrower or lower than this are dropped before suppression; 0 keeps all
  BoxRule boxes{.weights = box_head_weights};
};

/// Turns the logits of predictions [N, 5 K], as `BoxPredictor` makes them, into probabilities in place.
template <Scalar T>
void softmax_classes(Tensor<T, 2>& predictions);

/// Candidates from predictions: refined boxes clipped to the image, those of a foreground class with a score above the
/// threshold, suppression per class, best first. torchvision's `RoIHeads.postprocess_detections`.
/// @param predictions [N, 5 K]: probabilities of the K classes, then deltas of each
/// @param proposals   the N boxes that they refine, in pixels of the resized image
template <Scalar T>
[[nodiscard]] Candidates<T> select_detections(const Tensor<T, 2>& predictions,
                                              const std::vector<BasicBox<T>>& proposals, Size image,
                                              const DetectionRule& rule);

/// What a box head is built for.
struct BoxHeadOptions {
  BoxPredictorOptions predictor{};
  DetectionRule detections{};
};

/// Pooled features of proposals to candidates: boxes, classes l_i, scores.
template <Scalar T>
class BoxHead {
 public:
  /// @param at the place of `box_head` and `box_predictor`
  /// @throws Error if a tensor is missing or does not fit
  BoxHead(const Parameters& at, const BoxHeadOptions& options)
      : predictor_(at, options.predictor), rule_(options.detections) {
    rule_.background = options.predictor.background;
  }

  /// Number of classes, background included.
  [[nodiscard]] Index classes() const { return predictor_.classes(); }
  /// Bins of the features that it takes, per axis.
  [[nodiscard]] Index bins() const { return predictor_.bins(); }

  /// [N, k, k, C] -> [N, 5 K], what `BoxPredictor` makes of them.
  [[nodiscard]] Tensor<T, 2> predictions(const Tensor<T, 4>& pooled) const {
    const ProfileSpan span(pooled.profile(), "stage", "box head");
    return predictor_(pooled);
  }

  /// @param predictions of the proposals
  /// @param proposals   N boxes, in pixels of the resized image
  [[nodiscard]] Candidates<T> candidates(Tensor<T, 2> predictions, const std::vector<BasicBox<T>>& proposals,
                                         const Frame& frame) const {
    if (proposals.empty()) return {};
    softmax_classes(predictions);
    if (!rule_.in_original) return select(predictions, proposals, frame);
    const bool whole_pixels = rule_.boxes.whole_pixels;
    std::vector<BasicBox<T>> of_original;
    for (const BasicBox<T>& box : proposals) of_original.push_back(frame.to_original(box, whole_pixels));
    Candidates<T> found = select_detections(predictions, of_original, frame.original, rule_);
    for (BasicBox<T>& box : found.boxes) box = frame.to_resized(box, whole_pixels);
    return found;
  }

  /// The same of probabilities.
  [[nodiscard]] Candidates<T> select(const Tensor<T, 2>& predictions, const std::vector<BasicBox<T>>& proposals,
                                     const Frame& frame) const {
    return select_detections(predictions, proposals, frame.resized, rule_);
  }

  /// Both.
  /// @param pooled    [N, k, k, C], features of the proposals
  /// @param proposals N boxes, in pixels of the resized image
  [[nodiscard]] Candidates<T> operator()(const Tensor<T, 4>& pooled, const std::vector<BasicBox<T>>& proposals,
                                         const Frame& frame) const {
    if (proposals.empty()) return {};
    return candidates(predictions(pooled), proposals, frame);
  }

 private:
  BoxPredictor<T> predictor_;
  DetectionRule rule_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/stages/box_head.inl>
#endif
