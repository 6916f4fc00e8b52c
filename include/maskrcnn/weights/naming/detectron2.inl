// detectron2's names, and what its models' configuration files say.
#pragma once

#include <maskrcnn/weights/coco_classes.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <maskrcnn/weights/naming/name_parts.hpp>
#include <maskrcnn/weights/weights.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS::naming::detectron2 {

[[nodiscard]] inline bool recognise(const NamedTensors& tensors, const FileMetadata&) {
  return any_below(tensors, "proposal_generator.");
}

/// A tensor of the residual network, `0.conv1.norm.weight` or `0.shortcut.weight`, in layer `layer` of ours.
[[nodiscard]] inline std::string residual(int layer, std::string_view rest) {
  const std::string_view block = rest.substr(0, rest.find('.') + 1), part = rest.substr(block.size());
  const std::string place = joined({"backbone.body.layer", std::to_string(layer), ".", block});
  if (const auto leaf = after(part, "shortcut.norm.")) return joined({place, "downsample.1.", *leaf});
  if (const auto leaf = after(part, "shortcut.")) return joined({place, "downsample.0.", *leaf});
  if (part.size() > 5 && part.starts_with("conv"))
    if (const auto leaf = after(part.substr(5), ".norm.")) return joined({place, "bn", part.substr(4, 1), ".", *leaf});
  return joined({place, part});
}

/// A layer of a tower, with or without a norm, in the conv-norm-activation block that torchvision makes of it.
[[nodiscard]] inline std::string block(std::string_view place, const Numbered& layer) {
  const auto norm = after(layer.rest, "norm.");
  return joined({place, std::to_string(layer.number), norm ? ".1." : ".0.", norm ? *norm : layer.rest});
}

[[nodiscard]] inline std::optional<std::string> rename(std::string_view name) {
  if (name == "pixel_mean" || name == "pixel_std" || name.starts_with("proposal_generator.anchor_generator."))
    return "";
  // without a pyramid, the residual network is the backbone; C4 models keep its last layer with the heads
  for (const std::string_view place : {"backbone.bottom_up.", "backbone."})
    if (const auto rest = after(name, place)) {
      if (const auto stem = after(*rest, "stem.conv1.norm.")) return joined({"backbone.body.bn1.", *stem});
      if (const auto stem = after(*rest, "stem.conv1.")) return joined({"backbone.body.conv1.", *stem});
      if (const auto layer = after(*rest, "res"))
        if (const auto found = numbered(*layer, 1)) return residual(found->number, found->rest);
    }
  if (const auto rest = after(name, "roi_heads.res5.")) return residual(4, *rest);
  for (const auto& [theirs, ours] : {Renamed{"backbone.fpn_lateral", "backbone.fpn.inner_blocks."},
                                     Renamed{"backbone.fpn_output", "backbone.fpn.layer_blocks."}})
    if (const auto rest = after(name, theirs))
      if (const auto level = numbered(*rest, 2)) return block(ours, *level);
  if (const auto rest = after(name, "roi_heads.mask_head.mask_fcn"))
    if (const auto layer = numbered(*rest, 1)) return block("roi_heads.mask_head.", *layer);
  for (const auto& [theirs, ours] :
       {Renamed{"proposal_generator.rpn_head.conv.", "rpn.head.conv.0.0."},
        Renamed{"proposal_generator.rpn_head.objectness_logits.", "rpn.head.cls_logits."},
        Renamed{"proposal_generator.rpn_head.anchor_deltas.", "rpn.head.bbox_pred."},
        Renamed{"roi_heads.box_head.fc1.", "roi_heads.box_head.fc6."},
        Renamed{"roi_heads.box_head.fc2.", "roi_heads.box_head.fc7."},
        Renamed{"roi_heads.mask_head.deconv.", "roi_heads.mask_predictor.conv5_mask."},
        Renamed{"roi_heads.mask_head.predictor.", "roi_heads.mask_predictor.mask_fcn_logits."}})
    if (const auto rest = after(name, theirs)) return joined({ours, *rest});
  if (name.starts_with("roi_heads.box_predictor.")) return std::string(name);
  return std::nullopt;
}

[[nodiscard]] inline ModelConfig defaults(const Weights& weights) {
  ModelConfig config;
  config.image_mean = {103.53, 116.28, 123.675};
  config.image_std = {1, 1, 1};
  if (weights.find("backbone.fpn.inner_blocks.0.0.weight") == nullptr) {  // C4, DC5
    config.anchor_sizes = {{32, 64, 128, 256, 512}};
    config.anchor_aspect_ratios = {{0.5, 1.0, 2.0}};
    config.rpn_pre_nms_top_n = 6000;
  }
  const StoredTensor* const conv = weights.find("backbone.body.layer1.0.conv2.weight");
  const bool grouped = conv != nullptr && conv->shape.size() == 4 && conv->shape[0] != conv->shape[1];
  if (grouped) {  // ResNeXt
    config.image_std = {57.375, 57.12, 58.395};
    config.bottleneck_stride = BottleneckStride::in_3x3;
  }
  return config;
}

inline constexpr NamingScheme scheme{.name = Detectron2::naming,
                                     .convention = Detectron2::name,
                                     .background = Detectron2::background,
                                     .recognise = recognise,
                                     .rename = rename,
                                     .defaults = defaults,
                                     .coco_names = coco_thing_names};

}  // namespace maskrcnn::naming::detectron2
