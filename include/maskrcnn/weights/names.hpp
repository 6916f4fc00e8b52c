/// Tensor names: whatever a checkpoint calls a layer, here it has torchvision's current name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace maskrcnn {

/// Who named the tensors of a file.
enum class Naming { torchvision, detectron2 };

namespace names {

/// `text` without `prefix`, if it begins with that.
[[nodiscard]] inline std::optional<std::string_view> after(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  return text.substr(prefix.size());
}

/// The number, of one digit, that `text` begins with, which counts from `first`; and what follows its dot.
[[nodiscard]] inline std::optional<std::pair<int, std::string>> numbered(std::string_view text, int first) {
  if (text.size() < 3 || text[0] < '0' + first || text[0] > '9' || text[1] != '.') return std::nullopt;
  return std::pair{text[0] - '0' - first, std::string(text.substr(2))};
}

/// torchvision renamed these when its layers became conv-norm-activation blocks; official files keep the old names:
/// `fpn.inner_blocks.0.weight` -> `fpn.inner_blocks.0.0.weight`, `rpn.head.conv.weight` -> `rpn.head.conv.0.0.weight`,
/// `mask_head.mask_fcn1.weight` -> `mask_head.0.0.weight`.
[[nodiscard]] inline std::string current(const std::string& name) {
  const auto dot = name.rfind('.');
  if (dot == std::string::npos) return name;
  const std::string layer = name.substr(0, dot), leaf = name.substr(dot);
  const auto ends_with_digit_after = [&layer](const std::string& prefix) {
    return layer.size() == prefix.size() + 1 && layer.starts_with(prefix) && layer.back() >= '0' && layer.back() <= '9';
  };
  const std::string fcn = "roi_heads.mask_head.mask_fcn";
  if (ends_with_digit_after("backbone.fpn.inner_blocks.") || ends_with_digit_after("backbone.fpn.layer_blocks."))
    return layer + ".0" + leaf;
  if (layer == "rpn.head.conv") return layer + ".0.0" + leaf;
  if (ends_with_digit_after(fcn) && layer.back() != '0')
    return "roi_heads.mask_head." + std::string(1, static_cast<char>(layer.back() - 1)) + ".0" + leaf;
  return name;
}

/// A tensor of detectron2's residual network, `0.conv1.norm.weight` or `0.shortcut.weight`, in layer `layer` of ours.
[[nodiscard]] inline std::string residual(int layer, std::string_view rest) {
  const std::string_view block = rest.substr(0, rest.find('.') + 1), part = rest.substr(block.size());
  const std::string place = "backbone.body.layer" + std::to_string(layer) + "." + std::string(block);
  if (const auto leaf = after(part, "shortcut.norm.")) return place + "downsample.1." + std::string(*leaf);
  if (const auto leaf = after(part, "shortcut.")) return place + "downsample.0." + std::string(*leaf);
  if (part.size() > 5 && part.starts_with("conv"))
    if (const auto leaf = after(part.substr(5), ".norm.")) return place + "bn" + part[4] + "." + std::string(*leaf);
  return place + std::string(part);
}

/// The name of a tensor of detectron2; nothing, if no layer of a network is called so; an empty name for what a model
/// does not need.
[[nodiscard]] inline std::optional<std::string> detectron2(std::string_view name) {
  if (name == "pixel_mean" || name == "pixel_std" || name.starts_with("proposal_generator.anchor_generator."))
    return "";
  // without a pyramid, the residual network is the backbone; C4 models keep its last layer with the heads
  for (const std::string_view place : {"backbone.bottom_up.", "backbone."})
    if (const auto rest = after(name, place)) {
      if (const auto stem = after(*rest, "stem.conv1.norm.")) return "backbone.body.bn1." + std::string(*stem);
      if (const auto stem = after(*rest, "stem.conv1.")) return "backbone.body.conv1." + std::string(*stem);
      if (const auto layer = after(*rest, "res"))
        if (const auto block = numbered(*layer, 1)) return residual(block->first, block->second);
    }
  if (const auto rest = after(name, "roi_heads.res5.")) return residual(4, *rest);

  struct Level {
    std::string_view theirs, ours;
  };
  for (const auto& [theirs, ours] : {Level{"backbone.fpn_lateral", "backbone.fpn.inner_blocks."},
                                     Level{"backbone.fpn_output", "backbone.fpn.layer_blocks."}})
    if (const auto rest = after(name, theirs))
      if (const auto level = numbered(*rest, 2)) {
        const auto norm = after(level->second, "norm.");
        return std::string(ours) + std::to_string(level->first) + (norm ? ".1." : ".0.") +
               (norm ? std::string(*norm) : level->second);
      }
  if (const auto rest = after(name, "roi_heads.mask_head.mask_fcn"))
    if (const auto layer = numbered(*rest, 1)) {
      const auto norm = after(layer->second, "norm.");
      return "roi_heads.mask_head." + std::to_string(layer->first) + (norm ? ".1." : ".0.") +
             (norm ? std::string(*norm) : layer->second);
    }
  for (const auto& [theirs, ours] :
       {Level{"proposal_generator.rpn_head.conv.", "rpn.head.conv.0.0."},
        Level{"proposal_generator.rpn_head.objectness_logits.", "rpn.head.cls_logits."},
        Level{"proposal_generator.rpn_head.anchor_deltas.", "rpn.head.bbox_pred."},
        Level{"roi_heads.box_head.fc1.", "roi_heads.box_head.fc6."},
        Level{"roi_heads.box_head.fc2.", "roi_heads.box_head.fc7."},
        Level{"roi_heads.mask_head.deconv.", "roi_heads.mask_predictor.conv5_mask."},
        Level{"roi_heads.mask_head.predictor.", "roi_heads.mask_predictor.mask_fcn_logits."}})
    if (const auto rest = after(name, theirs)) return std::string(ours) + std::string(*rest);
  return std::nullopt;
}

}  // namespace names

/// Who named the tensors of a file that has one called `name`; nothing, if anybody might have.
[[nodiscard]] inline std::optional<Naming> naming_of(std::string_view name) {
  if (name.starts_with("proposal_generator.")) return Naming::detectron2;
  if (name.starts_with("rpn.")) return Naming::torchvision;
  return std::nullopt;
}

/// torchvision's current name of a tensor; empty for one that no model needs.
[[nodiscard]] inline std::string current_name(const std::string& name, Naming naming) {
  if (naming == Naming::detectron2) return names::detectron2(name).value_or(name);
  return names::current(name);
}

}  // namespace maskrcnn
