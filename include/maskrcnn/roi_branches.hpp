/// Branches: what a model computes of every RoI, each with its own features and head, in parallel to the others.
#pragma once

#include <algorithm>
#include <maskrcnn/backbone.hpp>
#include <maskrcnn/core/detection.hpp>
#include <maskrcnn/core/heads.hpp>
#include <maskrcnn/ops/softmax.hpp>
#include <maskrcnn/stage_options.hpp>
#include <maskrcnn/stages/roi_align.hpp>
#include <maskrcnn/stages/roi_pool.hpp>
#include <span>
#include <type_traits>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// What branches read RoIs from: an image's features, and how the image sits in them.
template <Backbone B>
struct RoiSource {
  const B& backbone;  ///< a part of which may work on every RoI
  const FeaturePyramid<typename B::Scalar>& features;
  const Frame& frame;
};

/// What branches are built of, besides their weights.
struct BranchOptions {
  const ModelConfig& config;
  Index channels;  ///< of the features of a RoI
  Index labels;    ///< of objects, the background included where it is the first
  Compute compute{};
};

/// Channels of the features of a RoI.
template <Backbone B>
[[nodiscard]] Index roi_channels(const B& backbone) {
  if constexpr (BackboneOnRois<B>)
    return backbone.roi_channels();
  else
    return backbone.channels();
}

/// How many RoIs go through a head at a time. Their pooled features take at most 49 MiB: 1024 RoIs of 7 x 7 bins of 256
/// floats, more than the proposals of ordinary models, or 256 of 14 x 14.
template <Scalar T>
[[nodiscard]] constexpr Index rois_at_a_time(Index bins, Index channels) {
  return std::max<Index>(1, (Index{49} << 20U) / (bins * bins * channels * sizeof(T)));
}

/// Boxes as networks of a convention see them: with their last pixels at the end, if it has whole pixels.
template <Convention C, class T>
[[nodiscard]] constexpr BasicBox<T> as_seen(const BasicBox<T>& box) {
  return C::whole_pixels ? to_last_pixel(box) : box;
}
template <Convention C, class T>
[[nodiscard]] std::vector<BasicBox<T>> as_seen(std::vector<BasicBox<T>> boxes) {
  for (BasicBox<T>& box : boxes) box = as_seen<C>(box);
  return boxes;
}

/// Features of RoIs as a head is given them: by RoIAlign or RoIPool, as the convention has it, from the level that fits
/// the box.
template <Backbone B, Convention C>
class RoiFeatures {
  using T = typename B::Scalar;

 public:
  RoiFeatures(const RoiSpec& spec, const Compute& compute) : spec_(spec), kernels_(&compute.kernels<T>()) {}

  /// Bins per axis.
  [[nodiscard]] Index bins() const { return static_cast<Index>(spec_.output); }

  /// What a head makes of boxes: one row for each. They go through it some at a time, so that memory does not grow with
  /// their number. A row is the same in whichever group it is, but for the rounding of Winograd's tiles, which lie
  /// otherwise on 14 x 14 bins of another number of RoIs.
  /// @param boxes in pixels of the resized image
  /// @throws Error if one has corners that are swapped or no numbers, or lies far outside of any image
  /// @param head  called with features [n, k, k, C] and the number of the first of their n boxes, makes a tensor [n,
  ///              ...]
  template <class Head>
  [[nodiscard]] auto operator()(const RoiSource<B>& source, std::span<const BasicBox<T>> boxes,
                                const Head& head) const {
    require_rois(boxes);
    const Index group = rois_at_a_time<T>(bins(), source.backbone.channels());
    decltype(head(Tensor<T, 4>(), Index{})) all;
    auto shape = all.shape();
    if (boxes.empty()) return source.features.front().like(shape);
    for (Index first = 0; first < boxes.size(); first += group) {
      const auto some = boxes.subspan(first, std::min<Index>(group, boxes.size() - first));
      Tensor<T, 4> features = pooled(source, some);
      if constexpr (BackboneOnRois<B>) features = source.backbone.on_rois(features);
      auto part = head(features, first);
      if (some.size() == boxes.size()) return part;
      if (first == 0) {
        shape = part.shape();
        shape[0] = boxes.size();
        all = part.like(shape);
      }
      std::copy_n(part.data(), part.count(), all.data() + first * (part.count() / some.size()));
    }
    return all;
  }

 private:
  [[nodiscard]] Tensor<T, 4> pooled(const RoiSource<B>& source, std::span<const BasicBox<T>> boxes) const {
    const auto read = [this](TensorView<const T, 3> map, const BasicBox<T>& roi, T scale, T* to) {
      const BasicBox<T> box = as_seen<C>(roi);
      if constexpr (C::roi.quantised)
        roi_pool(map, box, scale, spec_.output, to);
      else
        roi_align(map, box, scale, spec_, to, *kernels_);
    };
    return read_rois<T>(source.features, boxes, source.frame, roi_level_options<C>(B::roi_levels, B::finest_stride),
                        spec_.output, read);
  }

  RoiSpec spec_;
  const kernels::KernelSet<T>* kernels_;
};

/// Which proposals are objects, of which class, and their boxes: Fast R-CNN's branch.
template <Backbone B, Convention C>
class BoxBranch {
  using T = typename B::Scalar;

 public:
  static constexpr Heads heads{};

  /// @param at the place of `box_head` and `box_predictor`
  BoxBranch(const Parameters& at, const ModelConfig& config, Index channels, const Compute& compute)
      : head_(at, box_head_options<C>(config, channels, {.bins = B::box_bins, .averaged = BackboneOnRois<B>}, compute)),
        features_(roi_spec<C>(config, head_.bins(), config.box_sampling_ratio), compute) {}

  /// Number of classes, background included.
  [[nodiscard]] Index classes() const { return head_.classes(); }

  /// {r_1 .. r_n} -> r_i, l_i, all boxes in pixels of the resized image.
  [[nodiscard]] Candidates<T> operator()(const RoiSource<B>& source, const std::vector<BasicBox<T>>& proposals) const {
    return head_.candidates(predictions(source, proposals), proposals, source.frame);
  }

  /// What the head says of RoIs before anything is decided: [N, 5 K], class logits, then (dx, dy, dw, dh) of each
  /// class.
  /// @param rois in pixels of the resized image
  [[nodiscard]] Tensor<T, 2> predictions(const RoiSource<B>& source, const std::vector<BasicBox<T>>& rois) const {
    return features_(source, rois, [this](const auto& features, Index) { return head_.predictions(features); });
  }

 private:
  BoxHead<T> head_;
  RoiFeatures<B, C> features_;  // as many bins as the head takes
};

/// A mask for each object: what makes Faster R-CNN Mask R-CNN.
template <Backbone B, Convention C>
class MaskBranch {
  using T = typename B::Scalar;

 public:
  using Result = Detection;
  static constexpr Heads heads{.masks = true};

  /// @param at the place of `mask_head` and `mask_predictor`, or of the stages of a `cascade`, which have one each:
  ///           then masks are the mean of what all of them say
  MaskBranch(const Parameters& at, const BranchOptions& options)
      : features_(roi_spec<C>(options.config, static_cast<Index>(options.config.mask_pool_size.value_or(B::mask_bins)),
                              options.config.mask_sampling_ratio),
                  options.compute),
        paste_(paste_options<C>(options.config)) {
    const MaskHeadOptions head{.tower = tower_options(options.config, options.channels, options.compute),
                               .labels = options.labels};
    const auto stage = [&](std::size_t number) { return at / "cascade" / number; };
    const auto has_head = [](const Parameters& place) {
      return (place / "mask_predictor" / "mask_fcn_logits").contains("weight");
    };
    while (has_head(stage(heads_.size()))) heads_.emplace_back(stage(heads_.size()), head);
    if (heads_.empty()) heads_.emplace_back(at, head);
  }

  /// Bins of the features of a RoI, per axis.
  [[nodiscard]] Index bins() const { return features_.bins(); }
  /// How masks are drawn into the image.
  [[nodiscard]] MaskPaste paste() const { return paste_.paste; }

  /// m_i: draws the mask of each candidate into its result.
  /// @param boxes of the candidates, in pixels of the original image
  template <class Results>
  void add_to(Results& results, const Candidates<T>& candidates, const std::vector<BasicBox<T>>& boxes,
              const RoiSource<B>& source) const {
    const auto masks = on_rois(source, candidates.boxes, candidates.labels,
                               [this](const auto& features, auto labels) { return probabilities(features, labels); });
    auto pasted = paste_masks(masks, as_seen<C>(boxes), source.frame.original, paste_);
    for (std::size_t i = 0; i < pasted.size(); ++i) results[i].mask = std::move(pasted[i]);
  }

  /// Logits of the masks of some boxes, each of its label: [N, k, k], as they are before pasting.
  /// @param boxes in pixels of the resized image
  [[nodiscard]] Tensor<T, 3> logits(const RoiSource<B>& source, const std::vector<BasicBox<T>>& boxes,
                                    const std::vector<int>& labels) const {
    return on_rois(source, boxes, labels, [this](const auto& features, auto some) {
      if (heads_.size() == 1) return heads_.front().logits(features, some);
      Tensor<T, 3> means = probabilities(features, some);
      for (Index i = 0; i < means.count(); ++i) means.data()[i] = logit(means.data()[i]);
      return means;
    });
  }

 private:
  /// `head(features, labels)` on boxes and their labels, some at a time.
  template <class Head>
  [[nodiscard]] Tensor<T, 3> on_rois(const RoiSource<B>& source, const std::vector<BasicBox<T>>& boxes,
                                     std::span<const int> labels, const Head& head) const {
    if (labels.size() != boxes.size()) fail("mask_head: expected ", boxes.size(), " labels, found ", labels.size());
    return features_(source, boxes, [&](const Tensor<T, 4>& features, Index first) {
      return head(features, labels.subspan(first, features.size(0)));
    });
  }

  /// [N, k, k]: the mean of all heads.
  [[nodiscard]] Tensor<T, 3> probabilities(const Tensor<T, 4>& features, std::span<const int> labels) const {
    Tensor<T, 3> sum = heads_.front()(features, labels);
    for (const MaskHead<T>& head : std::span(heads_).subspan(1)) {
      const Tensor<T, 3> more = head(features, labels);
      for (Index i = 0; i < sum.count(); ++i) sum.data()[i] += more.data()[i];
    }
    if (heads_.size() > 1)
      for (Index i = 0; i < sum.count(); ++i) sum.data()[i] /= static_cast<T>(heads_.size());
    return sum;
  }

  RoiFeatures<B, C> features_;
  std::vector<MaskHead<T>> heads_;
  PasteOptions paste_;
};

}  // namespace maskrcnn
