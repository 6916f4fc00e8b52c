/// Step 5: the box head, from pooled features to classes and refined boxes (Girshick, "Fast R-CNN").
#pragma once

#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/detection.hpp>
#include <maskrcnn/core/frame.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/ops/box_coder.hpp>
#include <maskrcnn/ops/linear.hpp>
#include <maskrcnn/ops/nms.hpp>
#include <maskrcnn/ops/softmax.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <maskrcnn/weights/parameters.hpp>
#include <vector>

namespace maskrcnn {

/// The network's part: two fully connected layers with ReLU, then class logits and box deltas of every class by two
/// more, computed as one. torchvision's `TwoMLPHead` and `FastRCNNPredictor`. Products of the first two are computed of
/// `Operand`.
template <Scalar T, kernels::OperandOf<T> Operand = T>
class BoxPredictor {
 public:
  /// @param at       the place of `box_head` and `box_predictor`
  /// @param channels of the pooled features
  /// @param bins     of the pooled features, per axis
  /// @throws Error if a tensor is missing or does not fit
  BoxPredictor(const Parameters& at, Index channels, Index bins) {
    // checkpoints flatten [C, k, k]; here features are [k, k, C]
    const Index taps = bins * bins, depth = channels * taps;
    const std::size_t width = (at / "box_head" / "fc6").stored("weight", {Parameters::any, depth}).shape[0];
    const auto weight = (at / "box_head" / "fc6").values<T>("weight", {width, depth});
    std::vector<T> channels_last(weight.size());
    parallel_for(width, [&](Index row) {
      for (Index c = 0; c < channels; ++c)
        for (Index tap = 0; tap < taps; ++tap)
          channels_last[row * depth + tap * channels + c] = weight[row * depth + c * taps + tap];
    });
    fc6_ = Linear<T, Operand>(depth, width, channels_last, (at / "box_head" / "fc6").values<T>("bias", {width}), true)
               .named((at / "box_head" / "fc6").name());
    fc7_ = read_linear<T, Operand>(at / "box_head" / "fc7", Parameters::any, width, true);

    const Parameters score = at / "box_predictor" / "cls_score", box = at / "box_predictor" / "bbox_pred";
    const Index in = fc7_.out_features();
    classes_ = score.stored("weight", {Parameters::any, in}).shape[0];
    auto both = score.values<T>("weight", {classes_, in}), bias = score.values<T>("bias", {classes_});
    const auto deltas = box.values<T>("weight", {4 * classes_, in}), delta_bias = box.values<T>("bias", {4 * classes_});
    both.insert(both.end(), deltas.begin(), deltas.end());
    bias.insert(bias.end(), delta_bias.begin(), delta_bias.end());
    predictors_ = Linear<T>(in, 5 * classes_, both, bias, false).named(score.name() + " + bbox_pred");
  }

  /// Number of classes K, background included.
  [[nodiscard]] Index classes() const { return classes_; }

  /// [N, k, k, C] -> [N, 5 K]: K class logits, then (dx, dy, dw, dh) for each class.
  [[nodiscard]] Tensor<T, 2> operator()(const Tensor<T, 4>& pooled) const { return predictors_(fc7_(fc6_(pooled))); }

 private:
  Index classes_ = 0;
  Linear<T, Operand> fc6_, fc7_;
  Linear<T> predictors_;
};

/// What decides which refined boxes become detections.
struct DetectionRule {
  double score_threshold = 0.05;  ///< scores must be above it
  NmsRule nms;
};

/// Candidates from predictions: softmax, refined boxes clipped to the image, those of a foreground class with a score
/// above the threshold, suppression per class, best first. torchvision's `RoIHeads.postprocess_detections`.
/// @param predictions [N, 5 K], as `BoxPredictor` makes them; turned into probabilities in place
/// @param proposals   the N boxes that they refine, in pixels of the resized image
template <Convention C, Scalar T>
[[nodiscard]] Candidates<T> select_detections(Tensor<T, 2>& predictions, const std::vector<BasicBox<T>>& proposals,
                                              Size image, const DetectionRule& rule) {
  const ProfileSpan span(predictions.profile(), "step", "select detections");
  constexpr BoxWeights weights{.x = 10, .y = 10, .width = 5, .height = 5};
  const Index classes = predictions.size(1) / 5;
  const Index first = C::background == BackgroundClass::first ? 1 : 0;
  const Index end = C::background == BackgroundClass::last ? classes - 1 : classes;
  parallel_for(proposals.size(), [&](Index i) { softmax(std::span(&predictions(i, 0), classes)); });
  Candidates<T> all;
  for (Index i = 0; i < proposals.size(); ++i) {
    const T* const scores = &predictions(i, 0);
    for (Index label = first; label < end; ++label) {
      if (!(scores[label] > static_cast<T>(rule.score_threshold))) continue;
      const BasicBox<T> box = clip(decode_box(proposals[i], scores + classes + 4 * label, weights), image);
      const T smallest = static_cast<T>(C::detection_min_size);
      if (!(box.width() >= smallest && box.height() >= smallest)) continue;
      all.boxes.push_back(box);
      all.labels.push_back(static_cast<int>(label));
      all.scores.push_back(scores[label]);
    }
  }
  Candidates<T> best;
  for (const Index i : nms_per_class<T>(all.boxes, all.scores, all.labels, rule.nms)) {
    best.boxes.push_back(all.boxes[i]);
    best.labels.push_back(all.labels[i]);
    best.scores.push_back(all.scores[i]);
  }
  return best;
}

/// Pooled features of proposals to candidates: boxes, classes l_i, scores.
template <Scalar T, Convention C, kernels::OperandOf<T> Operand = T>
class BoxHead {
 public:
  /// @param at the place of `box_head` and `box_predictor`
  /// @throws Error if a tensor is missing or does not fit
  BoxHead(const Parameters& at, const ModelConfig& config, Index channels, int bins)
      : predictor_(at, channels, static_cast<Index>(bins)),
        rule_{.score_threshold = config.box_score_threshold,
              .nms = {.iou_threshold = config.box_nms_thresh,
                      .limit = static_cast<Index>(config.max_detections),
                      .shift_limit = static_cast<Index>(C::nms_shift_limit)}} {}

  /// Number of classes, background included.
  [[nodiscard]] Index classes() const { return predictor_.classes(); }

  /// [N, k, k, C] -> [N, 5 K], what `BoxPredictor` makes of them, for losses.
  [[nodiscard]] Tensor<T, 2> predictions(const Tensor<T, 4>& pooled) const { return predictor_(pooled); }

  /// @param pooled    [N, k, k, C], features of the proposals
  /// @param proposals N boxes, in pixels of the resized image
  [[nodiscard]] Candidates<T> operator()(const Tensor<T, 4>& pooled, const std::vector<BasicBox<T>>& proposals,
                                         const Frame& frame) const {
    const ProfileSpan span(pooled.profile(), "stage", "box head");
    if (proposals.empty()) return {};
    Tensor<T, 2> predictions = predictor_(pooled);
    return select_detections<C>(predictions, proposals, frame.resized, rule_);
  }

 private:
  BoxPredictor<T, Operand> predictor_;
  DetectionRule rule_;
};

}  // namespace maskrcnn
