/// Mask R-CNN: the figure of the paper, as a function body. Read this first.
///
///   image -> preprocess -> backbone -> RPN -> RoI features -> box head -> boxes, labels
///                             |                                               |
///                             +----------------> RoI features -> mask head -> masks
///                             +----------------> RoI features -> keypoint head -> keypoints
///                             +----------------> ... further branches
///
/// The stages do not know each other; this is the only place where they meet. What they exchange is features, boxes
/// and candidates, all in pixels of the resized image, and the frame that leads back to the original one.
#pragma once

#include <maskrcnn/backbone.hpp>
#include <maskrcnn/cascade_branch.hpp>
#include <maskrcnn/core/detection.hpp>
#include <maskrcnn/core/heads.hpp>
#include <maskrcnn/core/image_range.hpp>
#include <maskrcnn/core/labels.hpp>
#include <maskrcnn/core/precision.hpp>
#include <maskrcnn/core/profile.hpp>
#include <maskrcnn/core/workspace.hpp>
#include <maskrcnn/keypoint_branch.hpp>
#include <maskrcnn/roi_branches.hpp>
#include <maskrcnn/stage_options.hpp>
#include <maskrcnn/stages/original_boxes.hpp>
#include <maskrcnn/weights/batch_norm_epsilon.hpp>
#include <maskrcnn/weights/require_convention.hpp>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// A network that proposes regions and computes of each, by a box branch and others beside it, what it shows.
/// A model is immutable and may be called from several threads at once; calls at the same time share nothing.
/// @tparam Boxes    the branch that decides what is an object, and where
/// @tparam Branches what else is computed of each object, in parallel
template <Backbone B, Convention C, class Boxes, class... Branches>
class GeneralizedRCNN {
 public:
  using Scalar = typename B::Scalar;
  using Conventions = C;
  using Result = typename CombinedResult<typename Branches::Result...>::Type;  ///< of one object
  using Results = std::vector<Result>;                                         ///< in order of falling score
  static constexpr Heads heads = (Boxes::heads | ... | Branches::heads);

  /// @throws Error if a tensor is missing, unknown or wrongly shaped, the configuration does not fit, or the file is of
  ///               another convention
  explicit GeneralizedRCNN(const Weights& weights, const ModelOptions& options = {})
      : GeneralizedRCNN(weights, ModelConfig::from(weights), options) {}
  GeneralizedRCNN(const Weights& weights, const ModelConfig& config, const ModelOptions& options = {});

  /// Objects in `image`, best first.
  /// @param profile if not null, gets the times of the call, of its stages and of their layers
  [[nodiscard]] Results operator()(const ImageView& image, Profile* profile = nullptr) const {
    const InferenceScope scope(memory_, profile);
    const auto input = preprocess_(image, scope.workspace());
    const auto features = features_of(input.tensor);     // C2..C5 -> P2..P6
    const auto proposals = rpn_(features, input.frame);  // {r_1 .. r_n}
    return objects_in({backbone_, features, input.frame}, proposals);
  }

  /// The second half of the figure: what an image's features show at the proposals.
  [[nodiscard]] Results objects_in(const RoiSource<B>& source, const std::vector<BasicBox<Scalar>>& proposals) const {
    auto candidates = box_branch_(source, proposals);  // r_i, l_i
    const auto boxes = original_boxes(candidates, source.frame, C::clip_results, C::whole_pixels);
    auto results = results_of<Result>(candidates, boxes);
    const auto add = [&](const auto&... branch) { (branch.add_to(results, candidates, boxes, source), ...); };
    std::apply(add, branches_);  // m_i, k_i, ...: in parallel
    return results;
  }

  /// The same for each image of a list, one after the other.
  template <ImageRange Images>
  [[nodiscard]] std::vector<Results> operator()(const Images& images) const {
    return call_for_each(*this, images);
  }

  /// What the model was built with.
  [[nodiscard]] const ModelConfig& config() const { return config_; }
  /// Number of classes, background included.
  [[nodiscard]] Index classes() const { return box_branch_.classes(); }
  /// Gives back the memory that is kept from one call to the next.
  void trim() const { memory_->trim(); }

  // The stages, for whoever calls them in another order than the figure: see inspection.hpp.
  [[nodiscard]] const std::shared_ptr<ModelMemory>& memory() const { return memory_; }
  [[nodiscard]] const Preprocess<Scalar>& preprocess() const { return preprocess_; }
  [[nodiscard]] const B& backbone() const { return backbone_; }
  [[nodiscard]] const auto& rpn() const { return rpn_; }
  [[nodiscard]] const Boxes& box_branch() const { return box_branch_; }
  /// Branch number `I`.
  template <std::size_t I = 0>
    requires(I < sizeof...(Branches))
  [[nodiscard]] const auto& branch() const { return std::get<I>(branches_); }

  /// The backbone's maps, finest first. The other stages take their time themselves; a backbone may be anybody's.
  [[nodiscard]] FeaturePyramid<Scalar> features_of(const Tensor<Scalar, 4>& input) const;

 private:
  GeneralizedRCNN(const Parameters& root, const ModelConfig& config, const Compute& compute);
  [[nodiscard]] static ModelConfig own_config(const Parameters& root, const ModelConfig& config);

  ModelConfig config_;
  Preprocess<Scalar> preprocess_;
  B backbone_;
  Rpn<Scalar, AnchorGenerator<Scalar>> rpn_;
  Boxes box_branch_;
  std::tuple<Branches...> branches_;
  std::shared_ptr<ModelMemory> memory_ = std::make_shared<ModelMemory>();
};

/// Boxes and classes.
template <Backbone B, Convention C = Torchvision>
using FasterRCNN = GeneralizedRCNN<B, C, BoxBranch<B, C>>;

/// Faster R-CNN and, in parallel to its box head, a branch that predicts a mask for each object.
template <Backbone B, Convention C = Torchvision>
using MaskRCNN = GeneralizedRCNN<B, C, BoxBranch<B, C>, MaskBranch<B, C>>;

/// Faster R-CNN and, in parallel to its box head, a branch that finds the keypoints of each object: human pose.
template <Backbone B, Convention C = Torchvision>
using KeypointRCNN = GeneralizedRCNN<B, C, BoxBranch<B, C>, KeypointBranch<B, C>>;

/// Both branches: a mask and keypoints for each object.
template <Backbone B, Convention C = Torchvision>
using MaskKeypointRCNN = GeneralizedRCNN<B, C, BoxBranch<B, C>, MaskBranch<B, C>, KeypointBranch<B, C>>;

/// With box heads one after the other.
template <Backbone B, Convention C = Detectron2>
using CascadeRCNN = GeneralizedRCNN<B, C, CascadeBoxBranch<B, C>>;
template <Backbone B, Convention C = Detectron2>
using CascadeMaskRCNN = GeneralizedRCNN<B, C, CascadeBoxBranch<B, C>, MaskBranch<B, C>>;

// ---- construction ---------------------------------------------------------------------------------------------------

template <Backbone B, Convention C, class Boxes, class... Branches>
GeneralizedRCNN<B, C, Boxes, Branches...>::GeneralizedRCNN(const Weights& weights, const ModelConfig& config,
                                                           const ModelOptions& options)
    : GeneralizedRCNN(Parameters(weights), config, Compute(options.precision)) {}

template <Backbone B, Convention C, class Boxes, class... Branches>
GeneralizedRCNN<B, C, Boxes, Branches...>::GeneralizedRCNN(const Parameters& root, const ModelConfig& config,
                                                           const Compute& compute)
    : config_(own_config(root, config)),
      preprocess_(preprocess_options<C>(config_, B::size_divisor)),
      backbone_(root / "backbone", {.norms = backbone_norm_options(config_),
                                    .bottleneck_stride = config_.bottleneck_stride.value_or(C::bottleneck_stride),
                                    .dilations = config_.dilations,
                                    .compute = compute}),
      rpn_(root / "rpn", AnchorGenerator<Scalar>(anchor_options<C>(config_, B::finest_stride)),
           rpn_options<C>(config_, backbone_.channels(), compute)),
      box_branch_(root / "roi_heads", config_, roi_channels(backbone_), compute),
      branches_(Branches(root / "roi_heads", BranchOptions{.config = config_,
                                                           .channels = roi_channels(backbone_),
                                                           .labels = Labels{classes(), C::background}.names(),
                                                           .compute = compute})...) {
  check_config<C>(config_, B::levels, classes());
  root.require_all_read();
}

/// The configuration as the model uses it, of a file of the model's own kind: by other numbers than its own, it would
/// be run without a word and find other things.
template <Backbone B, Convention C, class Boxes, class... Branches>
ModelConfig GeneralizedRCNN<B, C, Boxes, Branches...>::own_config(const Parameters& root, const ModelConfig& config) {
  require_convention<C>(root.weights());
  require_head(root.weights(), heads);
  ModelConfig own = resolved<C>(config, root.weights(), (root / "backbone").path());
  if (!own.exif_orientation) own.exif_orientation = C::exif_orientation;
  return own;
}

template <Backbone B, Convention C, class Boxes, class... Branches>
FeaturePyramid<typename B::Scalar> GeneralizedRCNN<B, C, Boxes, Branches...>::features_of(
    const Tensor<Scalar, 4>& input) const {
  const ProfileSpan span(input.profile(), "stage", "backbone");
  auto features = backbone_(input);
  if (features.size() != B::levels)
    fail("model: expected ", B::levels, " maps of the backbone, found ", features.size());
  for (const auto& map : features)
    if (map.size(0) != 1 || map.count() == 0 || map.size(3) != backbone_.channels())
      fail("model: expected maps of the backbone of shape ",
           shape_text(Shape<4>{1, map.size(1), map.size(2), backbone_.channels()}), ", none empty, found ",
           shape_text(map.shape()));
  return features;
}

}  // namespace maskrcnn
