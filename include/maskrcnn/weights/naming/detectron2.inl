// detectron2's names, and what its models' configuration files say.
#pragma once

#include <algorithm>
#include <cmath>
#include <maskrcnn/core/error.hpp>
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

/// A tensor of RegNet, `s1.b2.f.a_bn.weight` or `stem.conv.weight`, by torchvision's name.
[[nodiscard]] inline std::optional<std::string> regnet(std::string_view name) {
  const std::string body = "backbone.body.";
  if (const auto rest = after(name, "stem.conv.")) return joined({body, "stem.0.", *rest});
  if (const auto rest = after(name, "stem.bn.")) return joined({body, "stem.1.", *rest});
  const auto stage = after(name, "s") ? numbered(name.substr(1), 1) : std::nullopt;
  if (!stage || !stage->rest.starts_with("b")) return std::nullopt;
  const auto block = leading_number(stage->rest.substr(1), 4);
  if (!block || block->number == 0) return std::nullopt;
  const std::string number = std::to_string(stage->number + 1);
  const std::string place =
      joined({body, "trunk_output.block", number, ".block", number, "-", std::to_string(block->number - 1), "."});
  const auto inner = after(block->rest, ".");
  if (!inner) return std::nullopt;
  for (const auto& [theirs, ours] :
       {Renamed{"proj.", "proj.0."}, Renamed{"bn.", "proj.1."}, Renamed{"f.a.", "f.a.0."}, Renamed{"f.a_bn.", "f.a.1."},
        Renamed{"f.b.", "f.b.0."}, Renamed{"f.b_bn.", "f.b.1."}, Renamed{"f.c.", "f.c.0."},
        Renamed{"f.c_bn.", "f.c.1."}, Renamed{"f.se.f_ex.0.", "f.se.fc1."}, Renamed{"f.se.f_ex.2.", "f.se.fc2."}})
    if (const auto leaf = after(*inner, theirs)) return joined({place, ours, *leaf});
  return std::nullopt;
}

[[nodiscard]] inline std::optional<std::string> rename(std::string_view name) {
  // heads of a cascade are a list of heads as others have one
  for (const std::string_view part : {"box_head.", "box_predictor."})
    if (const auto rest = after(name, joined({"roi_heads.", part})))
      if (const auto stage = numbered(*rest, 0); stage && !numbered(stage->rest, 0)) {
        const auto alone = rename(joined({"roi_heads.", part, stage->rest}));
        if (!alone) return std::nullopt;
        return joined(
            {"roi_heads.cascade.", std::to_string(stage->number), alone->substr(std::string("roi_heads").size())});
      }
  if (name == "pixel_mean" || name == "pixel_std") return std::string(name);
  if (const auto rest = after(name, "proposal_generator.anchor_generator."))
    return joined({"rpn.anchor_generator.", *rest});
  // without a pyramid, the residual network is the backbone; C4 models keep its last layer with the heads
  for (const std::string_view place : {"backbone.bottom_up.", "backbone."})
    if (const auto rest = after(name, place)) {
      if (const auto stem = after(*rest, "stem.conv1.norm.")) return joined({"backbone.body.bn1.", *stem});
      if (const auto stem = after(*rest, "stem.conv1.")) return joined({"backbone.body.conv1.", *stem});
      if (const auto layer = after(*rest, "res"))
        if (const auto found = numbered(*layer, 1)) return residual(found->number, found->rest);
      if (const auto found = regnet(*rest)) return found;
    }
  if (const auto rest = after(name, "roi_heads.res5.")) return residual(4, *rest);
  for (const auto& [theirs, ours] : {Renamed{"backbone.fpn_lateral", "backbone.fpn.inner_blocks."},
                                     Renamed{"backbone.fpn_output", "backbone.fpn.layer_blocks."}})
    if (const auto rest = after(name, theirs))
      if (const auto level = numbered(*rest, 2)) return block(ours, *level);
  for (const auto& [theirs, ours] : {Renamed{"roi_heads.mask_head.mask_fcn", "roi_heads.mask_head."},
                                     Renamed{"roi_heads.box_head.conv", "roi_heads.box_head."},
                                     Renamed{"roi_heads.keypoint_head.conv_fcn", "roi_heads.keypoint_head."}})
    if (const auto rest = after(name, theirs))
      if (const auto layer = numbered(*rest, 1)) return block(ours, *layer);
  if (const auto rest = after(name, "proposal_generator.rpn_head.conv.conv"))  // where there are several
    if (const auto layer = numbered(*rest, 0)) return block("rpn.head.conv.", *layer);
  if (const auto rest = after(name, "roi_heads.box_head.fc"))  // count on from the first network that had such a head
    if (const auto layer = numbered(*rest, 1))
      return joined({"roi_heads.box_head.fc", std::to_string(layer->number + 6), ".", layer->rest});
  if (name.starts_with("sem_seg_head.")) return "";  // of Panoptic FPN, beside the heads of Mask R-CNN
  for (const auto& [theirs, ours] :
       {Renamed{"proposal_generator.rpn_head.conv.", "rpn.head.conv.0.0."},
        Renamed{"proposal_generator.rpn_head.objectness_logits.", "rpn.head.cls_logits."},
        Renamed{"proposal_generator.rpn_head.anchor_deltas.", "rpn.head.bbox_pred."},
        Renamed{"roi_heads.mask_head.deconv.", "roi_heads.mask_predictor.conv5_mask."},
        Renamed{"roi_heads.mask_head.predictor.", "roi_heads.mask_predictor.mask_fcn_logits."},
        Renamed{"roi_heads.keypoint_head.score_lowres.", "roi_heads.keypoint_predictor.kps_score_lowres."}})
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
  config.box_sampling_ratio = config.mask_sampling_ratio = config.keypoint_sampling_ratio = 2;
}
/// TridentNet runs one of its three branches at test time, whose layer before the last is dilated.
inline void set_trident(ModelConfig& config) { config.dilations = {1, 1, 2, 1}; }

/// As networks are that were not tuned from ResNets of MSRA.
inline void set_scratch(ModelConfig& config) {
  config.image_std = {57.375, 57.12, 58.395};
  config.bottleneck_stride = BottleneckStride::in_3x3;
}

inline constexpr const char *lvis = "model of LVIS: score threshold 0.0001, 300 detections",
                            *detectron1 = "comparison with Detectron: RoIAlign of two samples, not aligned",
                            *scratch =
                                "network of random beginnings: stride in the 3 x 3 convolutions, pixels divided by "
                                "their deviation",
                            *trident = "TridentNet: dilated convolutions in the third layer";

inline constexpr ZooFile zoo_files[] = {
    {"142423278/", "model_final_af9cf5", "Cityscapes model: shorter side 1024, longer at most 2048 pixels",
     set_cityscapes},
    {"144219072/", "model_final_571f7c", lvis, set_lvis},
    {"144219035/", "model_final_824ab5", lvis, set_lvis},
    {"144219108/", "model_final_5e3439", lvis, set_lvis},
    {"137781054/", "model_final_7ab50c", detectron1, set_detectron1},
    {"137781281/", "model_final_62ca52", detectron1, set_detectron1},
    {"184226666/", "model_final_5ce33e", scratch, set_scratch},
    {"183808979/", "model_final_da7b4c", scratch, set_scratch},
    {"137781195/", "model_final_cce136", detectron1, set_detectron1},
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

/// The numbers of a tensor that old files have beside those of the network; empty, if it is not there.
/// @throws Error if it is of other numbers than expected
[[nodiscard]] inline std::vector<double> told_numbers(const Weights& weights, const std::string& name,
                                                      std::size_t multiple) {
  std::vector<double> numbers;
  const StoredTensor* const tensor = weights.find(name);
  if (tensor == nullptr) return numbers;
  const std::size_t count = is_float(tensor->type) ? tensor->count() : 0;
  if (count == 0 || count % multiple != 0 || count > 1000)
    fail("weights: '", name, "' has shape ", shape_text(tensor->shape), " of ", tensor->type_name, ", expected ",
         multiple, " floats, or a multiple of that (file ", weights.file(), ")");
  for (std::size_t i = 0; i < count; ++i) numbers.push_back(tensor->element<double>(i));
  return numbers;
}

inline void read_pixel_statistics(const Weights& weights, const char* name, std::array<double, 3>& values) {
  const auto numbers = told_numbers(weights, name, 3);
  if (numbers.size() == 3) std::copy(numbers.begin(), numbers.end(), values.begin());
}

/// `value`, or the number of few digits that it is but for the rounding of a float.
[[nodiscard]] inline double unrounded(double value) {
  const double near = std::round(value * 1e4) / 1e4;
  return std::abs(value - near) < 1e-5 * std::abs(value) ? near : value;
}

/// Anchors as old files have them: of each level, corners around 0, every ratio of the first size, then of the next.
/// @throws Error if they are of no sizes and ratios
inline void read_anchors(const Weights& weights, ModelConfig& config) {
  std::vector<std::vector<double>> sizes, ratios;
  for (std::size_t level = 0;; ++level) {
    const std::string name = "rpn.anchor_generator.cell_anchors." + std::to_string(level);
    const auto corners = told_numbers(weights, name, 4);
    if (corners.empty()) break;
    auto& size = sizes.emplace_back();
    auto& ratio = ratios.emplace_back();
    const auto nearly = [](double a, double b) { return std::abs(a - b) < 1e-3 * std::max(std::abs(a), std::abs(b)); };
    bool fine = true;
    for (std::size_t i = 0; i < corners.size(); i += 4) {
      const double width = corners[i + 2] - corners[i], height = corners[i + 3] - corners[i + 1];
      fine = fine && width > 0 && height > 0 && nearly(corners[i], -width / 2) && nearly(corners[i + 1], -height / 2);
      const double of = unrounded(std::sqrt(width * height)), like = unrounded(height / width);
      if (size.empty() || !nearly(size.back(), of)) size.push_back(of);
      if (size.size() == 1) ratio.push_back(like);
      fine = fine && nearly(ratio[i / 4 % ratio.size()], like);
    }
    if (!fine || size.size() * ratio.size() * 4 != corners.size())
      fail("weights: '", name,
           "' expects the corners of anchors around 0, every ratio of each size, found others (file ", weights.file(),
           ")");
  }
  if (sizes.empty()) return;
  config.anchor_sizes = sizes;
  config.anchor_aspect_ratios = ratios;
}

/// The only published model of this depth. Its backbone comes from Caffe2, by a version of detectron2 whose batch norms
/// may have no statistics; a pyramid without norms tells that they are no group norms.
inline void set_resnext152(const Weights& weights, ModelConfig& config) {
  config.notes.emplace_back("as detectron2's ResNeXt-152, the file is taken for a model of image_std 1, 1, 1");
  if (weights.find("backbone.body.bn1.running_mean") != nullptr ||
      weights.find("backbone.fpn.inner_blocks.0.1.weight") != nullptr)
    return;
  config.norms_without_statistics = true;
  config.notes.emplace_back("norms of its backbone have no statistics, which are taken for 0 and 1");
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
    config.bottleneck_stride = BottleneckStride::in_3x3;
    if (weights.find("backbone.body.layer3.35.conv1.weight") == nullptr)
      config.image_std = {57.375, 57.12, 58.395};
    else
      set_resnext152(weights, config);
  }
  if (weights.find("backbone.body.bn1.weight") != nullptr &&
      weights.find("backbone.body.bn1.running_mean") == nullptr && !config.bottleneck_stride) {
    config.bottleneck_stride = BottleneckStride::in_3x3;
    config.notes.emplace_back(
        "as in detectron2's networks of group norms, 3 x 3 convolutions are taken to have the stride");
  }
  if (weights.find("backbone.body.stem.0.weight") != nullptr) config.image_std = {57.375, 57.12, 58.395};  // RegNet
  read_pixel_statistics(weights, "pixel_mean", config.image_mean);
  read_pixel_statistics(weights, "pixel_std", config.image_std);
  read_anchors(weights, config);
  if (const ZooFile* const file = zoo_file(weights.file())) {
    file->set(config);
    config.notes.push_back(std::string("by its path, the file is detectron2's ") + file->what);
  } else if (const std::size_t classes = labels_of(weights).objects(); classes == 1230 || classes == 1203) {
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
