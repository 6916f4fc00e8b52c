#include <maskrcnn/weights/model_metadata.hpp>

#include "support.hpp"

using maskrcnn::ModelConfig;

TEST_CASE("every fact of a model survives the way into a file and back") {
  ModelConfig config;
  config.image_mean = {0.1, 0.2, 0.3};
  config.image_std = {0.4, 0.5, 0.6};
  config.min_size = 320;
  config.max_size = 640;
  config.anchor_sizes = {{8}, {16}};
  config.anchor_aspect_ratios = {{1, 3}, {0.5, 2}};
  config.rpn_pre_nms_top_n = 11;
  config.rpn_post_nms_top_n = 12;
  config.rpn_score_threshold = 0.01;
  config.rpn_nms_threshold = 0.6;
  config.box_score_threshold = 0.3;
  config.box_nms_threshold = 0.4;
  config.max_detections = 13;
  config.mask_threshold = 0.7;
  config.batch_norm_epsilon = 0.001;
  config.class_names = {"__background__", "nucleus"};
  config.dilations = {1, 1, 2, 1};
  config.box_pool_size = 5;
  config.mask_pool_size = 28;
  config.box_sampling_ratio = 0;
  config.mask_sampling_ratio = 4;
  config.roi_align_aligned = true;
  config.group_norm_groups = 16;
  config.norms_without_statistics = false;
  const auto back = [](const ModelConfig& written) {
    test::MadeWeights file;
    for (const auto& [key, value] : maskrcnn::metadata_of(written, "mask_rcnn_resnet50_fpn", "torchvision"))
      file.say(key, value);
    return ModelConfig::from(file.weights());
  };
  const auto same = [&](const ModelConfig& written) {
    return maskrcnn::metadata_of(back(written), "a", "b") == maskrcnn::metadata_of(written, "a", "b");
  };
  CHECK(same(config));
  for (const auto paste : {maskrcnn::MaskPaste::integer_box, maskrcnn::MaskPaste::sampled})
    for (const auto stride : {maskrcnn::BottleneckStride::in_1x1, maskrcnn::BottleneckStride::in_3x3}) {
      config.mask_paste = paste;
      config.bottleneck_stride = stride;
      CHECK(same(config));
      CHECK(back(config).mask_paste == paste);
      CHECK(back(config).bottleneck_stride == stride);
    }
  for (const auto order : {maskrcnn::ChannelOrder::bgr, maskrcnn::ChannelOrder::rgb}) {
    config.channel_order = order;
    CHECK(same(config));
    CHECK(back(config).channel_order == order);
  }
  for (const auto orientation : {maskrcnn::ExifOrientation::ignore, maskrcnn::ExifOrientation::apply})
    for (const auto intensity :
         {maskrcnn::Intensity::none, maskrcnn::Intensity::minmax, maskrcnn::Intensity::percentile}) {
      config.exif_orientation = orientation;
      config.intensity = intensity;
      CHECK(same(config));
      CHECK(back(config).exif_orientation == orientation);
      CHECK(back(config).intensity == intensity);
    }
}

TEST_CASE("a full configuration is written under every key there is") {
  ModelConfig config;
  config.class_names = {"__background__", "nucleus"};
  config.batch_norm_epsilon = 0;
  config.group_norm_groups = 8;
  config.norms_without_statistics = true;
  config.bottleneck_stride = maskrcnn::BottleneckStride::in_1x1;
  config.mask_paste = maskrcnn::MaskPaste::sampled;
  config.box_pool_size = config.mask_pool_size = config.box_sampling_ratio = config.mask_sampling_ratio = 14;
  config.keypoint_pool_size = config.keypoint_sampling_ratio = 14;
  config.roi_align_aligned = true;
  config.exif_orientation = maskrcnn::ExifOrientation::apply;
  config.intensity = maskrcnn::Intensity::percentile;
  config.channel_order = maskrcnn::ChannelOrder::bgr;
  const auto metadata = maskrcnn::metadata_of(config, "mask_rcnn_resnet50_fpn", "torchvision");
  const auto keys = maskrcnn::metadata_keys();
  CHECK(keys.size() == metadata.size());
  for (const auto& key : keys) CHECK(metadata.contains(key));
  CHECK(metadata.at("mask_paste") == "sampled");
  CHECK(metadata.at("stride_in_1x1") == "true");
  CHECK(metadata.at("exif_orientation") == "apply");
  CHECK(metadata.at("intensity") == "percentile");
  CHECK(metadata.at("channel_order") == "bgr");
  CHECK(metadata.at("classes") == R"(["__background__","nucleus"])");
  // what is empty says nothing
  CHECK(maskrcnn::metadata_of(ModelConfig(), "a", "b").size() == keys.size() - 15);
}
