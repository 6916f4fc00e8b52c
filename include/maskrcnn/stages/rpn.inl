// Bodies of rpn.hpp. Those that the anchor generator is a parameter of are there for all; the rest is compiled once.
#pragma once

#include <maskrcnn/core/number.hpp>
#include <maskrcnn/layers/read_layers.hpp>
#include <maskrcnn/ops/box_coder.hpp>
#include <maskrcnn/ops/softmax.hpp>
#include <maskrcnn/ops/top_k.hpp>
#include <maskrcnn/stages/rpn.hpp>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS {

template <Scalar T, class Anchors>
void collect_proposals(const Tensor<T, 4>& predictions, const Anchors& anchors, int level, Size image,
                       const ProposalRule& rule, ScoredProposals<T>& proposals) {
  const ProfileSpan span(predictions.profile(), "step", "collect proposals");
  const bool by_logit = rule.objectness == Objectness::logit;
  const T smallest = static_cast<T>(rule.min_size);
  const Index per_position = anchors.per_position(), channels = predictions.size(3);
  std::vector<T> ranks(anchors.size());
  for (Index i = 0; i < ranks.size(); ++i) {
    const T logit = predictions.data()[i / per_position * channels + i % per_position];
    ranks[i] = rule.objectness == Objectness::probability ? sigmoid(logit) : logit;
  }
  for (const Index i : top_k<T>(ranks, rule.count)) {
    const T* const position = predictions.data() + i / per_position * channels;
    const T* const delta = position + per_position + 4 * (i % per_position);
    const BasicBox<T> box = refined_box(anchors[i], delta, image, rule.boxes);
    const bool large_enough = rule.min_size > 0 ? reaches(box.width(), smallest) && reaches(box.height(), smallest)
                                                : exceeds(box.width(), 0) && exceeds(box.height(), 0);
    const T score = rule.objectness == Objectness::logit_then_probability ? sigmoid(ranks[i]) : ranks[i];
    const bool good_enough = by_logit ? is_finite(score) : reaches(score, static_cast<T>(rule.score_threshold));
    if (!large_enough || !good_enough) continue;  // NaN goes
    proposals.boxes.push_back(box);
    proposals.scores.push_back(score);
    proposals.levels.push_back(level);
  }
}

template <Scalar T, class Generator>
Rpn<T, Generator>::Rpn(const Parameters& at, Generator anchors, const RpnOptions& options)
    : anchors_(std::move(anchors)),
      head_(at / "head", options.tower, anchors_.per_position()),
      rule_(options.proposals),
      nms_(options.nms) {}

template <Scalar T, class Generator>
std::vector<BasicBox<T>> Rpn<T, Generator>::operator()(const FeaturePyramid<T>& features, const Frame& frame) const {
  const ProfileSpan stage(profile_of(features), "stage", "rpn");
  ScoredProposals<T> all;
  for (std::size_t level = 0; level < features.size(); ++level) {
    const Size grid{static_cast<int>(features[level].size(1)), static_cast<int>(features[level].size(2))};
    collect_proposals(head_(features[level]), anchors_(level, grid, frame.padded), static_cast<int>(level),
                      frame.resized, rule_, all);
  }
  const ProfileSpan step(profile_of(features), "step", "suppress proposals");
  std::vector<BasicBox<T>> proposals;
  for (const Index i : nms_per_class<T>(all.boxes, all.scores, all.levels, nms_)) proposals.push_back(all.boxes[i]);
  return proposals;
}

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/stages/rpn_head.inl>
#endif
