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

/// Files of detectron2's zoo whose tensors are those of other models, whose numbers are not: by what their path has of
/// the addresses that they are published under, the folder's number or the end of the name. Source: MODEL_ZOO.md and
/// the configuration files that it links.
struct ZooFile {
  std::string_view folder, ending;
  const char* what;
  void (*set)(ModelConfig& config);
};

inline void set_cityscapes(ModelConfig& config) {
  config.min_size = 1024;
  config.max_size = 2048;
  config.class_names = {"person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle"};
}
inline void set_lvis(ModelConfig& config) {
  config.box_score_threshold = 1e-4;
  config.max_detections = 300;
}
/// As Detectron had it: RoIAlign without the half-pixel shift, two samples.
inline void set_detectron1(ModelConfig& config) {
  config.roi_align_aligned = false;
  config.box_sampling_ratio = config.mask_sampling_ratio = 2;
}
/// TridentNet runs one of its three branches at test time, whose layer before the last is dilated.
inline void set_trident(ModelConfig& config) { config.dilations = {1, 1, 2, 1}; }

inline constexpr const char *lvis = "model of LVIS: score threshold 0.0001, 300 detections",
                            *detectron1 = "comparison with Detectron: RoIAlign of two samples, not aligned",
                            *trident = "TridentNet: dilated convolutions in the third layer";

inline constexpr ZooFile zoo_files[] = {
    {"142423278/", "model_final_af9cf5", "Cityscapes model: shorter side 1024, longer at most 2048 pixels",
     set_cityscapes},
    {"144219072/", "model_final_571f7c", lvis, set_lvis},
    {"144219035/", "model_final_824ab5", lvis, set_lvis},
    {"144219108/", "model_final_5e3439", lvis, set_lvis},
    {"137781054/", "model_final_7ab50c", detectron1, set_detectron1},
    {"137781281/", "model_final_62ca52", detectron1, set_detectron1},
    {"148572687/", "model_final_756cda", trident, set_trident},
    {"148572287/", "model_final_e1027c", trident, set_trident},
    {"148572198/", "model_final_164568", trident, set_trident},
};

/// The row of a path; null, if there is none.
[[nodiscard]] inline const ZooFile* zoo_file(std::string_view path) {
  const std::string_view name = path.substr(path.find_last_of('/') + 1);
  for (const ZooFile& file : zoo_files)
    if ((!file.folder.empty() && path.find(file.folder) != std::string_view::npos) ||
        (!file.ending.empty() && name.find(file.ending) != std::string_view::npos))
      return &file;
  return nullptr;
}

/// How many classes of objects the box head scores.
[[nodiscard]] inline std::size_t objects(const Weights& weights) {
  const StoredTensor* const scores = weights.find("roi_heads.box_predictor.cls_score.bias");
  return scores == nullptr || scores->count() == 0 ? 0 : scores->count() - 1;
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
  if (const ZooFile* const file = zoo_file(weights.file())) {
    file->set(config);
    config.notes.push_back(std::string("by its path, the file is detectron2's ") + file->what);
  } else if (const std::size_t classes = objects(weights); classes == 1230 || classes == 1203) {
    set_lvis(config);
    config.notes.push_back("by its " + std::to_string(classes) +
                           " classes, the file is a model of LVIS: score threshold 0.0001, 300 detections");
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
