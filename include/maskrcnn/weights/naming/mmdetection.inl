// mmdetection's names of version 2 and 3, and what its models' configuration files say.
#pragma once

#include <array>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/weights/checkpoint_meta.hpp>
#include <maskrcnn/weights/coco_classes.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <maskrcnn/weights/naming/mmdetection_config.hpp>
#include <maskrcnn/weights/naming/name_parts.hpp>
#include <maskrcnn/weights/weights.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS::naming::mmdetection {

[[nodiscard]] inline bool recognise(const NamedTensors& tensors, const FileMetadata&) {
  return any_below(tensors, "rpn_head.");
}

/// A tensor of the residual network, `conv1.weight` or `layer1.0.bn2.bias`: norms are called by their kind.
[[nodiscard]] inline std::string residual(std::string_view rest) {
  std::string name = joined({"backbone.body.", rest});
  if (const std::size_t norm = name.find(".gn"); norm != std::string::npos) name.replace(norm, 3, ".bn");
  return name;
}

/// A layer `2.conv.weight` or `2.bn.weight` of a tower in the conv-norm-activation block that torchvision makes of it.
[[nodiscard]] inline std::optional<std::string> block(std::string_view place, std::string_view rest) {
  const auto layer = numbered(rest, 0);
  if (!layer) return std::nullopt;
  for (const auto& [theirs, ours] : {Renamed{"conv.", ".0."}, Renamed{"bn.", ".1."}, Renamed{"gn.", ".1."}})
    if (const auto leaf = after(layer->rest, theirs))
      return joined({place, std::to_string(layer->number), ours, *leaf});
  return std::nullopt;
}

/// What the heads of a RoI have, below `place` of ours.
[[nodiscard]] inline std::optional<std::string> box_head(std::string_view place, std::string_view rest) {
  for (const auto& [theirs, ours] :
       {Renamed{"shared_fcs.0.", "box_head.fc6."}, Renamed{"shared_fcs.1.", "box_head.fc7."},
        Renamed{"fc_cls.", "box_predictor.cls_score."}, Renamed{"fc_reg.", "box_predictor.bbox_pred."}})
    if (const auto leaf = after(rest, theirs)) return joined({place, ours, *leaf});
  if (const auto convolutions = after(rest, "shared_convs.")) return block(joined({place, "box_head."}), *convolutions);
  return std::nullopt;
}
[[nodiscard]] inline std::optional<std::string> mask_head(std::string_view place, std::string_view rest) {
  for (const auto& [theirs, ours] :
       {Renamed{"upsample.", "mask_predictor.conv5_mask."}, Renamed{"conv_logits.", "mask_predictor.mask_fcn_logits."}})
    if (const auto leaf = after(rest, theirs)) return joined({place, ours, *leaf});
  if (const auto convolutions = after(rest, "convs.")) return block(joined({place, "mask_head."}), *convolutions);
  return std::nullopt;
}

[[nodiscard]] inline std::optional<std::string> rename(std::string_view name) {
  if (const auto rest = after(name, "backbone."))
    for (const std::string_view part : {"conv1.", "bn1.", "gn1.", "layer"})
      if (rest->starts_with(part)) return residual(*rest);
  // C4 models keep the last layer with the heads
  if (const auto rest = after(name, "roi_head.shared_head."); rest && rest->starts_with("layer4."))
    return residual(*rest);
  for (const auto& [theirs, ours] : {Renamed{"neck.lateral_convs.", "backbone.fpn.inner_blocks."},
                                     Renamed{"neck.fpn_convs.", "backbone.fpn.layer_blocks."}})
    if (const auto rest = after(name, theirs)) return block(ours, *rest);
  if (const auto rest = after(name, "rpn_head.rpn_conv."))
    return numbered(*rest, 0) ? block("rpn.head.conv.", *rest) : joined({"rpn.head.conv.0.0.", *rest});
  for (const auto& [theirs, ours] :
       {Renamed{"rpn_head.rpn_cls.", "rpn.head.cls_logits."}, Renamed{"rpn_head.rpn_reg.", "rpn.head.bbox_pred."}})
    if (const auto leaf = after(name, theirs)) return joined({ours, *leaf});
  for (const auto& [theirs, head] : {std::pair{"roi_head.bbox_head.", &box_head}, {"roi_head.mask_head.", &mask_head}})
    if (const auto rest = after(name, theirs)) {
      if (const auto stage = numbered(*rest, 0))  // of a cascade
        return head(joined({"roi_heads.cascade.", std::to_string(stage->number), "."}), stage->rest);
      return head("roi_heads.", *rest);
    }
  return std::nullopt;
}

/// Networks of mmdetection whose tensors are those of another and some more, which change what all of them find.
struct OtherNetwork {
  const char *prefix, *part;  ///< how a name begins, and what it has in it
  const char* what;
};

inline constexpr std::array<OtherNetwork, 6> other_networks{{
    {"roi_head.mask_iou_head.", "", "Mask Scoring R-CNN, which scores masks by a head of its own"},
    {"roi_head.semantic_head.", "", "a Hybrid Task Cascade, whose heads see a semantic segmentation"},
    {"roi_head.mask_head.", ".conv_res.", "a Hybrid Task Cascade, whose mask heads see each other's features"},
    {"roi_head.point_head.", "", "PointRend, whose masks are refined point by point"},
    {"bbox_head.", "", "a file of before version 2.0, whose boxes and classes are counted otherwise"},
    {"mask_head.", "", "a file of before version 2.0, whose boxes and classes are counted otherwise"},
}};

/// @throws Error if the tensors are of another network of mmdetection than those that are read
inline void require_known_network(const Weights& weights) {
  for (const OtherNetwork& network : other_networks) {
    const auto& tensors = weights.tensors();
    for (auto at = tensors.lower_bound(network.prefix); at != tensors.end() && at->first.starts_with(network.prefix);
         ++at)
      if (at->first.find(network.part) != std::string::npos)
        fail("weights: expected Mask, Faster or Cascade R-CNN of mmdetection 2 or 3, found ", network.what, " ('",
             at->first, "'), which is not read (file ", weights.file(), ")");
  }
}

/// ResNets of the "caffe" style, converted from MSRA's.
inline void set_caffe(ModelConfig& config) {
  config.channel_order = ChannelOrder::bgr;
  config.image_mean = {103.53, 116.28, 123.675};
  config.image_std = {1, 1, 1};
  config.bottleneck_stride = BottleneckStride::in_1x1;
}

/// How pixels are normalised and where strides are, of a file that does not say: what its name and its widths mean.
inline void assume_style(const Weights& weights, ModelConfig& config) {
  const std::string name = weights.file().substr(weights.file().find_last_of('/') + 1);
  const StoredTensor* const conv = weights.find("backbone.body.layer1.0.conv2.weight");
  const bool by_eights = conv != nullptr && conv->shape.size() == 4 && conv->shape[0] == 256 && conv->shape[1] == 8;
  std::string why = "the file does not say how it was trained: mmdetection's ";
  if (name.find("caffe") != std::string::npos) {
    set_caffe(config);
    why += "'caffe' style (BGR, not divided, stride in the 1 x 1 convolution), as the file's name has it";
  } else if (by_eights) {
    config.channel_order = ChannelOrder::bgr;
    config.image_mean = {103.53, 116.28, 123.675};
    config.image_std = {57.375, 57.12, 58.395};
    why += "ResNeXt-101 32x8d is assumed (BGR, divided by 57.375, 57.12, 58.395)";
  } else {
    why += "'pytorch' style is assumed (RGB, divided by 58.395, 57.12, 57.375, stride in the 3 x 3 convolution)";
  }
  if (!weights.metadata("image_mean") || !weights.metadata("image_std")) config.notes.push_back(why);
}

/// The class names that the file's meta has, if they are those of its box head.
inline void read_classes(const Weights& weights, ModelConfig& config) {
  const auto lines = weights.metadata(checkpoint_meta::classes_key);
  if (!lines) return;
  std::vector<std::string> names{""};
  for (const char c : *lines)
    if (c == '\n')
      names.emplace_back();
    else
      names.back() += c;
  if (const std::size_t expected = labels_of(weights).objects(); names.size() == expected)
    config.class_names = std::move(names);
  else
    config.notes.push_back("the file's meta names " + std::to_string(names.size()) + " classes, its box head has " +
                           std::to_string(expected) + ": the names were not taken");
}

[[nodiscard]] inline ModelConfig defaults(const Weights& weights) {
  require_known_network(weights);
  ModelConfig config;
  config.image_mean = {123.675, 116.28, 103.53};
  config.image_std = {58.395, 57.12, 57.375};
  const bool pyramid = weights.find("backbone.fpn.inner_blocks.0.0.weight") != nullptr;
  if (!pyramid) {  // C4, DC5
    config.anchor_sizes = {{32, 64, 128, 256, 512}};
    config.anchor_aspect_ratios = {{0.5, 1.0, 2.0}};
    config.rpn_pre_nms_top_n = 6000;
  }
  if (const auto text = weights.metadata(checkpoint_meta::config_key))
    ConfigText(*text, weights.file()).read_into(config, pyramid);
  else
    assume_style(weights, config);
  read_classes(weights, config);
  return config;
}

inline constexpr NamingScheme scheme{.name = MMDetection::naming,
                                     .convention = MMDetection::name,
                                     .background = MMDetection::background,
                                     .recognise = recognise,
                                     .rename = rename,
                                     .defaults = defaults,
                                     .coco_names = coco_thing_names};

}  // namespace maskrcnn::naming::mmdetection
