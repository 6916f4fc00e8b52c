/// Step 3b: the region proposal network, from features to proposals (Ren et al., "Faster R-CNN", section 3.1).
#pragma once

#include <cmath>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/feature_pyramid.hpp>
#include <maskrcnn/core/frame.hpp>
#include <maskrcnn/ops/box_coder.hpp>
#include <maskrcnn/ops/conv2d.hpp>
#include <maskrcnn/ops/nms.hpp>
#include <maskrcnn/ops/softmax.hpp>
#include <maskrcnn/ops/top_k.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <maskrcnn/weights/parameters.hpp>
#include <vector>

namespace maskrcnn {

/// The network's part, shared by all levels: 3 x 3 convolutions with ReLU, then objectness logits and box deltas by two
/// 1 x 1 convolutions, computed as one. The 3 x 3 ones are computed as `Conv2d<T, Operand>` sees fit.
template <Scalar T, kernels::OperandOf<T> Operand = T>
class RpnHead {
 public:
  /// @param at       the place of `conv`, `cls_logits`, `bbox_pred`
  /// @param channels of the features
  /// @param anchors  per position
  /// @throws Error if a tensor is missing or does not fit
  RpnHead(const Parameters& at, Index channels, Index anchors, double epsilon) : anchors_(anchors) {
    Index width = channels;
    for (std::size_t i = 0; i == 0 || (at / "conv" / i / 0).contains("weight"); ++i) {
      convs_.emplace_back(read_conv_block<T>(at / "conv" / i, {.in = width, .kernel = 3}, epsilon),
                          ConvGeometry{.padding = 1, .relu = true, .winograd_tile = winograd_tile_beside<T, Operand>});
      width = convs_.back().out_channels();
    }
    ConvWeights<T> both = read_conv<T>(at / "cls_logits", {.out = anchors, .in = width});
    const ConvWeights<T> deltas = read_conv<T>(at / "bbox_pred", {.out = 4 * anchors, .in = width});
    both.kernel.insert(both.kernel.end(), deltas.kernel.begin(), deltas.kernel.end());
    both.bias.insert(both.bias.end(), deltas.bias.begin(), deltas.bias.end());
    both.out += deltas.out;
    both.name += " + bbox_pred";
    predictors_ = Conv2d<T>(both, {});
  }

  [[nodiscard]] Index anchors() const { return anchors_; }

  /// [1, H, W, C] -> [1, H, W, 5 A]: A logits, then A times (dx, dy, dw, dh), for the A anchors of a position.
  [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& features) const {
    Tensor<T, 4> x = convs_[0](features);
    for (std::size_t i = 1; i < convs_.size(); ++i) x = convs_[i](x);
    return predictors_(x);
  }

 private:
  Index anchors_;
  std::vector<Conv2d<T, Operand>> convs_;
  Conv2d<T> predictors_;
};

/// Proposals on their way to suppression: boxes of all levels, with objectness and level.
template <Scalar T>
struct ScoredProposals {
  std::vector<BasicBox<T>> boxes;
  std::vector<T> scores;
  std::vector<int> levels;
};

/// What decides which anchors become proposals, before suppression.
struct ProposalRule {
  Index count = 1000;          ///< so many at most of each level
  double score_threshold = 0;  ///< objectness, where it is a probability, must be at least this
};

/// Adds the best anchors of one level to `proposals`: the largest logits, decoded, clipped to the image; boxes
/// that are too small or score too little are dropped. torchvision's `RegionProposalNetwork.filter_proposals`, up to
/// suppression.
/// @param predictions [1, H, W, 5 A], as `RpnHead` makes them
/// @param anchors     of this level: `anchors[i]` is the box of logit i in order (row, column, anchor)
/// @param image       size of the resized image
template <Convention C, Scalar T, class Anchors>
void collect_proposals(const Tensor<T, 4>& predictions, const Anchors& anchors, int level, Size image,
                       const ProposalRule& rule, ScoredProposals<T>& proposals) {
  const ProfileSpan span(predictions.profile(), "step", "collect proposals");
  const Index per_position = anchors.per_position(), channels = predictions.size(3);
  std::vector<T> logits(anchors.size());
  for (Index i = 0; i < logits.size(); ++i)
    logits[i] = predictions.data()[i / per_position * channels + i % per_position];
  for (const Index i : top_k<T>(logits, rule.count)) {
    const T* const position = predictions.data() + i / per_position * channels;
    const T* const delta = position + per_position + 4 * (i % per_position);
    const BasicBox<T> box = clip(decode_box(anchors[i], delta, BoxWeights{}), image);
    const T smallest = static_cast<T>(C::proposal_min_size);
    const bool large_enough = C::proposal_min_size > 0 ? box.width() >= smallest && box.height() >= smallest
                                                       : box.width() > T{0} && box.height() > T{0};
    const T score = C::objectness == Objectness::logit ? logits[i] : sigmoid(logits[i]);
    const bool good_enough =
        C::objectness == Objectness::logit ? std::isfinite(score) : score >= static_cast<T>(rule.score_threshold);
    if (!large_enough || !good_enough) continue;  // written so that NaN goes
    proposals.boxes.push_back(box);
    proposals.scores.push_back(score);
    proposals.levels.push_back(level);
  }
}

/// Features to proposals: {r_1 .. r_n}.
/// @tparam Generator makes an anchor grid from (level, grid size, padded input size)
template <Scalar T, Convention C, class Generator, kernels::OperandOf<T> Operand = T>
class Rpn {
 public:
  /// @param at     the place of `head`
  /// @param finest stride of the finest map
  /// @throws Error if a tensor is missing or does not fit
  Rpn(const Parameters& at, const ModelConfig& config, Index channels, int finest = 4)
      : anchors_(config, finest),
        head_(at / "head", channels, anchors_.per_position(), config.batch_norm_epsilon.value_or(0.0)),
        rule_{.count = static_cast<Index>(config.rpn_pre_nms_top_n), .score_threshold = config.rpn_score_thresh},
        nms_{.iou_threshold = config.rpn_nms_thresh,
             .limit = static_cast<Index>(config.rpn_post_nms_top_n),
             .shift_limit = static_cast<Index>(C::nms_shift_limit)} {}

  /// Boxes in pixels of the resized image, best first.
  [[nodiscard]] std::vector<BasicBox<T>> operator()(const FeaturePyramid<T>& features, const Frame& frame) const {
    const ProfileSpan stage(profile_of(features), "stage", "rpn");
    ScoredProposals<T> all;
    for (std::size_t level = 0; level < features.size(); ++level) {
      const Size grid{static_cast<int>(features[level].size(1)), static_cast<int>(features[level].size(2))};
      collect_proposals<C>(head_(features[level]), anchors_(level, grid, frame.padded), static_cast<int>(level),
                           frame.resized, rule_, all);
    }
    const ProfileSpan step(profile_of(features), "step", "suppress proposals");
    std::vector<BasicBox<T>> proposals;
    for (const Index i : nms_per_class<T>(all.boxes, all.scores, all.levels, nms_)) proposals.push_back(all.boxes[i]);
    return proposals;
  }

 private:
  Generator anchors_;
  RpnHead<T, Operand> head_;
  ProposalRule rule_;
  NmsRule nms_;
};

}  // namespace maskrcnn
