// maskrcnn-benchmark's names, and what its models' configuration files say.
#pragma once

#include <maskrcnn/weights/coco_classes.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <maskrcnn/weights/naming/name_parts.hpp>
#include <maskrcnn/weights/weights.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS::naming::maskrcnn_benchmark {

[[nodiscard]] inline bool recognise(const NamedTensors& tensors, const FileMetadata&) {
  return any_below(tensors, "roi_heads.box.");
}

[[nodiscard]] inline std::optional<std::string> rename(std::string_view name) {
  for (const auto& [theirs, ours] :
       {Renamed{"backbone.fpn.fpn_inner", "backbone.fpn.inner_blocks."},
        Renamed{"backbone.fpn.fpn_layer", "backbone.fpn.layer_blocks."},
        Renamed{"roi_heads.mask.feature_extractor.mask_fcn", "roi_heads.mask_head."},
        Renamed{"roi_heads.keypoint.feature_extractor.conv_fcn", "roi_heads.keypoint_head."}})
    if (const auto rest = after(name, theirs))
      if (const auto layer = numbered(*rest, 1))
        return joined({ours, std::to_string(layer->number), ".0.", layer->rest});
  for (const auto& [theirs, ours] :
       {Renamed{"backbone.body.stem.", "backbone.body."}, Renamed{"rpn.head.conv.", "rpn.head.conv.0.0."},
        // the last layer works on RoIs, and both heads have the same one
        Renamed{"roi_heads.box.feature_extractor.head.", "backbone.body."},
        Renamed{"roi_heads.mask.feature_extractor.head.", "backbone.body."},
        Renamed{"roi_heads.box.feature_extractor.", "roi_heads.box_head."},
        Renamed{"roi_heads.box.predictor.", "roi_heads.box_predictor."},
        Renamed{"roi_heads.mask.predictor.", "roi_heads.mask_predictor."},
        Renamed{"roi_heads.keypoint.predictor.", "roi_heads.keypoint_predictor."},
        Renamed{"backbone.body.", "backbone.body."}, Renamed{"rpn.", "rpn."}})
    if (const auto rest = after(name, theirs)) return joined({ours, *rest});
  return std::nullopt;
}

/// What configuration files of both libraries say, this one's and Detectron's.
[[nodiscard]] inline ModelConfig defaults(const Weights& weights) {
  ModelConfig config;
  config.image_mean = {102.9801, 115.9465, 122.7717};
  config.image_std = {1, 1, 1};
  config.batch_norm_epsilon = MaskrcnnBenchmark::frozen_batch_norm_epsilon;
  if (weights.find("backbone.fpn.inner_blocks.0.0.weight") == nullptr) {  // C4
    config.anchor_sizes = {{32, 64, 128, 256, 512}};
    config.anchor_aspect_ratios = {{0.5, 1.0, 2.0}};
    config.rpn_pre_nms_top_n = 6000;
    config.box_sampling_ratio = config.mask_sampling_ratio = 0;
  }
  const StoredTensor* const conv = weights.find("backbone.body.layer1.0.conv2.weight");
  if (conv != nullptr && conv->shape.size() == 4 && conv->shape[0] != conv->shape[1])  // ResNeXt
    config.bottleneck_stride = BottleneckStride::in_3x3;
  return config;
}

inline constexpr NamingScheme scheme{.name = MaskrcnnBenchmark::naming,
                                     .convention = MaskrcnnBenchmark::name,
                                     .background = MaskrcnnBenchmark::background,
                                     .recognise = recognise,
                                     .rename = rename,
                                     .defaults = defaults,
                                     .coco_names = coco_names_behind_background};

}  // namespace maskrcnn::naming::maskrcnn_benchmark
