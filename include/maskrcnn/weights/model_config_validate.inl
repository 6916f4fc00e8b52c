// ModelConfig::validate: which values make sense.
#pragma once

#include <cstddef>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/number.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <string>

namespace maskrcnn::inline MASKRCNN_FLAGS {

MASKRCNN_FUNCTION void ModelConfig::validate(const std::string& where) const {
  const auto require = [&where](bool fine, const char* expected, const auto& found) {
    if (!fine) fail("model: expected ", expected, ", found ", found, " (", where, ")");
  };
  for (const double deviation : image_std)
    require(is_finite(deviation) && deviation > 0, "positive image_std", deviation);
  for (const double mean : image_mean) require(is_finite(mean), "finite image_mean", mean);
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
  require(rpn_nms_threshold >= 0 && rpn_nms_threshold <= 1, "rpn_nms_thresh from 0 to 1", rpn_nms_threshold);
  require(box_nms_threshold >= 0 && box_nms_threshold <= 1, "box_nms_thresh from 0 to 1", box_nms_threshold);
  require(mask_threshold >= 0 && mask_threshold <= 1, "mask_thresh from 0 to 1", mask_threshold);
  require(is_finite(rpn_score_threshold), "a finite rpn_score_thresh", rpn_score_threshold);
  require(is_finite(box_score_threshold), "a finite box_score_thresh", box_score_threshold);
  require(rpn_pre_nms_top_n >= 0, "rpn_pre_nms_top_n of 0 or more", rpn_pre_nms_top_n);
  require(rpn_post_nms_top_n >= 0, "rpn_post_nms_top_n of 0 or more", rpn_post_nms_top_n);
  require(max_detections >= 0, "box_detections_per_img of 0 or more", max_detections);
  for (const auto& size : {box_pool_size, mask_pool_size, keypoint_pool_size})
    require(!size || (*size >= 1 && *size <= 64), "box_pool_size, mask_pool_size and keypoint_pool_size from 1 to 64",
            size.value_or(0));
  for (const auto& ratio : {box_sampling_ratio, mask_sampling_ratio, keypoint_sampling_ratio})
    require(!ratio || (*ratio >= 0 && *ratio <= 64),
            "box_sampling_ratio, mask_sampling_ratio and keypoint_sampling_ratio from 0 to 64", ratio.value_or(0));
  for (const int dilation : dilations) require(dilation >= 1 && dilation <= 16, "dilations from 1 to 16", dilation);
  require(!group_norm_groups || (*group_norm_groups >= 1 && *group_norm_groups <= 4096),
          "group_norm_groups from 1 to 4096", group_norm_groups.value_or(0));
  require(!batch_norm_epsilon || (is_finite(*batch_norm_epsilon) && *batch_norm_epsilon >= 0),
          "batch_norm_eps of 0 or more", batch_norm_epsilon.value_or(0));
}

}  // namespace maskrcnn
