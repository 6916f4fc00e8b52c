// torchvision's names: of now, which are ours, and of before its layers became conv-norm-activation blocks.
#pragma once

#include <maskrcnn/weights/coco_classes.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <maskrcnn/weights/naming/name_parts.hpp>
#include <maskrcnn/weights/weights.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS::naming::torchvision {

[[nodiscard]] inline bool recognise(const NamedTensors& tensors, const FileMetadata&) {
  return any_below(tensors, "rpn.");
}

/// Official files keep the old names: `fpn.inner_blocks.0.weight` -> `fpn.inner_blocks.0.0.weight`,
/// `rpn.head.conv.weight` -> `rpn.head.conv.0.0.weight`, `mask_head.mask_fcn1.weight` -> `mask_head.0.0.weight`.
[[nodiscard]] inline std::optional<std::string> rename(std::string_view name) {
  // `leaf` is a name without dots: of a current name, there are more levels between
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

[[nodiscard]] inline ModelConfig defaults(const Weights& weights) {
  const std::string architecture = weights.metadata("architecture").value_or("");
  if (!architecture.empty())
    return architecture.find("mobilenet_v3") != std::string::npos ? mobilenet(architecture) : ModelConfig();
  if (weights.find("backbone.body.1.block.0.0.weight") == nullptr) return {};
  return mobilenet(weights.file().substr(weights.file().find_last_of('/') + 1));
}

inline constexpr NamingScheme scheme{.name = Torchvision::naming,
                                     .convention = Torchvision::name,
                                     .background = Torchvision::background,
                                     .recognise = recognise,
                                     .rename = rename,
                                     .defaults = defaults,
                                     .coco_names = coco_class_names};

}  // namespace maskrcnn::naming::torchvision
