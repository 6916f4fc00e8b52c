/// What the configuration text of an mmdetection file says of a model.
#pragma once

#include <algorithm>
#include <array>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/weights/byte_reader.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <maskrcnn/weights/naming/python_text.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::naming::mmdetection {

/// A configuration as mmcv (version 2) and mmengine (version 3) write it, read for what a model here is built of. What
/// it says and nothing here can do is refused; what is there but no plain value is noted.
class ConfigText {
 public:
  /// @param text must outlive this
  ConfigText(std::string_view text, std::string file)
      : text_(text), file_(std::move(file)), model_(part(text, "model")) {}

  /// @param pyramid whether the network has one, as its tensors tell
  /// @throws Error if the configuration is of a model that is not read
  void read_into(ModelConfig& config, bool pyramid) const {
    read_pixels(config);
    read_backbone(config, pyramid);
    read_rpn(config);
    read_heads(config);
    read_tests(config);
  }

 private:
  /// What stands in the brackets of the value of `name`. Early files have the texts of the files that a configuration
  /// derives from before its own: then of all values, one after the other, of which the last that says something
  /// counts.
  [[nodiscard]] static std::string part(std::string_view text, std::string_view name) {
    std::string all;
    python_text::for_each_value(text, name, false, [&](std::string_view value) {
      const std::string_view in = python_text::inside(value);
      if (python_text::value_of(in, "_delete_") == "True") all.clear();
      all.append(in).append(",\n");
    });
    return all;
  }

  /// Replaces `value` by that of `name` in `text`, if there is one.
  template <class Value>
  bool read(std::string_view text, std::string_view name, Value& value, ModelConfig& config, bool deep = false) const {
    const std::string_view found = python_text::value_of(text, name, deep);
    if (found.empty() || found == "None") return false;
    if (python_text::parse(found, value)) return true;
    config.notes.push_back("mmdetection's configuration says " + std::string(name) + " = " + printable(found) +
                           ", which is no plain value and was not read");
    return false;
  }

  [[noreturn]] void refuse(std::string_view name, std::string_view found, const char* expected) const {
    fail("weights: mmdetection's configuration in the file says ", name, " = ", printable(found), ", expected ",
         expected, " (file ", file_, ")");
  }

  /// @param expected the word that is fine, or more
  void require_word(std::string_view text, std::string_view name, const std::vector<std::string_view>& expected) const {
    const std::string_view found = python_text::quoted(python_text::value_of(text, name));
    if (found.empty()) return;
    std::string all;
    for (const std::string_view word : expected) {
      if (found == word) return;
      all.append(all.empty() ? "" : " or ").append(word);
    }
    refuse(name, found, all.c_str());
  }

  /// @param expected the value that is fine
  template <class Value>
  void require_value(std::string_view text, std::string_view name, const Value& expected, const char* shown,
                     ModelConfig& config) const {
    Value found = expected;
    if (read(text, name, found, config) && found != expected) refuse(name, python_text::value_of(text, name), shown);
  }

  /// Mean, deviation and channel order: `data_preprocessor` of version 3, the `Normalize` of version 2's pipeline.
  void read_pixels(ModelConfig& config) const {
    const std::string preprocessor = part(model_, "data_preprocessor");
    std::string_view from = preprocessor;
    const bool engine = !from.empty();
    if (!engine) from = python_text::value_of(text_, "test_pipeline");
    if (!engine && python_text::value_of(from, "mean", true).empty())
      from = python_text::value_of(text_, "img_norm_cfg");
    const bool mean = read(from, "mean", config.image_mean, config, true);
    const bool deviation = read(from, "std", config.image_std, config, true);
    std::optional<bool> to_rgb = engine ? std::optional(false) : std::nullopt;
    const bool said = read(from, engine ? "bgr_to_rgb" : "to_rgb", to_rgb, config, true);
    if (to_rgb) config.channel_order = *to_rgb ? ChannelOrder::rgb : ChannelOrder::bgr;
    if (!mean || !deviation || !(said || engine))
      config.notes.emplace_back(
          "mmdetection's configuration in the file does not say all of mean, std and to_rgb: what is missing is "
          "assumed "
          "to be of its 'pytorch' style");
  }

  void read_backbone(ModelConfig& config, bool pyramid) const {
    const std::string backbone = part(model_, "backbone");
    const std::string_view style = python_text::quoted(python_text::value_of(backbone, "style"));
    require_word(backbone, "style", {"pytorch", "caffe"});
    if (!style.empty())
      config.bottleneck_stride = style == "caffe" ? BottleneckStride::in_1x1 : BottleneckStride::in_3x3;
    else
      config.notes.emplace_back(
          "mmdetection's configuration in the file does not say the backbone's style: 'pytorch' is assumed");
    require_convolutions();
    read(part(backbone, "norm_cfg"), "eps", config.batch_norm_epsilon, config);
    require_word(part(model_, "neck"), "type", {"FPN"});
    std::array<int, 4> strides{1, 2, 2, 2}, dilations{1, 1, 1, 1};
    const bool strides_said = read_four(backbone, "strides", strides),
               dilated = read_four(backbone, "dilations", dilations);
    if (pyramid && strides_said && strides != std::array{1, 2, 2, 2})
      refuse("strides", python_text::value_of(backbone, "strides"), "(1, 2, 2, 2) below a pyramid");
    if (pyramid && dilated) config.dilations = dilations;
    if (!pyramid && strides_said && strides[3] != 1)
      refuse("strides", python_text::value_of(backbone, "strides"), "(1, 2, 2, 1) without a pyramid");
    if (!pyramid && dilated && dilations != std::array{1, 1, 1, 2})
      refuse("dilations", python_text::value_of(backbone, "dilations"), "(1, 1, 1, 2) without a pyramid");
  }

  /// Convolutions that are computed otherwise than by the tensors that they have.
  void require_convolutions() const {
    python_text::for_each_value(model_, "conv_cfg", true, [&](std::string_view value) {
      require_word(python_text::inside(value), "type", {"Conv2d", "Conv"});
    });
  }

  /// Of each layer; false for C4's three.
  [[nodiscard]] static bool read_four(std::string_view text, std::string_view name, std::array<int, 4>& values) {
    return python_text::parse(python_text::value_of(text, name), values);
  }

  /// Anchors are boxes of each scale times the level's stride.
  void read_rpn(ModelConfig& config) const {
    const std::string rpn = part(model_, "rpn_head"), anchors = part(rpn, "anchor_generator");
    require_word(rpn, "type", {"RPNHead"});
    require_coder(part(rpn, "bbox_coder"), {1, 1, 1, 1}, "stds of 1", config);
    require_word(anchors, "type", {"AnchorGenerator"});
    for (const char* other : {"octave_base_scale", "base_sizes", "centers"})
      if (const auto found = python_text::value_of(anchors, other); !found.empty() && found != "None")
        refuse(other, found, "anchors by scales and strides");
    require_value(anchors, "center_offset", 0.0, "0", config);
    std::vector<double> scales, ratios, strides;
    const bool all = read_list(anchors, "scales", scales) && read_list(anchors, "ratios", ratios) &&
                     read_list(anchors, "strides", strides);
    if (!all) {
      if (!anchors.empty())
        config.notes.emplace_back(
            "mmdetection's configuration in the file does not plainly say scales, ratios and "
            "strides of anchors: those of its COCO models are assumed");
      return;
    }
    if (strides.size() > 16) refuse("strides", python_text::value_of(anchors, "strides"), "at most 16");
    double expected = config.anchor_sizes.size() == 1 ? 16 : 4;
    for (const double stride : strides) {
      if (stride != expected)
        refuse("strides", python_text::value_of(anchors, "strides"), "4, 8, 16, 32, 64, or 16 without a pyramid");
      expected *= 2;
    }
    config.anchor_sizes.assign(strides.size(), scales);
    for (std::size_t level = 0; level < strides.size(); ++level)
      for (double& size : config.anchor_sizes[level]) size *= strides[level];
    config.anchor_aspect_ratios.assign(strides.size(), ratios);
  }

  [[nodiscard]] static bool read_list(std::string_view text, std::string_view name, std::vector<double>& values) {
    return python_text::parse(python_text::value_of(text, name), values) && !values.empty();
  }

  void require_coder(std::string_view coder, const std::array<double, 4>& stds, const char* shown,
                     ModelConfig& config) const {
    require_word(coder, "type", {"DeltaXYWHBBoxCoder"});
    require_value(coder, "target_stds", stds, shown, config);
    require_value(coder, "target_means", std::array<double, 4>{}, "means of 0", config);
    require_value(coder, "clip_border", std::optional(true), "True", config);
    require_value(coder, "add_ctr_clamp", std::optional(false), "False", config);
  }

  void read_heads(ModelConfig& config) const {
    const std::string heads = part(model_, "roi_head");
    const std::string_view boxes = python_text::value_of(heads, "bbox_head");
    require_word(heads, "type", {"StandardRoIHead", "DynamicRoIHead", "PISARoIHead", "CascadeRoIHead"});
    struct Stds {
      std::array<double, 4> values;
      const char* shown;
    };
    static constexpr Stds stages[] = {
        {{0.1, 0.1, 0.2, 0.2}, "stds of 0.1, 0.1, 0.2, 0.2"},
        {{0.05, 0.05, 0.1, 0.1}, "stds of 0.05, 0.05, 0.1, 0.1 in a second stage"},
        {{0.033, 0.033, 0.067, 0.067}, "stds of 0.033, 0.033, 0.067, 0.067 in a third stage"}};
    if (!boxes.starts_with('[')) {
      read_box_head(part(heads, "bbox_head"), stages[0].values, stages[0].shown, config);
    } else {  // a list of heads: a cascade
      std::string_view rest = python_text::trimmed(python_text::inside(boxes));
      for (const Stds& stds : stages) {
        const std::string_view head = python_text::first_value(rest);
        read_box_head(python_text::inside(head), stds.values, stds.shown, config);
        rest = python_text::trimmed(rest.substr(head.size()));
        if (rest.starts_with(',')) rest = python_text::trimmed(rest.substr(1));
      }
    }
    read_rois(part(heads, "bbox_roi_extractor"), config.box_pool_size, config.box_sampling_ratio, config);
    read_rois(part(heads, "mask_roi_extractor"), config.mask_pool_size, config.mask_sampling_ratio, config);
    require_word(part(heads, "mask_head"), "type", {"FCNMaskHead"});
  }

  void read_box_head(std::string_view box, const std::array<double, 4>& stds, const char* shown,
                     ModelConfig& config) const {
    require_coder(part(box, "bbox_coder"), stds, shown, config);
    require_value(part(box, "loss_cls"), "use_sigmoid", std::optional(false), "False", config);
    require_word(part(box, "loss_cls"), "type", {"CrossEntropyLoss", "FocalLoss", "GHMC"});
    for (const char* predictor : {"cls_predictor_cfg", "reg_predictor_cfg"})
      require_word(part(box, predictor), "type", {"Linear"});
  }

  void read_rois(std::string_view extractor, std::optional<int>& size, std::optional<int>& samples,
                 ModelConfig& config) const {
    require_word(extractor, "type", {"SingleRoIExtractor"});
    require_value(extractor, "finest_scale", 56, "56", config);
    const std::string layer = part(extractor, "roi_layer");
    require_word(layer, "type", {"RoIAlign"});
    require_word(layer, "pool_mode", {"avg"});
    read(layer, "output_size", size, config);
    read(layer, "out_size", size, config);
    read(layer, "sampling_ratio", samples, config);
    read(layer, "aligned", config.roi_align_aligned, config);
    if (const auto found = python_text::value_of(layer, "sample_num"); !found.empty() && found != "0")
      config.notes.push_back("mmdetection's configuration in the file says sample_num = " + printable(found) +
                             ", as before version 2.1; as many samples as fit are taken, as its later ones of the same "
                             "files say (metadata box_sampling_ratio, mask_sampling_ratio)");
  }

  /// Sizes and thresholds.
  void read_tests(ModelConfig& config) const {
    const std::string_view pipeline = python_text::value_of(text_, "test_pipeline");
    std::array<int, 2> scale{};
    if (read(pipeline, "img_scale", scale, config, true) || read(pipeline, "scale", scale, config, true)) {
      config.min_size = std::min(scale[0], scale[1]);
      config.max_size = std::max(scale[0], scale[1]);
    }
    if (python_text::value_of(pipeline, "keep_ratio", true) == "False") refuse("keep_ratio", "False", "True");
    std::string tests = part(model_, "test_cfg");
    if (tests.empty()) tests = part(text_, "test_cfg");  // before version 2.7
    const std::string rpn = part(tests, "rpn"), boxes = part(tests, "rcnn");
    read(rpn, "nms_pre", config.rpn_pre_nms_top_n, config);
    if (!read(rpn, "max_per_img", config.rpn_post_nms_top_n, config))
      read(rpn, "max_num", config.rpn_post_nms_top_n, config);
    read(rpn, "nms_thr", config.rpn_nms_threshold, config);
    read_suppression(rpn, config.rpn_nms_threshold, config);
    require_value(rpn, "min_bbox_size", 0.0, "0", config);
    require_value(rpn, "nms_across_levels", std::optional(false), "False", config);
    read(boxes, "score_thr", config.box_score_threshold, config);
    read(boxes, "max_per_img", config.max_detections, config);
    read(boxes, "mask_thr_binary", config.mask_threshold, config);
    read_suppression(boxes, config.box_nms_threshold, config);
  }

  void read_suppression(std::string_view from, double& threshold, ModelConfig& config) const {
    const std::string rule = part(from, "nms");
    require_word(rule, "type", {"nms"});
    require_value(rule, "class_agnostic", std::optional(false), "False", config);
    if (!read(rule, "iou_threshold", threshold, config)) read(rule, "iou_thr", threshold, config);
  }

  std::string_view text_;
  std::string file_;
  std::string model_;
};

}  // namespace maskrcnn::naming::mmdetection
