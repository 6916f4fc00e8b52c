#include <maskrcnn/weights/model_config.hpp>

#include "support.hpp"

using maskrcnn::ModelConfig;
using test::MadeWeights;

namespace {

[[nodiscard]] std::string error_of(const std::string& key, const std::string& value) {
  return test::error_of([&] { (void)ModelConfig::from(MadeWeights().say(key, value).weights()); });
}

}  // namespace

TEST_CASE("a file that says nothing is torchvision's") {
  const auto config = ModelConfig::from(MadeWeights().weights());
  CHECK(config.min_size == 800);
  CHECK(config.max_size == 1333);
  CHECK(config.anchor_sizes.size() == 5);
  CHECK(config.max_detections == 100);
  CHECK(config.class_names.empty());
  CHECK_FALSE(config.batch_norm_epsilon.has_value());
  CHECK_FALSE(config.exif_orientation.has_value());
  CHECK(config.intensity == maskrcnn::Intensity::none);
}

TEST_CASE("91 classes are COCO's, a counter of batches means an epsilon of 1e-5") {
  const auto config = ModelConfig::from(MadeWeights()
                                            .add("roi_heads.box_predictor.cls_score.bias", {91})
                                            .add("backbone.body.bn1.num_batches_tracked", {1})
                                            .weights());
  CHECK(config.class_names.size() == 91);
  CHECK(config.class_names[1] == "person");
  CHECK(config.class_names[90] == "toothbrush");
  CHECK(config.batch_norm_epsilon == 1e-5);
}

TEST_CASE("MobileNetV3 models have numbers of their own") {
  const std::string tensor = "backbone.body.1.block.0.0.weight";
  const auto check = [](const ModelConfig& config, bool small) {
    CHECK(config.anchor_sizes == std::vector<std::vector<double>>(3, {32, 64, 128, 256, 512}));
    CHECK(config.anchor_aspect_ratios.size() == 3);
    CHECK(config.batch_norm_epsilon == 1e-5);
    CHECK(config.rpn_score_threshold == 0.05);
    CHECK(config.min_size == (small ? 320 : 800));
    CHECK(config.max_size == (small ? 640 : 1333));
    CHECK(config.rpn_pre_nms_top_n == (small ? 150 : 1000));
    CHECK(config.rpn_post_nms_top_n == (small ? 150 : 1000));
  };
  check(ModelConfig::from(MadeWeights().add(tensor, {1}).weights()), false);
  const std::string small = "faster_rcnn_mobilenet_v3_large_320_fpn", large = "faster_rcnn_mobilenet_v3_large_fpn";
  check(ModelConfig::from(MadeWeights().add(tensor, {1}).say("architecture", large).weights()), false);
  check(ModelConfig::from(MadeWeights().add(tensor, {1}).say("architecture", small).weights()), true);
  // torchvision's two official files differ in their names only
  const auto named = [&](const std::string& file, const maskrcnn::Weights::Metadata& metadata = {}) {
    return ModelConfig::from(maskrcnn::Weights(file, MadeWeights().add(tensor, {1}).weights().tensors(), metadata, {}));
  };
  check(named("a/fasterrcnn_mobilenet_v3_large_320_fpn-907ea3f9.pth"), true);
  check(named("a/fasterrcnn_mobilenet_v3_large_fpn-fb6a3cc7.pth"), false);
  check(named("mobilenet_v3_large_320/mine.safetensors"), false);
  check(named("fasterrcnn_mobilenet_v3_large_320_fpn-907ea3f9.pth", {{"architecture", large}}), false);
  CHECK(named("x", {{"min_size", "400"}, {"rpn_score_thresh", "0.2"}}).min_size == 400);
  CHECK(named("x", {{"min_size", "400"}, {"rpn_score_thresh", "0.2"}}).rpn_score_threshold == 0.2);
}

TEST_CASE("metadata overrides, key by key") {
  const auto config = ModelConfig::from(MadeWeights()
                                            .say("image_mean", "[0.1, 0.2, 0.3]")
                                            .say("min_size", "320")
                                            .say("anchor_sizes", "[[8],[16]]")
                                            .say("anchor_aspect_ratios", "[[1, 2],[1, 2]]")
                                            .say("box_score_thresh", "0.3")
                                            .say("classes", R"(["__background__","nucleus"])")
                                            .say("batch_norm_eps", "0.001")
                                            .say("mask_paste", "sampled")
                                            .say("exif_orientation", "apply")
                                            .say("intensity", "minmax")
                                            .say("something else", "entirely")
                                            .weights());
  CHECK(config.image_mean[2] == 0.3);
  CHECK(config.min_size == 320);
  CHECK(config.anchor_sizes == std::vector<std::vector<double>>{{8}, {16}});
  CHECK(config.box_score_threshold == 0.3);
  CHECK(config.mask_paste == maskrcnn::MaskPaste::sampled);
  CHECK(config.exif_orientation == maskrcnn::ExifOrientation::apply);
  CHECK(config.intensity == maskrcnn::Intensity::minmax);
  CHECK(config.class_names.at(1) == "nucleus");
  CHECK(config.batch_norm_epsilon == 0.001);
}

TEST_CASE("metadata that cannot be read is named, with expected and found") {
  CHECK(error_of("min_size", "large") ==
        "weights: metadata 'min_size' expects an integer from 0 to 1000000, found 'large' (file made)");
  for (const std::string value : {"1.5", "-1", "1e99", "\"3\"", "[3]", "", "99999999999999999999", "null"}) {
    CAPTURE(value);
    CHECK(test::contains(error_of("min_size", value), "'min_size' expects an integer"));
  }
  CHECK(test::contains(error_of("image_mean", "[1,2]"), "'image_mean' expects a list of three numbers, found '[1,2]'"));
  CHECK(test::contains(error_of("image_mean", "[1,2,3,4]"), "expects a list of three numbers, found '[1,2,3,4]'"));
  CHECK(test::contains(error_of("anchor_sizes", "[8,16]"), "expects a list of lists of numbers"));
  CHECK(test::contains(error_of("anchor_sizes", std::string(100000, '[')), "expects a list of lists of numbers"));
  CHECK(test::contains(error_of("classes", "[1]"), "'classes' expects a list of names"));
  CHECK(test::contains(error_of("box_score_thresh", "high"), "expects a number"));
  CHECK(test::contains(error_of("mask_paste", "exact"), "'mask_paste' expects sampled or integer_box, found 'exact'"));
  CHECK(test::contains(error_of("exif_orientation", "6"), "'exif_orientation' expects apply or ignore, found '6'"));
  CHECK(test::contains(error_of("intensity", "bright"), "'intensity' expects none, minmax or percentile, found 'brig"));
}

TEST_CASE("values that make no sense are refused") {
  CHECK(test::contains(error_of("image_std", "[1,0,1]"), "expected positive image_std, found 0 (file made)"));
  CHECK(test::contains(error_of("min_size", "0"), "expected min_size from 1 to 16384, found 0"));
  CHECK(test::contains(error_of("max_size", "10"), "expected max_size from min_size to 16384, found 10"));
  CHECK(test::contains(error_of("anchor_sizes", "[]"), "as many lists"));
  CHECK(test::contains(error_of("anchor_sizes", "[[1],[2],[3],[4],[]]"), "at least one, on every level"));
  CHECK(test::contains(error_of("anchor_sizes", "[[1],[2],[3],[4],[-5]]"), "anchor_sizes above 0, found -5"));
  CHECK(test::contains(error_of("rpn_nms_thresh", "1.5"), "rpn_nms_thresh from 0 to 1, found 1.5"));
  CHECK(test::contains(error_of("batch_norm_eps", "-1"), "batch_norm_eps of 0 or more"));
  ModelConfig config;
  config.mask_threshold = 2;
  CHECK(test::contains(test::error_of([&] { config.validate("here"); }), "mask_thresh from 0 to 1, found 2 (here)"));
}
