/// Mask R-CNN: the figure of the paper, as a function body. Read this first.
///
///   image -> preprocess -> backbone -> RPN -> RoI features -> box head -> candidates
///                             |                                               |
///                             +----------------> RoI features -> mask head -> paste -> detections
///
/// The stages do not know each other; this is the only place where they meet. What they exchange is features, boxes
/// and candidates, all in pixels of the resized image, and the frame that leads back to the original one.
#pragma once

#include <algorithm>
#include <concepts>
#include <maskrcnn/backbone.hpp>
#include <maskrcnn/core/detection.hpp>
#include <maskrcnn/core/image.hpp>
#include <maskrcnn/core/profile.hpp>
#include <maskrcnn/core/workspace.hpp>
#include <maskrcnn/stages/anchors.hpp>
#include <maskrcnn/stages/box_head.hpp>
#include <maskrcnn/stages/mask_head.hpp>
#include <maskrcnn/stages/multi_level_roi.hpp>
#include <maskrcnn/stages/paste_masks.hpp>
#include <maskrcnn/stages/preprocess.hpp>
#include <maskrcnn/stages/roi_align.hpp>
#include <maskrcnn/stages/roi_pool.hpp>
#include <maskrcnn/stages/rpn.hpp>
#include <maskrcnn/weights/batch_norm_epsilon.hpp>
#include <memory>
#include <ranges>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace maskrcnn {

/// How a convention reads RoIs: `Output` x `Output` bins, by RoIAlign or RoIPool, from the level that fits the box.
template <Convention C, int Output>
using RoiFeatures =
    MultiLevelRoi<C, std::conditional_t<C::roi.quantised, RoiPool<Output>, RoiAlign<RoiSpec{Output, C::roi}>>>;

/// What all branches begin with: an image's features, and where in it objects may be.
template <Scalar T>
struct Proposed {
  Frame frame;
  FeaturePyramid<T> features;
  std::vector<BasicBox<T>> proposals;  ///< in pixels of the resized image
};

/// How many RoIs go through a head at a time. Their pooled features take at most 49 MiB: 1024 RoIs of 7 x 7 bins of 256
/// floats, more than the proposals of ordinary models, or 256 of 14 x 14.
template <Scalar T>
[[nodiscard]] constexpr Index rois_at_a_time(Index bins, Index channels) {
  return std::max<Index>(1, (Index{49} << 20U) / (bins * bins * channels * sizeof(T)));
}

/// A list of pictures: anything to iterate over whose elements are, or convert to, image views.
template <class R>
concept ImageRange =
    std::ranges::input_range<const R> && std::convertible_to<std::ranges::range_reference_t<const R>, ImageView>;

/// The results of a model for each picture of a list, one after the other.
template <class Model, ImageRange Images>
[[nodiscard]] auto detect_each(const Model& model, const Images& images) {
  std::vector<decltype(model(std::declval<const ImageView&>()))> results;
  for (const auto& image : images) results.push_back(model(image));
  return results;
}

/// Faster R-CNN: boxes and classes. Stands alone, and is the trunk of Mask R-CNN.
/// A model is immutable and may be called from several threads at once; calls share nothing but a pool of memory.
template <Backbone B, Convention C = Torchvision>
class FasterRCNN {
 public:
  using Scalar = typename B::Scalar;
  using Conventions = C;

  /// @throws Error if a tensor is missing, unknown or wrongly shaped, or the configuration does not fit
  explicit FasterRCNN(const Weights& weights) : FasterRCNN(weights, ModelConfig::from(weights)) {}
  FasterRCNN(const Weights& weights, const ModelConfig& config)
      : FasterRCNN(Parameters(weights), config, WholeFile{}) {}

  /// As the trunk of a larger network: reads what is its own below `root` and leaves the rest.
  FasterRCNN(const Parameters& root, const ModelConfig& config)
      : config_(resolved<C>(config, root.weights(), (root / "backbone").path())),
        preprocess_(config_, B::size_divisor),
        backbone_(root / "backbone", {.batch_norm_epsilon = *config_.batch_norm_epsilon,
                                      .bottleneck_stride = config_.bottleneck_stride.value_or(C::bottleneck_stride)}),
        rpn_(root / "rpn", config_, backbone_.channels(), B::finest_stride),
        box_head_(root / "roi_heads", config_,
                  {.channels = roi_channels(),
                   .bins = static_cast<Index>(B::box_bins),
                   .averaged = BackboneOnRois<B>,
                   .background = C::background}) {
    if (config_.anchor_sizes.size() != B::levels)
      fail("model: expected anchor_sizes for the ", B::levels, " levels of the backbone, found ",
           config_.anchor_sizes.size());
    // names by label: a background that comes last has none
    const Index labels = classes() - (C::background == BackgroundClass::last ? 1 : 0);
    if (!config_.class_names.empty() && config_.class_names.size() != labels)
      fail("model: expected ", labels, " class names, one for each label of the weights, found ",
           config_.class_names.size());
  }

  /// What the model was built with.
  [[nodiscard]] const ModelConfig& config() const { return config_; }
  /// Channels of the features of a RoI.
  [[nodiscard]] Index roi_channels() const {
    if constexpr (BackboneOnRois<B>)
      return backbone_.roi_channels();
    else
      return backbone_.channels();
  }
  /// Number of classes, background included.
  [[nodiscard]] Index classes() const { return box_head_.classes(); }

  /// Objects in `image`, best first.
  /// @param profile if not null, gets the times of the call, of its stages and of their layers
  [[nodiscard]] BoxDetections operator()(const ImageView& image, Profile* profile = nullptr) const {
    const InferenceScope scope({pool_, profile});
    return detections(propose(image, profile));
  }

  /// The same for each picture of a list.
  template <ImageRange Images>
  [[nodiscard]] std::vector<BoxDetections> operator()(const Images& images) const {
    return detect_each(*this, images);
  }

  /// The way as far as all branches share it; for whoever goes on from there, inside an InferenceScope of `pool()`.
  /// @param profile if not null, gets the times of all that is computed from the image; it must outlive the features
  [[nodiscard]] Proposed<Scalar> propose(const ImageView& image, Profile* profile = nullptr) const {
    const auto input = preprocess_(image, {pool_, profile});
    auto features = backbone(input.tensor);        // C2..C5 -> P2..P6
    auto proposals = rpn_(features, input.frame);  // {r_1 .. r_n}
    return {input.frame, std::move(features), std::move(proposals)};
  }

  /// Which proposals are objects, and their boxes.
  [[nodiscard]] Candidates<Scalar> classify(const Proposed<Scalar>& seen) const {
    return box_head_.candidates(predictions(seen, seen.proposals), seen.proposals, seen.frame);  // r_i, l_i
  }

  /// Objects in an image that was already looked at, best first.
  [[nodiscard]] BoxDetections detections(const Proposed<Scalar>& seen) const {
    return to_original<C>(classify(seen), seen.frame);
  }

  /// What the box head says of RoIs of the caller's choice, before anything is decided: [N, 5 K], class logits, then
  /// (dx, dy, dw, dh) of each class.
  /// @param rois in pixels of the resized image
  [[nodiscard]] Tensor<Scalar, 2> predictions(const Proposed<Scalar>& seen,
                                              const std::vector<BasicBox<Scalar>>& rois) const {
    return on_rois(roi_features_, seen, rois,
                   [this](const auto& features, Index) { return box_head_.predictions(features); });
  }

  /// What a head makes of boxes: one row for each. They go through it some at a time, so that memory does not grow with
  /// their number. A row is the same in whichever group it is, but for the rounding of Winograd's tiles, which lie
  /// otherwise on 14 x 14 bins of another number of RoIs.
  /// @param pool  reads pooled features; where a part of the backbone works on every RoI, that comes behind it
  /// @param boxes in pixels of the resized image
  /// @param head  called with features [n, k, k, C] and the number of the first of their n boxes, makes a tensor [n,
  /// ...]
  template <class Pool, class Head>
  [[nodiscard]] auto on_rois(const Pool& pool, const Proposed<Scalar>& seen, std::span<const BasicBox<Scalar>> boxes,
                             const Head& head) const {
    const Index group = rois_at_a_time<Scalar>(static_cast<Index>(Pool::output), backbone_.channels());
    decltype(head(Tensor<Scalar, 4>(), Index{})) all;
    auto shape = all.shape();
    if (boxes.empty()) return seen.features.front().like(shape);
    for (Index first = 0; first < boxes.size(); first += group) {
      const auto some = boxes.subspan(first, std::min<Index>(group, boxes.size() - first));
      Tensor<Scalar, 4> features = pool(seen.features, some, seen.frame);
      if constexpr (BackboneOnRois<B>) features = backbone_.on_rois(features);
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

  /// What finds the boxes: all of this model.
  [[nodiscard]] const FasterRCNN& trunk() const { return *this; }
  /// Where calls of this model take their memory.
  [[nodiscard]] const std::shared_ptr<MemoryPool>& pool() const { return pool_; }

 private:
  using BoxFeatures = RoiFeatures<C, B::box_bins>;

  /// The other stages take their time themselves; a backbone may be anybody's.
  [[nodiscard]] FeaturePyramid<Scalar> backbone(const Tensor<Scalar, 4>& image) const {
    const ProfileSpan span(image.profile(), "stage", "backbone");
    return backbone_(image);
  }

  struct WholeFile {};
  FasterRCNN(const Parameters& root, const ModelConfig& config, WholeFile) : FasterRCNN(root, config) {
    root.require_all_read();
  }

  ModelConfig config_;
  Preprocess<Scalar, C> preprocess_;
  B backbone_;
  Rpn<Scalar, C, AnchorGenerator<Scalar, C>, typename OperandOfBackbone<B>::Type> rpn_;
  BoxFeatures roi_features_{B::roi_levels, B::finest_stride};
  BoxHead<Scalar, C, typename OperandOfBackbone<B>::Type> box_head_;
  std::shared_ptr<MemoryPool> pool_ = std::make_shared<MemoryPool>();
};

/// Mask R-CNN: Faster R-CNN and, in parallel to its box head, a branch that predicts a mask for each object.
template <Backbone B, Convention C = Torchvision>
class MaskRCNN {
 public:
  using Scalar = typename B::Scalar;
  using Conventions = C;
  static constexpr int mask_bins = B::mask_bins;  ///< of the features of a RoI, per axis, for the mask head

  /// @throws Error if a tensor is missing, unknown or wrongly shaped, or the configuration does not fit
  explicit MaskRCNN(const Weights& weights) : MaskRCNN(weights, ModelConfig::from(weights)) {}
  MaskRCNN(const Weights& weights, const ModelConfig& config) : MaskRCNN(Parameters(weights), config) {}

  /// What the model was built with.
  [[nodiscard]] const ModelConfig& config() const { return faster_rcnn_.config(); }
  /// Number of classes, background included.
  [[nodiscard]] Index classes() const { return faster_rcnn_.classes(); }
  /// How masks are drawn into the image: the file's way, else the convention's.
  [[nodiscard]] MaskPaste mask_paste() const { return config().mask_paste.value_or(C::mask_paste); }

  /// Objects in `image`, best first.
  /// @param profile if not null, gets the times of the call, of its stages and of their layers
  [[nodiscard]] Detections operator()(const ImageView& image, Profile* profile = nullptr) const {
    const InferenceScope scope({faster_rcnn_.pool(), profile});
    return detections(faster_rcnn_.propose(image, profile));  // P2..P6, {r_1 .. r_n}
  }

  /// The same for each picture of a list.
  template <ImageRange Images>
  [[nodiscard]] std::vector<Detections> operator()(const Images& images) const {
    return detect_each(*this, images);
  }

  /// Objects in an image that was already looked at, best first.
  [[nodiscard]] Detections detections(const Proposed<Scalar>& seen) const {
    const auto candidates = faster_rcnn_.classify(seen);  // r_i, l_i
    const auto masks = on_rois(seen, candidates.boxes, candidates.labels, [this](const auto& features, auto labels) {
      return mask_head_(features, labels);  // m_i
    });
    return paste_masks<C>(candidates, masks, seen.frame, config().mask_threshold, mask_paste());
  }

  /// What finds the boxes.
  [[nodiscard]] const FasterRCNN<B, C>& trunk() const { return faster_rcnn_; }

  /// Logits of the masks of some boxes, each of its label: [N, k, k], as they are before pasting.
  /// @param boxes in pixels of the resized image
  [[nodiscard]] Tensor<Scalar, 3> mask_logits(const Proposed<Scalar>& seen, const std::vector<BasicBox<Scalar>>& boxes,
                                              const std::vector<int>& labels) const {
    return on_rois(seen, boxes, labels,
                   [this](const auto& features, auto some) { return mask_head_.logits(features, some); });
  }

 private:
  MaskRCNN(const Parameters& root, const ModelConfig& config)
      : faster_rcnn_(root, config),
        mask_head_(root / "roi_heads", faster_rcnn_.roi_channels(), labels(), *this->config().batch_norm_epsilon) {
    root.require_all_read();
  }

  /// `head(features, labels)` on boxes and their labels, some at a time.
  template <class Head>
  [[nodiscard]] Tensor<Scalar, 3> on_rois(const Proposed<Scalar>& seen, const std::vector<BasicBox<Scalar>>& boxes,
                                          std::span<const int> labels, const Head& head) const {
    if (labels.size() != boxes.size()) fail("mask_head: expected ", boxes.size(), " labels, found ", labels.size());
    return faster_rcnn_.on_rois(roi_features_, seen, boxes, [&](const Tensor<Scalar, 4>& features, Index first) {
      return head(features, labels.subspan(first, features.size(0)));
    });
  }

  /// Masks that the mask head makes: a background that comes last has none.
  [[nodiscard]] Index labels() const { return classes() - (C::background == BackgroundClass::last ? 1 : 0); }

  FasterRCNN<B, C> faster_rcnn_;
  RoiFeatures<C, B::mask_bins> roi_features_{B::roi_levels, B::finest_stride};
  MaskHead<Scalar, typename OperandOfBackbone<B>::Type> mask_head_;
};

}  // namespace maskrcnn
