// Whole networks by maskrcnn-benchmark's convention: slim models under its names, against maskrcnn-benchmark itself.

#include <algorithm>
#include <map>
#include <maskrcnn/maskrcnn.hpp>
#include <maskrcnn/model/any_model.hpp>
#include <maskrcnn/model/architecture.hpp>
#include <maskrcnn/weights/coco_classes.hpp>

#include "golden_detections.hpp"
#include "support.hpp"

using maskrcnn::Detectron;
using maskrcnn::MaskrcnnBenchmark;

namespace {

[[nodiscard]] maskrcnn::Weights weights_of(const std::string& name) {
  const auto weights = maskrcnn::load_weights(MASKRCNN_GOLDEN_DIR "/maskrcnn_benchmark_" + name + "_model.safetensors");
  CHECK(weights.naming().name == std::string("maskrcnn_benchmark"));
  return weights;
}

/// A model of any scalar on the image of a golden file, which is of floats.
template <class Model>
void compare(const std::string& name) {
  CAPTURE(name);
  const test::Golden golden("maskrcnn_benchmark_" + name);
  const Model model(weights_of(name));
  test::check_detections(golden, "float", model(golden.image("case.image")),
                         {.pixels = 1e-2, .score = 1e-4, .mask_pixels = 2});
}

constexpr maskrcnn::ResNetSpec bottleneck{.block = maskrcnn::ResidualBlock::bottleneck};
using DoubleFpn = maskrcnn::ResNetFpn<double, bottleneck>;
using DoubleC4 = maskrcnn::ResNetC4<double, bottleneck>;

}  // namespace

TEST_CASE("maskrcnn-benchmark's models with a pyramid are found again") {
  compare<maskrcnn::MaskRCNN<maskrcnn::BottleneckFpn, MaskrcnnBenchmark>>("fpn");
  compare<maskrcnn::MaskRCNN<DoubleFpn, MaskrcnnBenchmark>>("fpn");
}

TEST_CASE("maskrcnn-benchmark's ResNeXt strides in the 3 x 3 convolution") {
  compare<maskrcnn::FasterRCNN<maskrcnn::BottleneckFpn, MaskrcnnBenchmark>>("resnext");
  CHECK(maskrcnn::ModelConfig::from(weights_of("resnext")).bottleneck_stride == maskrcnn::BottleneckStride::in_3x3);
}

TEST_CASE("both heads of a C4 model share the last layer, which its file has twice") {
  compare<maskrcnn::MaskRCNN<maskrcnn::BottleneckC4, MaskrcnnBenchmark>>("c4");
  compare<maskrcnn::MaskRCNN<DoubleC4, MaskrcnnBenchmark>>("c4");
}

namespace {

/// Detectron's, of floats as well.
template <class Model>
void compare_detectron(const std::string& name) {
  CAPTURE(name);
  const auto weights = maskrcnn::load_weights(MASKRCNN_GOLDEN_DIR "/detectron_" + name + "_model.safetensors");
  CHECK(weights.naming().name == std::string("detectron"));
  const test::Golden golden("detectron_" + name);
  test::check_detections(golden, "float", Model(weights)(golden.image("case.image")),
                         {.pixels = 1e-2, .score = 1e-4, .mask_pixels = 2});
}

}  // namespace

TEST_CASE("Detectron's models are found again, by its blobs, whose norms are scales and shifts") {
  compare_detectron<maskrcnn::MaskRCNN<maskrcnn::BottleneckFpn, Detectron>>("fpn");
  compare_detectron<maskrcnn::MaskRCNN<DoubleFpn, Detectron>>("fpn");
  compare_detectron<maskrcnn::FasterRCNN<maskrcnn::BottleneckFpn, Detectron>>("resnext");
  compare_detectron<maskrcnn::MaskRCNN<maskrcnn::BottleneckC4, Detectron>>("c4");
}

TEST_CASE("names of Detectron's blobs become torchvision's") {
  const auto& schemes = maskrcnn::naming_schemes();
  const auto scheme = std::find_if(schemes.begin(), schemes.end(),
                                   [](const auto& one) { return one.name == std::string("detectron"); });
  REQUIRE(scheme != schemes.end());
  for (const auto& [theirs, ours] : std::map<std::string, std::string>{
           {"conv1_w", "backbone.body.conv1.weight"},
           {"conv1_b", ""},
           {"fc1000_w", ""},
           {"res_conv1_bn_s", "backbone.body.bn1.weight"},
           {"res2_0_branch1_w", "backbone.body.layer1.0.downsample.0.weight"},
           {"res2_0_branch1_bn_b", "backbone.body.layer1.0.downsample.1.bias"},
           {"res4_22_branch2c_bn_s", "backbone.body.layer3.22.bn3.weight"},
           {"res4_35_branch2a_w", "backbone.body.layer3.35.conv1.weight"},
           {"fpn_inner_res5_2_sum_w", "backbone.fpn.inner_blocks.3.0.weight"},
           {"fpn_inner_res4_22_sum_lateral_b", "backbone.fpn.inner_blocks.2.0.bias"},
           {"fpn_res2_2_sum_w", "backbone.fpn.layer_blocks.0.0.weight"},
           {"conv_rpn_fpn2_w", "rpn.head.conv.0.0.weight"},
           {"conv_rpn_w", "rpn.head.conv.0.0.weight"},
           {"rpn_bbox_pred_fpn2_b", "rpn.head.bbox_pred.bias"},
           {"rpn_cls_logits_w", "rpn.head.cls_logits.weight"},
           {"fc7_b", "roi_heads.box_head.fc7.bias"},
           {"_[mask]_fcn4_w", "roi_heads.mask_head.3.0.weight"},
           {"mask_fcn_logits_b", "roi_heads.mask_predictor.mask_fcn_logits.bias"},
       }) {
    const std::string name = theirs;
    CAPTURE(name);
    CHECK(scheme->rename(name) == ours);
  }
  for (const char* unknown :
       {"res6_0_branch1_w", "res2_0_branch2d_w", "res2_x_branch1_w", "res2_0_branch2", "fpn_inner_res1_0_sum_w",
        "fpn_res2_2_sum", "_[mask]_fcn0_w", "kps_score_lowres_w", "res", "fc6", "conv1_"}) {
    CAPTURE(unknown);
    CHECK_FALSE(scheme->rename(unknown).has_value());
  }
}

TEST_CASE("the file says which model it is, without a word") {
  const auto weights = weights_of("fpn");
  CHECK(maskrcnn::architecture_of(weights).name() == "mask_rcnn_resnet50_fpn");
  const maskrcnn::AnyModel model(weights);
  CHECK(model.config().notes.empty());
  const test::Golden golden("maskrcnn_benchmark_fpn");
  test::check_detections(golden, "float", model(golden.image("case.image")).objects(),
                         {.pixels = 1e-2, .score = 1e-4, .mask_pixels = 2});
}

TEST_CASE("boxes of whole pixels end behind the last one, and keep one at the border") {
  using maskrcnn::Box;
  CHECK(maskrcnn::to_last_pixel(Box{3, 4, 10, 12}) == Box{3, 4, 9, 11});
  CHECK(maskrcnn::clip_to_pixels(Box{-5, -5, -2, -2}, {20, 30}) == Box{0, 0, 1, 1});
  CHECK(maskrcnn::clip_to_pixels(Box{50, 50, 60, 60}, {20, 30}) == Box{29, 19, 30, 20});
  CHECK(maskrcnn::clip_to_pixels(Box{2, 3, 4, 5}, {20, 30}) == Box{2, 3, 4, 5});
}

TEST_CASE("anchors are those of the first implementation: whole pixels of a square of the stride, scaled") {
  maskrcnn::ModelConfig config;
  config.anchor_sizes = {{32, 64, 128, 256, 512}};
  config.anchor_aspect_ratios = {{0.5, 1.0, 2.0}};
  const auto anchors = maskrcnn::base_anchors<float>(maskrcnn::anchor_options<MaskrcnnBenchmark>(config, 16), 0);
  REQUIRE(anchors.size() == 15);
  CHECK(maskrcnn::to_last_pixel(anchors[2]) == maskrcnn::Box{-84, -40, 99, 55});       // size 128, ratio 0.5
  CHECK(maskrcnn::to_last_pixel(anchors[7]) == maskrcnn::Box{-56, -56, 71, 71});       // ratio 1
  CHECK(maskrcnn::to_last_pixel(anchors[14]) == maskrcnn::Box{-168, -344, 183, 359});  // size 512, ratio 2
}

TEST_CASE("tensors that a file has twice are read once, if they are the same") {
  const std::string box = "roi_heads.box.feature_extractor.head.layer4.0.conv1.weight",
                    mask = "roi_heads.mask.feature_extractor.head.layer4.0.conv1.weight";
  const auto read = [&](const std::vector<float>& other) {
    return test::error_of([&] {
      (void)test::MadeWeights().add(box, {2, 1}, {1, 2}).add(mask, {2, 1}, other).weights();
    });
  };
  CHECK(read({1, 2}) == "(no error)");
  CHECK(test::contains(read({1, 3}), "is there under its old and its new name"));
}

TEST_CASE("labels of COCO's classes behind a background are numbered as COCO numbers them") {
  const auto& names = maskrcnn::coco_names_behind_background();
  CHECK(names.size() == 81);
  CHECK(maskrcnn::coco_category_id(1, names) == 1);
  CHECK(maskrcnn::coco_category_id(12, names) == 13);
  CHECK(maskrcnn::coco_category_id(80, names) == 90);
}

TEST_CASE("sizes are maskrcnn-benchmark's and Detectron's, and Detectron's factor is that of both axes") {
  const auto resized = [](const maskrcnn::Preprocess<float>& preprocess, maskrcnn::Size size) {
    return preprocess.frame(size).resized;
  };
  using maskrcnn::Size;
  const maskrcnn::Preprocess<float> theirs(maskrcnn::preprocess_options<MaskrcnnBenchmark>({}));
  CHECK(resized(theirs, {480, 640}) == Size{800, 1066});
  CHECK(resized(theirs, {425, 640}) == Size{800, 1204});
  CHECK(resized(theirs, {640, 333}) == Size{1333, 694});  // round(1333 * 333 / 640) = 694, then 694 * 640 / 333
  CHECK(resized(theirs, {200, 900}) == Size{296, 1332});
  CHECK(resized(theirs, {800, 900}) == Size{800, 900});
  const maskrcnn::Preprocess<float> first(maskrcnn::preprocess_options<Detectron>({}));
  const auto frame = first.frame({427, 641});
  CHECK(frame.resized == Size{800, 1201});
  CHECK(frame.factor == 800.0 / 427);
  CHECK(frame.to_original(maskrcnn::Box{0, 0, 801, 401}, true).x1 == doctest::Approx(800 * 427.0 / 800 + 1));
  CHECK(resized(first, {200, 900}) == Size{296, 1333});
}
