// Whole networks by maskrcnn-benchmark's convention: slim models under its names, against maskrcnn-benchmark itself.

#include <maskrcnn/maskrcnn.hpp>
#include <maskrcnn/model/any_model.hpp>
#include <maskrcnn/model/architecture.hpp>
#include <maskrcnn/weights/coco_classes.hpp>

#include "golden_detections.hpp"
#include "support.hpp"

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
