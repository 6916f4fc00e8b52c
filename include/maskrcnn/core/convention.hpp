/// Conventions: everything in which implementations of Mask R-CNN differ numerically, as compile-time constants.
#pragma once

#include <concepts>
#include <limits>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/convention_rules.hpp>
#include <maskrcnn/core/image_reading.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// torchvision's `maskrcnn_resnet50_fpn` and its relatives, eager mode, 0.16 and later.
struct Torchvision {
  /// As metadata say it.
  static constexpr const char* name = "torchvision";
  /// The scheme of tensor names (`NamingScheme::name`) whose files are of this convention unless their metadata say
  /// otherwise.
  static constexpr const char* naming = "torchvision";

  /// `decode_image` of torchvision, and Pillow's `open` and `convert`, leave pixels as they are stored.
  static constexpr ExifOrientation exif_orientation = ExifOrientation::ignore;
  static constexpr ChannelOrder channel_order = ChannelOrder::rgb;
  /// Pixels are divided by this before the mean is taken off.
  static constexpr double pixel_scale = 255.0;
  static constexpr SizeRule size_rule = SizeRule::one_scale;
  static constexpr SizeRounding size_rounding = SizeRounding::floor;
  static constexpr Resampler resampler = Resampler::bilinear;
  /// Inputs are padded to a multiple of this where the backbone asks for less.
  static constexpr int least_size_divisor = 1;

  static constexpr BottleneckStride bottleneck_stride = BottleneckStride::in_3x3;
  /// Epsilon of frozen batch norms in a file that does not say (files with `num_batches_tracked` mean 1e-5): the
  /// default of `FrozenBatchNorm2d` since October 2020, which `resnet_fpn_backbone` keeps.
  static constexpr double frozen_batch_norm_epsilon = 1e-5;
  /// The same for ResNet-50 with FPN: torchvision's COCO weights were trained without an epsilon, and most files are
  /// tuned from them. One that was tuned from an ImageNet backbone alone has 1e-5, which its tensors do not tell.
  static constexpr double frozen_batch_norm_epsilon_resnet50_fpn = 0.0;

  static constexpr AnchorRounding anchor_rounding = AnchorRounding::corners;
  /// Where the centre of an anchor is in its cell, in strides from the left and the top.
  static constexpr double anchor_offset = 0;
  static constexpr AnchorOrder anchor_order = AnchorOrder::by_ratio;
  static constexpr AnchorStride anchor_stride = AnchorStride::padded_over_feature;
  /// Proposals at least this wide and high stay (0: strictly greater than 0), in pixels of the resized image.
  static constexpr double proposal_min_size = 1e-3;
  static constexpr Objectness objectness = Objectness::logit_then_probability;

  /// Whether the deltas of width and height have a lower limit, the opposite of their upper one.
  static constexpr bool limited_shrinking = false;

  static constexpr RoiScale roi_scale = RoiScale::from_heights;
  /// Pyramid level of a RoI: floor(4 + log2(sqrt(area) / 224 + inside) + outside), 2 for the map of stride 4; counted
  /// from the finest map, floor(log2(sqrt(area) / 56 + inside) + outside): the same, but for rounding.
  static constexpr bool level_from_finest = false;
  static constexpr double level_epsilon_inside_log = 0.0;
  static constexpr double level_epsilon_outside_log = 1e-6;
  static constexpr RoiRule roi{};

  /// Whether boxes are of whole pixels, the last of which is a part of them: as the networks see them, from x0 to x1 =
  /// x0 + width - 1. The library's own boxes end behind that pixel, at x0 + width, everywhere; where such a network
  /// looks at one, when RoIs are read, boxes scaled and masks drawn, it sees the last pixel.
  static constexpr bool whole_pixels = false;
  /// Whether the box head refines boxes, and suppresses them, in pixels of the original image.
  static constexpr bool refined_in_original = false;

  static constexpr BackgroundClass background = BackgroundClass::first;
  /// Detections narrower or lower than this are dropped before suppression; 0 keeps all.
  static constexpr double detection_min_size = 1e-2;
  /// Up to this many boxes, classes are kept apart by shifting their boxes, in float arithmetic (torchvision compares
  /// shifted boxes, whose rounding decides rare ties); above it, class by class. 0: always class by class.
  static constexpr int nms_shift_limit = 1000;
  /// Whether boxes are cut off at the border of the original image, and dropped if nothing is left.
  static constexpr bool clip_results = false;
  static constexpr CascadeRule cascade{};

  static constexpr MaskPaste mask_paste = MaskPaste::integer_box;
  /// `heatmaps_to_keypoints`; what COCO results are made of them, `CocoEvaluator` of torchvision's references says.
  static constexpr KeypointRule keypoints{};
};

/// torchvision's numbers with RoIPool, the quantised pooling of Fast R-CNN, in place of RoIAlign.
struct TorchvisionRoiPool : Torchvision {
  static constexpr const char* name = "torchvision_roi_pool";

  static constexpr RoiRule roi{.quantised = true, .pooling = Pooling::max};
};

/// torchvision's numbers with the maximum of each bin's samples, as in the paper's text, in place of their average.
struct TorchvisionRoiAlignMax : Torchvision {
  static constexpr const char* name = "torchvision_roi_align_max";

  static constexpr RoiRule roi{.pooling = Pooling::max};
};

/// detectron2's models: R50, R101, X101 with FPN, C4 and DC5.
struct Detectron2 : Torchvision {
  static constexpr const char* name = "detectron2";
  static constexpr const char* naming = "detectron2";

  /// `read_image` of detectron2's `detection_utils.py`.
  static constexpr ExifOrientation exif_orientation = ExifOrientation::apply;
  static constexpr ChannelOrder channel_order = ChannelOrder::bgr;
  static constexpr double pixel_scale = 1.0;
  static constexpr SizeRule size_rule = SizeRule::shorter_then_longer;
  static constexpr SizeRounding size_rounding = SizeRounding::half_up;
  static constexpr Resampler resampler = Resampler::pillow;

  /// As the weights of MSRA's ResNets were trained; ResNeXt has it in the 3 x 3 convolution (`ModelConfig`).
  static constexpr BottleneckStride bottleneck_stride = BottleneckStride::in_1x1;
  static constexpr double frozen_batch_norm_epsilon_resnet50_fpn = 1e-5;

  static constexpr AnchorRounding anchor_rounding = AnchorRounding::none;
  static constexpr AnchorOrder anchor_order = AnchorOrder::by_size;
  static constexpr AnchorStride anchor_stride = AnchorStride::power_of_two;
  static constexpr double proposal_min_size = 0;
  static constexpr Objectness objectness = Objectness::logit;

  static constexpr RoiScale roi_scale = RoiScale::power_of_two;
  static constexpr double level_epsilon_inside_log = 1e-8;
  static constexpr double level_epsilon_outside_log = 0.0;
  static constexpr RoiRule roi{.samples = 0, .aligned = true};

  static constexpr BackgroundClass background = BackgroundClass::last;
  static constexpr double detection_min_size = 0;
  static constexpr bool clip_results = true;
  static constexpr CascadeRule cascade{.stages = 3,
                                       .box_weights = {{{10, 10, 5, 5}, {20, 20, 10, 10}, {30, 30, 15, 15}}},
                                       .scores = CascadeScores::probabilities};

  static constexpr MaskPaste mask_paste = MaskPaste::sampled;
  /// `heatmaps_to_keypoints`, `instances_to_coco_json`; its `Visualizer` draws keypoints above 0.05.
  static constexpr KeypointRule keypoints{
      .score = KeypointScore::share, .sure_from = 0.05, .coco_shift = 0.5, .coco_scores = true};
};

/// mmdetection's models since version 2.0: Mask and Faster R-CNN with FPN, C4 and DC5. Its "caffe" style, whose files
/// say so (`ModelConfig`), reads BGR and strides in the 1 x 1 convolution.
struct MMDetection : Detectron2 {
  static constexpr const char* name = "mmdetection";
  static constexpr const char* naming = "mmdetection";

  static constexpr ChannelOrder channel_order = ChannelOrder::rgb;
  /// `rescale_size` of mmcv.
  static constexpr SizeRule size_rule = SizeRule::one_scale;
  static constexpr Resampler resampler = Resampler::opencv;
  /// `pad_size_divisor` of its configuration files, whatever the backbone.
  static constexpr int least_size_divisor = 32;

  static constexpr BottleneckStride bottleneck_stride = BottleneckStride::in_3x3;

  static constexpr AnchorOrder anchor_order = AnchorOrder::by_ratio;
  static constexpr Objectness objectness = Objectness::probability;
  /// `delta2bbox`.
  static constexpr bool limited_shrinking = true;

  /// `SingleRoIExtractor.map_roi_levels`.
  static constexpr bool level_from_finest = true;
  static constexpr double level_epsilon_inside_log = 1e-6;

  /// `batched_nms` of mmcv shifts boxes however many there are.
  static constexpr int nms_shift_limit = std::numeric_limits<int>::max();
  static constexpr bool clip_results = false;
  /// `CascadeRoIHead`, with the deviations of its configuration files.
  static constexpr CascadeRule cascade{
      .stages = 3,
      .box_weights = {{{10, 10, 5, 5}, {20, 20, 10, 10}, {1 / 0.033, 1 / 0.033, 1 / 0.067, 1 / 0.067}}},
      .scores = CascadeScores::logits};
};

/// maskrcnn-benchmark's models: R50, R101, X101 with FPN, R50 with C4. Its numbers are those of the first
/// implementation, Detectron, but for how images are resized and where boxes are refined.
struct MaskrcnnBenchmark : Torchvision {
  static constexpr const char* name = "maskrcnn_benchmark";
  static constexpr const char* naming = "maskrcnn_benchmark";

  static constexpr ChannelOrder channel_order = ChannelOrder::bgr;
  static constexpr double pixel_scale = 1.0;
  static constexpr SizeRule size_rule = SizeRule::whole_shorter;
  static constexpr Resampler resampler = Resampler::pillow;

  static constexpr BottleneckStride bottleneck_stride = BottleneckStride::in_1x1;
  /// Its frozen norms have none.
  static constexpr double frozen_batch_norm_epsilon = 0;

  static constexpr AnchorRounding anchor_rounding = AnchorRounding::stride;
  static constexpr double anchor_offset = 0.5;
  static constexpr AnchorStride anchor_stride = AnchorStride::power_of_two;
  static constexpr double proposal_min_size = 0;

  static constexpr RoiScale roi_scale = RoiScale::power_of_two;
  static constexpr double level_epsilon_inside_log = 1e-6;
  static constexpr double level_epsilon_outside_log = 0;
  static constexpr bool whole_pixels = true;

  static constexpr double detection_min_size = 0;
  static constexpr int nms_shift_limit = 0;
};

/// Detectron's models, Caffe2's, which maskrcnn-benchmark's follow.
struct Detectron : MaskrcnnBenchmark {
  static constexpr const char* name = "detectron";
  static constexpr const char* naming = "detectron";

  /// `prep_im_for_blob`: OpenCV's resize of floats by one factor.
  static constexpr SizeRule size_rule = SizeRule::one_factor;
  static constexpr SizeRounding size_rounding = SizeRounding::half_even;
  static constexpr Resampler resampler = Resampler::bilinear;

  /// `im_detect_bbox`.
  static constexpr bool refined_in_original = true;
};

/// What a convention has to say. Derive from one that is near and hide what differs.
template <class C>
concept Convention = requires {
  { C::name } -> std::convertible_to<const char*>;
  { C::naming } -> std::convertible_to<const char*>;
  { C::exif_orientation } -> std::convertible_to<ExifOrientation>;
  { C::channel_order } -> std::convertible_to<ChannelOrder>;
  { C::pixel_scale } -> std::convertible_to<double>;
  { C::size_rule } -> std::convertible_to<SizeRule>;
  { C::size_rounding } -> std::convertible_to<SizeRounding>;
  { C::resampler } -> std::convertible_to<Resampler>;
  { C::least_size_divisor } -> std::convertible_to<int>;
  { C::bottleneck_stride } -> std::convertible_to<BottleneckStride>;
  { C::frozen_batch_norm_epsilon } -> std::convertible_to<double>;
  { C::frozen_batch_norm_epsilon_resnet50_fpn } -> std::convertible_to<double>;
  { C::anchor_rounding } -> std::convertible_to<AnchorRounding>;
  { C::anchor_offset } -> std::convertible_to<double>;
  { C::anchor_order } -> std::convertible_to<AnchorOrder>;
  { C::anchor_stride } -> std::convertible_to<AnchorStride>;
  { C::proposal_min_size } -> std::convertible_to<double>;
  { C::objectness } -> std::convertible_to<Objectness>;
  { C::limited_shrinking } -> std::convertible_to<bool>;
  { C::roi_scale } -> std::convertible_to<RoiScale>;
  { C::level_from_finest } -> std::convertible_to<bool>;
  { C::level_epsilon_inside_log } -> std::convertible_to<double>;
  { C::level_epsilon_outside_log } -> std::convertible_to<double>;
  { C::roi } -> std::convertible_to<RoiRule>;
  { C::whole_pixels } -> std::convertible_to<bool>;
  { C::refined_in_original } -> std::convertible_to<bool>;
  { C::background } -> std::convertible_to<BackgroundClass>;
  { C::detection_min_size } -> std::convertible_to<double>;
  { C::nms_shift_limit } -> std::convertible_to<int>;
  { C::clip_results } -> std::convertible_to<bool>;
  { C::cascade } -> std::convertible_to<CascadeRule>;
  { C::mask_paste } -> std::convertible_to<MaskPaste>;
  { C::keypoints } -> std::convertible_to<KeypointRule>;
};

}  // namespace maskrcnn
