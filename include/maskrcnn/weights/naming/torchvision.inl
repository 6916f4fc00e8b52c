// torchvision's names: of now, which are ours, and of before its layers became conv-norm-activation blocks.
#pragma once

#include <maskrcnn/weights/batch_norm_epsilon.hpp>
#include <maskrcnn/weights/coco_classes.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <maskrcnn/weights/naming/name_parts.hpp>
#include <maskrcnn/weights/weights.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS::naming::torchvision {

[[nodiscard]] inline bool recognise(const NamedTensors& tensors, const FileMetadata&) {
  return any_below(tensors, "rpn.") && !any_below(tensors, "roi_heads.box.");  // maskrcnn-benchmark's begin alike
}

/// Official files keep the old names: `fpn.inner_blocks.0.weight` -> `fpn.inner_blocks.0.0.weight`,
/// `rpn.head.conv.weight` -> `rpn.head.conv.0.0.weight`, `mask_head.mask_fcn1.weight` -> `mask_head.0.0.weight`.
[[nodiscard]] inline std::optional<std::string> rename(std::string_view name) {
  // `leaf` is a name without dots: of a current name, there are more levels between
  // RegNet's stages as layers of the body itself, where somebody has taken them out of its trunk
  if (const auto rest = after(name, "backbone.body.block"))
    if (numbered(*rest, 1)) return joined({"backbone.body.trunk_output.block", *rest});
  const auto is_leaf = [](std::string_view leaf) { return leaf.find('.') == std::string_view::npos; };
  for (const std::string_view blocks : {"backbone.fpn.inner_blocks.", "backbone.fpn.layer_blocks."})
    if (const auto rest = after(name, blocks))
      if (const auto level = numbered(*rest, 0); level && is_leaf(level->rest))
        return joined({blocks, rest->substr(0, 2), "0.", level->rest});
  if (const auto leaf = after(name, "rpn.head.conv."); leaf && is_leaf(*leaf))
    return joined({"rpn.head.conv.0.0.", *leaf});
  if (const auto rest = after(name, "roi_heads.mask_head.mask_fcn"))
    if (const auto layer = numbered(*rest, 1); layer && is_leaf(layer->rest))
      return joined({"roi_heads.mask_head.", std::to_string(layer->number), ".0.", layer->rest});
  // a convolution, a ReLU without a number of its own, the next convolution: 0, 2, 4, ...
  if (const auto rest = after(name, "roi_heads.keypoint_head."))
    if (const auto layer = any_number(*rest); layer && is_leaf(layer->rest) && layer->number % 2 == 0)
      return joined({"roi_heads.keypoint_head.", std::to_string(layer->number / 2), ".0.", layer->rest});
  return std::string(name);
}

/// What torchvision's constructor of its MobileNetV3 models makes by default. Both have the same tensors: which one a
/// file is of says its metadata `architecture`, else its name (torchvision's own has it), else it is the larger.
[[nodiscard]] inline ModelConfig mobilenet(std::string_view name) {
  ModelConfig config;
  config.batch_norm_epsilon = 1e-5;
  config.anchor_sizes.assign(3, {32, 64, 128, 256, 512});
  config.anchor_aspect_ratios.assign(3, {0.5, 1.0, 2.0});
  config.rpn_score_threshold = 0.05;
  if (name.find("mobilenet_v3_large_320") != std::string_view::npos) {
    config.min_size = 320;
    config.max_size = 640;
    config.rpn_pre_nms_top_n = config.rpn_post_nms_top_n = 150;
  }
  return config;
}

/// Which epsilon the frozen norms of a Keypoint R-CNN with ResNet-50 have, its tensors do not tell: torchvision builds
/// COCO_V1 without one, as all its COCO weights of ResNet-50, but COCO_LEGACY with the default. The names that both are
/// published under say it.
inline void set_keypoint_epsilon(const Weights& weights, ModelConfig& config) {
  if (!any_below(weights.tensors(), "roi_heads.keypoint_") || !is_resnet50_fpn(weights, "backbone.") ||
      told_batch_norm_epsilon(weights))
    return;
  if (weights.file().find("-9f466800") != std::string::npos) {
    config.batch_norm_epsilon = 1e-5;
    config.notes.emplace_back(
        "by its name, the file is torchvision's KeypointRCNN_ResNet50_FPN_Weights.COCO_LEGACY: batch norms with an "
        "epsilon of "
        "1e-5");
  } else if (weights.file().find("-fc266e95") == std::string::npos) {
    config.notes.emplace_back(
        "batch norms are taken to have no epsilon, as those of torchvision's keypoint weights COCO_V1 and of what is "
        "tuned "
        "from them; those of COCO_LEGACY have 1e-5: batch_norm_eps says it");
  }
}

[[nodiscard]] inline ModelConfig defaults(const Weights& weights) {
  const std::string architecture = weights.metadata("architecture").value_or("");
  const bool mobile = architecture.empty() ? weights.find("backbone.body.1.block.0.0.weight") != nullptr
                                           : architecture.find("mobilenet_v3") != std::string::npos;
  ModelConfig config;
  if (mobile)
    config =
        mobilenet(architecture.empty() ? weights.file().substr(weights.file().find_last_of('/') + 1) : architecture);
  set_keypoint_epsilon(weights, config);
  return config;
}

inline constexpr NamingScheme scheme{.name = Torchvision::naming,
                                     .convention = Torchvision::name,
                                     .background = Torchvision::background,
                                     .recognise = recognise,
                                     .rename = rename,
                                     .defaults = defaults,
                                     .coco_names = coco_class_names};

}  // namespace maskrcnn::naming::torchvision
