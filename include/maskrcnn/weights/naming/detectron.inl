// Detectron's names of blobs, as its pickles have them.
#pragma once

#include <maskrcnn/weights/coco_classes.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <maskrcnn/weights/naming/maskrcnn_benchmark.inl>
#include <maskrcnn/weights/naming/name_parts.hpp>
#include <maskrcnn/weights/weights.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS::naming::detectron {

[[nodiscard]] inline bool recognise(const NamedTensors& tensors, const FileMetadata&) {
  return any_below(tensors, "conv_rpn") || any_below(tensors, "rpn_cls_logits") ||
         any_below(tensors, "res2_0_branch2a");
}

/// "weight" of "_w", "bias" of "_b"; nothing of anything else.
[[nodiscard]] inline std::optional<std::string_view> leaf(std::string_view ending) {
  if (ending == "_w") return "weight";
  if (ending == "_b") return "bias";
  return std::nullopt;
}

/// A blob of a convolution at `place`, or of the affine norm behind it at `norm`: "_w", "_bn_s", "_bn_b".
[[nodiscard]] inline std::optional<std::string> normed(const std::string& place, const std::string& norm,
                                                       std::string_view ending) {
  if (ending == "_w") return place + "weight";
  if (ending == "_bn_s") return norm + "weight";
  if (ending == "_bn_b") return norm + "bias";
  return std::nullopt;
}

/// "2_branch2a_w" of layer 1 and the like.
[[nodiscard]] inline std::optional<std::string> residual(int layer, std::string_view rest) {
  const auto block = leading_number(rest);
  if (!block) return std::nullopt;
  const std::string place = "backbone.body.layer" + std::to_string(layer) + "." + std::to_string(block->number) + ".";
  if (const auto ending = after(block->rest, "_branch1"))
    return normed(place + "downsample.0.", place + "downsample.1.", *ending);
  if (const auto ending = after(block->rest, "_branch2"); ending && !ending->empty()) {
    const char letter = ending->front();
    if (letter < 'a' || letter > 'c') return std::nullopt;
    const std::string number(1, static_cast<char>('1' + (letter - 'a')));
    return normed(place + "conv" + number + ".", place + "bn" + number + ".", ending->substr(1));
  }
  return std::nullopt;
}

/// A map of the pyramid: "res5_2_sum_w", "res4_22_sum_lateral_b".
[[nodiscard]] inline std::optional<std::string> pyramid(std::string_view place, std::string_view rest,
                                                        std::string_view middle) {
  const auto layer = after(rest, "res");
  if (!layer || layer->size() < 3 || (*layer)[0] < '2' || (*layer)[0] > '5' || (*layer)[1] != '_') return std::nullopt;
  const auto block = leading_number(layer->substr(2));
  if (!block) return std::nullopt;
  const auto ending = after(block->rest, "_sum");
  if (!ending) return std::nullopt;
  // the coarsest map has no other above it, and is called otherwise
  const auto kind = leaf(after(*ending, middle).value_or(*ending));
  if (!kind) return std::nullopt;
  return joined({place, std::to_string((*layer)[0] - '2'), ".0.", *kind});
}

[[nodiscard]] inline std::optional<std::string> rename(std::string_view name) {
  // of the classifier that training began with, whose first convolution had a bias that the detector has not
  if (name == "conv1_b" || name.starts_with("fc1000_") || name.starts_with("pred_")) return "";
  if (const auto ending = after(name, "res_conv1")) return normed("", "backbone.body.bn1.", *ending);
  if (const auto ending = after(name, "conv1"))
    if (const auto kind = leaf(*ending)) return joined({"backbone.body.conv1.", *kind});
  if (const auto rest = after(name, "res");
      rest && rest->size() > 2 && (*rest)[1] == '_' && (*rest)[0] >= '2' && (*rest)[0] <= '5')
    return residual((*rest)[0] - '1', rest->substr(2));
  if (const auto rest = after(name, "fpn_inner_")) return pyramid("backbone.fpn.inner_blocks.", *rest, "_lateral");
  if (const auto rest = after(name, "fpn_")) return pyramid("backbone.fpn.layer_blocks.", *rest, "");
  if (const auto rest = after(name, "_[mask]_fcn"))
    if (const auto layer = leading_number(*rest); layer && layer->number > 0)
      if (const auto kind = leaf(layer->rest))
        return joined({"roi_heads.mask_head.", std::to_string(layer->number - 1), ".0.", *kind});
  for (const auto& [theirs, ours] :
       {Renamed{"conv_rpn_fpn2", "rpn.head.conv.0.0."}, Renamed{"conv_rpn", "rpn.head.conv.0.0."},
        Renamed{"rpn_cls_logits_fpn2", "rpn.head.cls_logits."}, Renamed{"rpn_cls_logits", "rpn.head.cls_logits."},
        Renamed{"rpn_bbox_pred_fpn2", "rpn.head.bbox_pred."}, Renamed{"rpn_bbox_pred", "rpn.head.bbox_pred."},
        Renamed{"fc6", "roi_heads.box_head.fc6."}, Renamed{"fc7", "roi_heads.box_head.fc7."},
        Renamed{"cls_score", "roi_heads.box_predictor.cls_score."},
        Renamed{"bbox_pred", "roi_heads.box_predictor.bbox_pred."},
        Renamed{"conv5_mask", "roi_heads.mask_predictor.conv5_mask."},
        Renamed{"mask_fcn_logits", "roi_heads.mask_predictor.mask_fcn_logits."}})
    if (const auto ending = after(name, theirs))
      if (const auto kind = leaf(*ending)) return joined({ours, *kind});
  return std::nullopt;
}

/// The same as maskrcnn-benchmark's, which reads these files; and norms are scales and shifts alone.
[[nodiscard]] inline ModelConfig defaults(const Weights& weights) {
  ModelConfig config = maskrcnn_benchmark::defaults(weights);
  config.norms_without_statistics = true;
  return config;
}

inline constexpr NamingScheme scheme{.name = Detectron::naming,
                                     .convention = Detectron::name,
                                     .background = Detectron::background,
                                     .recognise = recognise,
                                     .rename = rename,
                                     .defaults = defaults,
                                     .coco_names = coco_names_behind_background};

}  // namespace maskrcnn::naming::detectron
