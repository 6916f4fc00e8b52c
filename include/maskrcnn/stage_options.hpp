/// What a convention and a configuration mean to each stage: the only place where stages' options are made of them.
#pragma once

#include <algorithm>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/labels.hpp>
#include <maskrcnn/layers/compute.hpp>
#include <maskrcnn/ops/box_coder.hpp>
#include <maskrcnn/ops/roi_grid.hpp>
#include <maskrcnn/stages/anchors.hpp>
#include <maskrcnn/stages/box_head.hpp>
#include <maskrcnn/stages/mask_head.hpp>
#include <maskrcnn/stages/multi_level_roi.hpp>
#include <maskrcnn/stages/paste_masks.hpp>
#include <maskrcnn/stages/preprocess.hpp>
#include <maskrcnn/stages/rpn.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <optional>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// @param size_divisor of the backbone
template <Convention C>
[[nodiscard]] PreprocessOptions preprocess_options(const ModelConfig& config, int size_divisor = 32) {
  static_assert(
      C::resampler == Resampler::bilinear || C::resampler == Resampler::pillow || C::resampler == Resampler::opencv,
      "maskrcnn: Preprocess resamples as torch, Pillow or OpenCV does; a convention that resamples otherwise "
      "needs its own resampler there");
  return {.image_mean = config.image_mean,
          .image_std = config.image_std,
          .min_size = config.min_size,
          .max_size = config.max_size,
          .size_divisor = std::max(size_divisor, C::least_size_divisor),
          .channel_order = config.channel_order.value_or(C::channel_order),
          .pixel_scale = C::pixel_scale,
          .size_rule = C::size_rule,
          .size_rounding = C::size_rounding,
          .resampler = C::resampler};
}

/// @param finest_stride of the backbone
template <Convention C>
[[nodiscard]] AnchorOptions anchor_options(const ModelConfig& config, int finest_stride = 4) {
  return {.sizes = config.anchor_sizes,
          .aspect_ratios = config.anchor_aspect_ratios,
          .finest_stride = finest_stride,
          .rounding = C::anchor_rounding,
          .offset = C::anchor_offset,
          .order = C::anchor_order,
          .stride = C::anchor_stride};
}

/// What the tensors of norms do not tell, behind the backbone.
[[nodiscard]] inline NormOptions norm_options(const ModelConfig& config) {
  return {.epsilon = config.batch_norm_epsilon.value_or(0.0),
          .groups = static_cast<Index>(config.group_norm_groups.value_or(32))};
}

/// The same in the backbone.
[[nodiscard]] inline NormOptions backbone_norm_options(const ModelConfig& config) {
  NormOptions norms = norm_options(config);
  norms.without_statistics = config.norms_without_statistics.value_or(false);
  return norms;
}

/// @param weights what deltas are divided by
template <Convention C>
[[nodiscard]] constexpr BoxRule box_rule(const BoxWeights& weights) {
  return {.weights = weights, .limited_shrinking = C::limited_shrinking, .whole_pixels = C::whole_pixels};
}

/// A tower behind the backbone.
/// @param channels of the features
[[nodiscard]] inline ConvTowerOptions tower_options(const ModelConfig& config, Index channels, const Compute& compute) {
  return {.channels = channels,
          .norms = norm_options(config),
          .winograd_tile = compute.winograd_tile(),
          .compute = compute};
}

/// @param channels of the features
template <Convention C>
[[nodiscard]] RpnOptions rpn_options(const ModelConfig& config, Index channels, const Compute& compute = {}) {
  return {.tower = tower_options(config, channels, compute),
          .proposals = {.count = static_cast<Index>(config.rpn_pre_nms_top_n),
                        .score_threshold = config.rpn_score_threshold,
                        .objectness = C::objectness,
                        .min_size = C::proposal_min_size,
                        .boxes = box_rule<C>({})},
          .nms = {.iou_threshold = config.rpn_nms_threshold,
                  .limit = static_cast<Index>(config.rpn_post_nms_top_n),
                  .shift_limit = static_cast<Index>(C::nms_shift_limit)}};
}

/// @param levels of the backbone that RoIs are read from
template <Convention C>
[[nodiscard]] constexpr RoiLevelOptions roi_level_options(std::size_t levels, int finest_stride) {
  return {.levels = levels,
          .finest_stride = finest_stride,
          .scale = C::roi_scale,
          .from_finest = C::level_from_finest,
          .epsilon_inside_log = C::level_epsilon_inside_log,
          .epsilon_outside_log = C::level_epsilon_outside_log};
}

/// How RoIs become features of `bins` x `bins`, for a head whose options these are.
/// @param samples what the configuration says of them
template <Convention C>
[[nodiscard]] RoiSpec roi_spec(const ModelConfig& config, Index bins, const std::optional<int>& samples) {
  RoiSpec spec{static_cast<int>(bins), C::roi};
  spec.rule.samples = samples.value_or(spec.rule.samples);
  spec.rule.aligned = config.roi_align_aligned.value_or(spec.rule.aligned);
  return spec;
}

/// What decides which refined boxes become detections.
template <Convention C>
[[nodiscard]] DetectionRule detection_rule(const ModelConfig& config) {
  return {.score_threshold = config.box_score_threshold,
          .nms = {.iou_threshold = config.box_nms_threshold,
                  .limit = static_cast<Index>(config.max_detections),
                  .shift_limit = static_cast<Index>(C::nms_shift_limit)},
          .background = C::background,
          .in_original = C::refined_in_original,
          .min_size = C::detection_min_size,
          .boxes = box_rule<C>(box_head_weights)};
}

/// What a backbone asks of the features of RoIs.
struct RoiFeatureNeeds {
  int bins = 7;           ///< per axis, where neither the configuration nor the weights say
  bool averaged = false;  ///< see `BoxPredictorOptions`
};

/// @param channels of the features of a RoI
template <Convention C>
[[nodiscard]] BoxHeadOptions box_head_options(const ModelConfig& config, Index channels, const RoiFeatureNeeds& needs,
                                              const Compute& compute = {}) {
  BoxHeadOptions options{.predictor = {.tower = tower_options(config, channels, compute),
                                       .bins = static_cast<Index>(config.box_pool_size.value_or(needs.bins)),
                                       .bins_told = config.box_pool_size.has_value(),
                                       .averaged = needs.averaged,
                                       .background = C::background},
                         .detections = detection_rule<C>(config)};
  options.predictor.tower.winograd_tile = 4;  // scores are made of these: the exact tiles in every precision
  return options;
}

/// How masks are drawn: the file's, else the convention's.
template <Convention C>
[[nodiscard]] PasteOptions paste_options(const ModelConfig& config) {
  return {.paste = config.mask_paste.value_or(C::mask_paste), .threshold = config.mask_threshold};
}

/// Whether a configuration suits the network.
/// @param levels  of the backbone
/// @param classes of the box branch, background included
/// @throws Error if it does not
template <Convention C>
void check_config(const ModelConfig& config, std::size_t levels, Index classes) {
  if (config.anchor_sizes.size() != levels)
    fail("model: expected anchor_sizes for the ", levels, " levels of the backbone, found ",
         config.anchor_sizes.size());
  if (C::roi.quantised && (config.box_sampling_ratio || config.mask_sampling_ratio || config.keypoint_sampling_ratio ||
                           config.roi_align_aligned))
    fail(
        "model: expected no box_sampling_ratio, mask_sampling_ratio, keypoint_sampling_ratio and roi_align_aligned for "
        "RoIPool, which has none, found one of them");
  const Index labels = Labels{classes, C::background}.names();
  if (!config.class_names.empty() && config.class_names.size() != labels)
    fail("model: expected ", labels, " class names, one for each label of the weights, found ",
         config.class_names.size());
}

}  // namespace maskrcnn
