/// Step 5: the box head, from pooled features to classes and refined boxes (Girshick, "Fast R-CNN").
#pragma once

#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/detection.hpp>
#include <maskrcnn/core/frame.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/ops/box_coder.hpp>
#include <maskrcnn/ops/conv2d.hpp>
#include <maskrcnn/ops/linear.hpp>
#include <maskrcnn/ops/nms.hpp>
#include <maskrcnn/ops/softmax.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <maskrcnn/weights/parameters.hpp>
#include <vector>

namespace maskrcnn {

/// What a box head is built for.
struct BoxHeadInput {
  Index channels;         ///< of the pooled features
  Index bins;             ///< of the pooled features, per axis
  bool averaged = false;  ///< whether classes and boxes come from the mean of the bins, by no layers of the head's own
  BackgroundClass background = BackgroundClass::first;
};

/// The network's part: 3 x 3 convolutions with ReLU, if there are any, then fully connected layers with ReLU, then
/// class logits and box deltas of every class by two more, computed as one. torchvision's `TwoMLPHead` (`fc6`, `fc7`)
/// or `FastRCNNConvFCHead` (convolutions `0`, `1`, ..., fully connected layers behind them), and `FastRCNNPredictor`.
/// The weights say which and how many. Without either (detectron2's C4 models): the mean of the bins. Products of the
/// fully connected layers but the last are computed of `Operand`, those of convolutions as `Conv2d<T, Operand>` sees
/// fit.
template <Scalar T, kernels::OperandOf<T> Operand = T>
class BoxPredictor {
 public:
  /// @param at      the place of `box_head` and `box_predictor`
  /// @param epsilon of the batch norms, if there are any
  /// @throws Error if a tensor is missing or does not fit
  BoxPredictor(const Parameters& at, const BoxHeadInput& input, double epsilon) {
    const Index in = input.averaged ? input.channels : read_layers(at / "box_head", input, epsilon);
    const Parameters score = at / "box_predictor" / "cls_score";
    classes_ = score.stored("weight", {Parameters::any, in}).shape[0];
    auto both = score.values<T>("weight", {classes_, in}), bias = score.values<T>("bias", {classes_});
    add_deltas(at / "box_predictor" / "bbox_pred", in, input.background, both, bias);
    predictors_ = Linear<T>(in, 5 * classes_, both, bias, false).named(score.name() + " + bbox_pred");
  }

  /// Number of classes K, background included.
  [[nodiscard]] Index classes() const { return classes_; }

  /// [N, k, k, C] -> [N, 5 K]: K class logits, then (dx, dy, dw, dh) for each class.
  [[nodiscard]] Tensor<T, 2> operator()(const Tensor<T, 4>& pooled) const {
    if (layers_.empty()) return predictors_(average(pooled));
    Tensor<T, 2> x = convs_.empty() ? layers_.front()(pooled) : layers_.front()(convolve(pooled));
    for (std::size_t i = 1; i < layers_.size(); ++i) x = layers_[i](x);
    return predictors_(x);
  }

 private:
  /// Convolutions and fully connected layers; returns the features that the last one makes.
  Index read_layers(const Parameters& head, const BoxHeadInput& input, double epsilon) {
    Index channels = input.channels;
    for (std::size_t i = 0; (head / i / 0).contains("weight"); ++i) {
      convs_.emplace_back(read_conv_block<T>(head / i, {.in = channels, .kernel = 3}, epsilon),
                          ConvGeometry{.padding = 1, .relu = true});
      channels = convs_.back().out_channels();
    }
    // a sequence counts layers without weights too: one that flattens, then a ReLU behind each fully connected layer
    const std::size_t first = convs_.size() + 1;
    const bool sequence = first > 1 || (head / first).contains("weight");
    layers_.push_back(read_flattening(sequence ? head / first : head / "fc6", channels, input.bins * input.bins));
    const auto read_next = [this](const Parameters& layer) {
      layers_.push_back(read_linear<T, Operand>(layer, Parameters::any, layers_.back().out_features(), true));
    };
    if (!sequence) read_next(head / "fc7");
    for (std::size_t i = first + 2; sequence && (head / i).contains("weight"); i += 2) read_next(head / i);
    return layers_.back().out_features();
  }

  /// Appends the rows of the box deltas, four for each class: files leave out those of a background that is the last
  /// class, and those of all classes but one where boxes are the same for all.
  void add_deltas(const Parameters& box, Index in, BackgroundClass background, std::vector<T>& rows,
                  std::vector<T>& bias) const {
    const Index found = box.stored("weight", {Parameters::any, in}).shape[0];
    const bool shared = found == 4, without_last = background == BackgroundClass::last && found == 4 * (classes_ - 1);
    const Index stored = shared || without_last ? found : 4 * classes_;
    const auto deltas = box.values<T>("weight", {stored, in}), delta_bias = box.values<T>("bias", {stored});
    for (Index copies = shared ? classes_ : 1; copies > 0; --copies) {
      rows.insert(rows.end(), deltas.begin(), deltas.end());
      bias.insert(bias.end(), delta_bias.begin(), delta_bias.end());
    }
    rows.resize(5 * classes_ * in, T{0});
    bias.resize(5 * classes_, T{0});
  }

  /// The layer that takes pooled features: checkpoints flatten [C, k, k]; here features are [k, k, C].
  /// @param taps k * k
  static Linear<T, Operand> read_flattening(const Parameters& at, Index channels, Index taps) {
    const Index depth = channels * taps;
    const std::size_t width = at.stored("weight", {Parameters::any, depth}).shape[0];
    const auto weight = at.values<T>("weight", {width, depth});
    std::vector<T> channels_last(weight.size());
    parallel_for(width, [&](Index row) {
      for (Index c = 0; c < channels; ++c)
        for (Index tap = 0; tap < taps; ++tap)
          channels_last[row * depth + tap * channels + c] = weight[row * depth + c * taps + tap];
    });
    return Linear<T, Operand>(depth, width, channels_last, at.values<T>("bias", {width}), true).named(at.name());
  }

  /// [N, k, k, C] -> [N, C]: the mean of the bins.
  [[nodiscard]] static Tensor<T, 2> average(const Tensor<T, 4>& pooled) {
    const Index bins = pooled.size(1) * pooled.size(2), channels = pooled.size(3);
    Tensor<T, 2> means = pooled.like(Shape<2>{pooled.size(0), channels});
    parallel_for(pooled.size(0), [&](Index roi) {
      T* const to = &means(roi, 0);
      std::fill_n(to, channels, T{0});
      const T* from = pooled.data() + roi * bins * channels;
      for (Index bin = 0; bin < bins; ++bin, from += channels)
        for (Index c = 0; c < channels; ++c) to[c] += from[c];
      for (Index c = 0; c < channels; ++c) to[c] /= static_cast<T>(bins);
    });
    return means;
  }

  [[nodiscard]] Tensor<T, 4> convolve(const Tensor<T, 4>& pooled) const {
    Tensor<T, 4> x = convs_[0](pooled);
    for (std::size_t i = 1; i < convs_.size(); ++i) x = convs_[i](x);
    return x;
  }

  Index classes_ = 0;
  std::vector<Conv2d<T, Operand>> convs_;
  std::vector<Linear<T, Operand>> layers_;
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
  const Index classes = predictions.size(1) / 5;
  const Index first = C::background == BackgroundClass::first ? 1 : 0;
  const Index end = C::background == BackgroundClass::last ? classes - 1 : classes;
  parallel_for(proposals.size(), [&](Index i) { softmax(std::span(&predictions(i, 0), classes)); });
  Candidates<T> all;
  for (Index i = 0; i < proposals.size(); ++i) {
    const T* const scores = &predictions(i, 0);
    for (Index label = first; label < end; ++label) {
      if (!(scores[label] > static_cast<T>(rule.score_threshold))) continue;
      const BasicBox<T> box = clip(decode_box(proposals[i], scores + classes + 4 * label, box_head_weights), image);
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
  BoxHead(const Parameters& at, const ModelConfig& config, const BoxHeadInput& input)
      : predictor_(at, input, config.batch_norm_epsilon.value_or(0.0)),
        rule_{.score_threshold = config.box_score_threshold,
              .nms = {.iou_threshold = config.box_nms_thresh,
                      .limit = static_cast<Index>(config.max_detections),
                      .shift_limit = static_cast<Index>(C::nms_shift_limit)}} {}

  /// Number of classes, background included.
  [[nodiscard]] Index classes() const { return predictor_.classes(); }

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
    return select_detections<C>(predictions, proposals, frame.resized, rule_);
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
  BoxPredictor<T, Operand> predictor_;
  DetectionRule rule_;
};

}  // namespace maskrcnn
