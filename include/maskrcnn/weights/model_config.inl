// Bodies of model_config.hpp: what families of models have by default, and the checks.
#pragma once

#include <algorithm>
#include <cmath>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/weights/coco_classes.hpp>
#include <maskrcnn/weights/metadata_value.hpp>
#include <maskrcnn/weights/model_config.hpp>

namespace maskrcnn {

namespace model_config {

/// What torchvision's constructor of its MobileNetV3 models makes by default. Both have the same tensors: which one a
/// file is of says its metadata `architecture`, else its name (torchvision's own has it), else it is the larger.
[[nodiscard]] inline ModelConfig mobilenet(const std::string& name) {
  ModelConfig config;
  config.batch_norm_epsilon = 1e-5;
  config.anchor_sizes.assign(3, {32, 64, 128, 256, 512});
  config.anchor_aspect_ratios.assign(3, {0.5, 1.0, 2.0});
  config.rpn_score_thresh = 0.05;
  if (name.find("mobilenet_v3_large_320") != std::string::npos) {
    config.min_size = 320;
    config.max_size = 640;
    config.rpn_pre_nms_top_n = config.rpn_post_nms_top_n = 150;
  }
  return config;
}

/// What the configuration files of detectron2's models say.
[[nodiscard]] inline ModelConfig detectron2(const Weights& weights) {
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

/// The defaults of the model that a file is recognised as.
[[nodiscard]] inline ModelConfig defaults_of(const Weights& weights) {
  if (convention_of(weights) == "detectron2") return detectron2(weights);
  const std::string architecture = weights.metadata("architecture").value_or("");
  if (!architecture.empty())
    return architecture.find("mobilenet_v3") != std::string::npos ? mobilenet(architecture) : ModelConfig();
  if (weights.find("backbone.body.1.block.0.0.weight") == nullptr) return {};
  return mobilenet(weights.file().substr(weights.file().find_last_of('/') + 1));
}

}  // namespace model_config

MASKRCNN_FUNCTION std::string convention_of(const Weights& weights) {
  return weights.metadata("convention").value_or(weights.naming() == Naming::detectron2 ? "detectron2" : "torchvision");
}

MASKRCNN_FUNCTION std::optional<double> told_batch_norm_epsilon(const Weights& weights) {
  std::optional<double> epsilon;
  metadata_value::read(weights, "batch_norm_eps", epsilon);
  const auto counts = [](const auto& entry) { return entry.first.ends_with(".num_batches_tracked"); };
  if (!epsilon && std::any_of(weights.tensors().begin(), weights.tensors().end(), counts)) epsilon = 1e-5;
  return epsilon;
}

MASKRCNN_FUNCTION ModelConfig ModelConfig::from(const Weights& weights) {
  ModelConfig config = model_config::defaults_of(weights);
  for_each_fact(config, [&](const char* key, auto& fact) { metadata_value::read(weights, key, fact); });
  if (!config.batch_norm_epsilon) config.batch_norm_epsilon = told_batch_norm_epsilon(weights);
  const StoredTensor* const predictor = weights.find("roi_heads.box_predictor.cls_score.bias");
  if (config.class_names.empty() && predictor != nullptr) {
    const bool background_last = convention_of(weights) == "detectron2";
    const auto& coco = background_last ? coco_thing_names() : coco_class_names();
    if (predictor->count() == coco.size() + (background_last ? 1 : 0)) config.class_names = coco;
  }
  config.validate("file " + weights.file());
  return config;
}

MASKRCNN_FUNCTION void ModelConfig::validate(const std::string& where) const {
  const auto require = [&where](bool fine, const char* expected, const auto& found) {
    if (!fine) fail("model: expected ", expected, ", found ", found, " (", where, ")");
  };
  for (const double deviation : image_std)
    require(std::isfinite(deviation) && deviation > 0, "positive image_std", deviation);
  for (const double mean : image_mean) require(std::isfinite(mean), "finite image_mean", mean);
  require(min_size >= 1 && min_size <= 16384, "min_size from 1 to 16384", min_size);
  require(max_size >= min_size && max_size <= 16384, "max_size from min_size to 16384", max_size);
  require(!anchor_sizes.empty() && anchor_sizes.size() == anchor_aspect_ratios.size(),
          "as many lists of anchor_aspect_ratios as of anchor_sizes", anchor_aspect_ratios.size());
  const std::size_t anchors = anchor_sizes.front().size() * anchor_aspect_ratios.front().size();
  for (std::size_t level = 0; level < anchor_sizes.size(); ++level) {
    const std::size_t here = anchor_sizes[level].size() * anchor_aspect_ratios[level].size();
    require(here == anchors && here > 0, "the same number of anchors, at least one, on every level", here);
    for (const double size : anchor_sizes[level]) require(size > 0 && size < 1e5, "anchor_sizes above 0", size);
    for (const double ratio : anchor_aspect_ratios[level])
      require(ratio > 1e-4 && ratio < 1e4, "anchor_aspect_ratios above 0", ratio);
  }
  require(rpn_nms_thresh >= 0 && rpn_nms_thresh <= 1, "rpn_nms_thresh from 0 to 1", rpn_nms_thresh);
  require(box_nms_thresh >= 0 && box_nms_thresh <= 1, "box_nms_thresh from 0 to 1", box_nms_thresh);
  require(mask_threshold >= 0 && mask_threshold <= 1, "mask_thresh from 0 to 1", mask_threshold);
  require(std::isfinite(rpn_score_thresh), "a finite rpn_score_thresh", rpn_score_thresh);
  require(std::isfinite(box_score_threshold), "a finite box_score_thresh", box_score_threshold);
  require(rpn_pre_nms_top_n >= 0, "rpn_pre_nms_top_n of 0 or more", rpn_pre_nms_top_n);
  require(rpn_post_nms_top_n >= 0, "rpn_post_nms_top_n of 0 or more", rpn_post_nms_top_n);
  require(max_detections >= 0, "box_detections_per_img of 0 or more", max_detections);
  require(!batch_norm_epsilon || (std::isfinite(*batch_norm_epsilon) && *batch_norm_epsilon >= 0),
          "batch_norm_eps of 0 or more", batch_norm_epsilon.value_or(0));
}

}  // namespace maskrcnn
