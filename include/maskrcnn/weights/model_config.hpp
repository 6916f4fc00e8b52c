/// Model facts that tensors do not tell: sizes, thresholds, anchors, class names.
#pragma once

#include <array>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/convention.hpp>
#include <optional>
#include <string>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

class Weights;

/// What a model is built with besides its weights. Defaults are torchvision's `maskrcnn_resnet50_fpn`, or those of
/// another model that a file is recognised as; its `__metadata__` overrides them, key by key, under torchvision's
/// constructor names; the caller may change any.
struct ModelConfig {
  std::array<double, 3> image_mean{0.485, 0.456, 0.406};  ///< per channel, after division by the pixel scale
  std::array<double, 3> image_std{0.229, 0.224, 0.225};
  /// Which colour is the network's first channel; empty: as the convention has it. Mean and deviation are in that
  /// order.
  std::optional<ChannelOrder> channel_order{};
  int min_size = 800;   ///< the shorter side of an image is resized to this many pixels,
  int max_size = 1333;  ///< unless the longer side would exceed this many
  /// Whether image files are turned as their cameras have marked them; empty: as the convention does. The model takes
  /// pixels and never turns them: `io::read_options` hands this to the reader of files.
  std::optional<ExifOrientation> exif_orientation{};
  /// How values of image files are spread before the model sees them; as above, for the reader of files.
  Intensity intensity = Intensity::none;

  std::vector<std::vector<double>> anchor_sizes{{32}, {64}, {128}, {256}, {512}};  ///< per level, pixels
  std::vector<std::vector<double>> anchor_aspect_ratios{5, {0.5, 1.0, 2.0}};       ///< per level, height / width

  int rpn_pre_nms_top_n = 1000;    ///< proposals per level before suppression
  int rpn_post_nms_top_n = 1000;   ///< proposals of all levels after it
  double rpn_score_threshold = 0;  ///< proposals need an objectness of at least this
  double rpn_nms_threshold = 0.7;  ///< IoU above which the weaker proposal goes

  double box_score_threshold = 0.05;  ///< detections need a score above this
  double box_nms_threshold = 0.5;     ///< IoU above which the weaker detection of a class goes
  int max_detections = 100;           ///< detections per image
  double mask_threshold = 0.5;        ///< pixels with at least this probability belong to the object
  /// How masks are drawn; empty: as the convention does. `sampled` keeps the outlines of small objects.
  std::optional<MaskPaste> mask_paste{};

  /// Epsilon of every batch norm; empty: as `resolved` of `batch_norm_epsilon.hpp` finds it.
  std::optional<double> batch_norm_epsilon{};
  /// Norms without running statistics are group norms of so many groups; empty: 32.
  std::optional<int> group_norm_groups{};
  /// Whether those of the backbone are batch norms whose statistics are 0 and 1 instead, as old files have them that
  /// were made of Caffe2's; empty: no.
  std::optional<bool> norms_without_statistics{};
  /// Which convolution of a bottleneck carries the stride; empty: the convention's.
  std::optional<BottleneckStride> bottleneck_stride{};
  /// Cells between the taps of the 3 x 3 convolutions in each layer of a residual network, besides what its neck asks
  /// for (DC5: 2 in the last).
  std::array<int, 4> dilations{1, 1, 1, 1};

  // How RoIs are read, which tensors do not tell, but for the size where fully connected layers take the features.
  std::optional<int> box_pool_size{};   ///< bins per axis, for the box head; empty: the weights', else the backbone's
  std::optional<int> mask_pool_size{};  ///< the same for the mask head; masks have twice as many pixels
  std::optional<int> keypoint_pool_size{};  ///< the same for the keypoint head; heatmaps have four times as many pixels
  std::optional<int> box_sampling_ratio{};  ///< points per bin and axis, 0: as many as fit; empty: the convention's
  std::optional<int> mask_sampling_ratio{};
  std::optional<int> keypoint_sampling_ratio{};
  std::optional<bool> roi_align_aligned{};  ///< whether the half-pixel shift is minded; empty: the convention's

  /// Names by label, background included where it is the first class. A file without names and with COCO's number of
  /// classes has its names.
  std::vector<std::string> class_names{};
  /// For people: what was assumed where the file does not say. A line each; no part of the model.
  std::vector<std::string> notes{};

  /// The defaults of the family that `weights` are of, changed by their metadata; bodies: `model_config_from.inl`.
  /// @throws Error naming key, expected and found, if a value cannot be read or makes no sense
  [[nodiscard]] static ModelConfig from(const Weights& weights);

  /// Bodies: `model_config_validate.inl`.
  /// @throws Error naming the field, if a value makes no sense
  void validate(const std::string& where) const;
};

/// Epsilon of the batch norms as far as a file tells it: metadata say it, and the counters that training leaves mean
/// PyTorch's `BatchNorm2d`, as frozen norms have none. Bodies: `model_config_from.inl`.
[[nodiscard]] std::optional<double> told_batch_norm_epsilon(const Weights& weights);

/// Calls `visit(key, field)` for every fact that metadata can say, with its key there: reading, writing and the list of
/// keys are made of this.
/// @param config a `ModelConfig`, const or not
template <class Config, class Visit>
void for_each_fact(Config& config, const Visit& visit) {
  visit("classes", config.class_names);
  visit("stride_in_1x1", config.bottleneck_stride);
  visit("dilations", config.dilations);
  visit("image_mean", config.image_mean);
  visit("image_std", config.image_std);
  visit("channel_order", config.channel_order);
  visit("min_size", config.min_size);
  visit("max_size", config.max_size);
  visit("exif_orientation", config.exif_orientation);
  visit("intensity", config.intensity);
  visit("anchor_sizes", config.anchor_sizes);
  visit("anchor_aspect_ratios", config.anchor_aspect_ratios);
  visit("rpn_pre_nms_top_n", config.rpn_pre_nms_top_n);
  visit("rpn_post_nms_top_n", config.rpn_post_nms_top_n);
  visit("rpn_nms_thresh", config.rpn_nms_threshold);
  visit("rpn_score_thresh", config.rpn_score_threshold);
  visit("box_score_thresh", config.box_score_threshold);
  visit("box_nms_thresh", config.box_nms_threshold);
  visit("box_detections_per_img", config.max_detections);
  visit("box_pool_size", config.box_pool_size);
  visit("box_sampling_ratio", config.box_sampling_ratio);
  visit("mask_pool_size", config.mask_pool_size);
  visit("mask_sampling_ratio", config.mask_sampling_ratio);
  visit("keypoint_pool_size", config.keypoint_pool_size);
  visit("keypoint_sampling_ratio", config.keypoint_sampling_ratio);
  visit("roi_align_aligned", config.roi_align_aligned);
  visit("mask_thresh", config.mask_threshold);
  visit("mask_paste", config.mask_paste);
  visit("batch_norm_eps", config.batch_norm_epsilon);
  visit("group_norm_groups", config.group_norm_groups);
  visit("norms_without_statistics", config.norms_without_statistics);
}

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/weights/model_config_from.inl>
#include <maskrcnn/weights/model_config_validate.inl>
#endif
