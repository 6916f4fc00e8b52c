/// Model facts on their way into a file: what `ModelConfig::from` reads back.
#pragma once

#include <maskrcnn/weights/model_config.hpp>
#include <nlohmann/json.hpp>
#include <string>

namespace maskrcnn {

/// Metadata of a file that is to be built with `config`, whatever its defaults: every key that `ModelConfig::from`
/// knows.
/// @param architecture, convention as the file's reader has recognised them
[[nodiscard]] inline Weights::Metadata metadata_of(const ModelConfig& config, const std::string& architecture,
                                                   const std::string& convention) {
  const auto text = [](const auto& value) { return nlohmann::json(value).dump(); };
  Weights::Metadata metadata{{"architecture", architecture},
                             {"convention", convention},
                             {"image_mean", text(config.image_mean)},
                             {"image_std", text(config.image_std)},
                             {"min_size", text(config.min_size)},
                             {"max_size", text(config.max_size)},
                             {"anchor_sizes", text(config.anchor_sizes)},
                             {"anchor_aspect_ratios", text(config.anchor_aspect_ratios)},
                             {"rpn_pre_nms_top_n", text(config.rpn_pre_nms_top_n)},
                             {"rpn_post_nms_top_n", text(config.rpn_post_nms_top_n)},
                             {"rpn_score_thresh", text(config.rpn_score_thresh)},
                             {"rpn_nms_thresh", text(config.rpn_nms_thresh)},
                             {"box_score_thresh", text(config.box_score_threshold)},
                             {"box_nms_thresh", text(config.box_nms_thresh)},
                             {"box_detections_per_img", text(config.max_detections)},
                             {"mask_thresh", text(config.mask_threshold)}};
  if (config.batch_norm_epsilon) metadata["batch_norm_eps"] = text(*config.batch_norm_epsilon);
  if (config.bottleneck_stride) metadata["stride_in_1x1"] = text(*config.bottleneck_stride == BottleneckStride::in_1x1);
  if (config.mask_paste) metadata["mask_paste"] = *config.mask_paste == MaskPaste::sampled ? "sampled" : "integer_box";
  if (!config.class_names.empty()) metadata["classes"] = text(config.class_names);
  return metadata;
}

}  // namespace maskrcnn
