/// Step 3b: the region proposal network, from features to proposals (Ren et al., "Faster R-CNN", section 3.1).
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/feature_pyramid.hpp>
#include <maskrcnn/core/frame.hpp>
#include <maskrcnn/layers/conv_tower.hpp>
#include <maskrcnn/ops/box_coder.hpp>
#include <maskrcnn/ops/nms.hpp>
#include <maskrcnn/weights/parameters.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// The network's part, shared by all levels: a tower of 3 x 3 convolutions, then objectness logits and box deltas by
/// two 1 x 1 convolutions, computed as one, in T.
template <Scalar T>
class RpnHead {
 public:
  /// @param at      the place of `conv`, `cls_logits`, `bbox_pred`
  /// @param tower   of at least one convolution
  /// @param anchors per position
  /// @throws Error if a tensor is missing or does not fit
  RpnHead(const Parameters& at, ConvTowerOptions tower, Index anchors);

  [[nodiscard]] Index anchors() const { return anchors_; }

  /// [1, H, W, C] -> [1, H, W, 5 A]: A logits, then A times (dx, dy, dw, dh), for the A anchors of a position.
  [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& features) const;

 private:
  Index anchors_;
  ConvTower<T> tower_;
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
  Objectness objectness = Torchvision::objectness;
  /// Proposals at least this wide and high stay (0: strictly greater than 0), in pixels of the resized image.
  double min_size = Torchvision::proposal_min_size;
  BoxRule boxes{};
};

/// Adds the best anchors of one level to `proposals`: the largest logits or, if the rule says so, probabilities;
/// decoded, clipped to the image; boxes that are too small or score too little are dropped. torchvision's
/// `RegionProposalNetwork.filter_proposals`, up to suppression.
/// @param predictions [1, H, W, 5 A], as `RpnHead` makes them
/// @param anchors     of this level: `anchors[i]` is the box of logit i in order (row, column, anchor)
/// @param image       size of the resized image
template <Scalar T, class Anchors>
void collect_proposals(const Tensor<T, 4>& predictions, const Anchors& anchors, int level, Size image,
                       const ProposalRule& rule, ScoredProposals<T>& proposals);

/// What an RPN is built for.
struct RpnOptions {
  ConvTowerOptions tower{};
  ProposalRule proposals{};
  NmsRule nms{.iou_threshold = 0.7, .limit = 1000};
};

/// Features to proposals: {r_1 .. r_n}.
/// @tparam Generator makes an anchor grid from (level, grid size, padded input size)
template <Scalar T, class Generator>
class Rpn {
 public:
  /// @param at the place of `head`
  /// @throws Error if a tensor is missing or does not fit
  Rpn(const Parameters& at, Generator anchors, const RpnOptions& options);

  /// Boxes in pixels of the resized image, best first.
  [[nodiscard]] std::vector<BasicBox<T>> operator()(const FeaturePyramid<T>& features, const Frame& frame) const;

 private:
  Generator anchors_;
  RpnHead<T> head_;
  ProposalRule rule_;
  NmsRule nms_;
};

}  // namespace maskrcnn

#include <maskrcnn/stages/rpn.inl>
