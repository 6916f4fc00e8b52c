// Whole networks by detectron2's convention: slim models under detectron2's names, against a transcription of it.

#include <maskrcnn/maskrcnn.hpp>

#include "support.hpp"

using maskrcnn::Detectron2;
using maskrcnn::MaskRCNN;

namespace {

template <class Backbone>
void compare(const std::string& name) {
  CAPTURE(name);
  const auto weights =
      maskrcnn::load_weights(std::string(MASKRCNN_GOLDEN_DIR "/detectron2_") + name + "_model.safetensors");
  CHECK(weights.naming() == maskrcnn::Naming::detectron2);
  auto config = maskrcnn::ModelConfig::from(weights);
  config.min_size = 96;
  config.max_size = 120;
  config.rpn_pre_nms_top_n = 200;
  config.box_score_threshold = 0.2;
  config.max_detections = 20;
  const MaskRCNN<Backbone, Detectron2> model(weights, config);
  const test::Golden golden("detectron2_" + name);
  const auto image = golden.image("case.image");
  const auto found = model(image);
  const auto boxes = golden.boxes<float>("case.boxes");
  const auto scores = golden.values<float>("case.scores");
  const auto labels = golden.values<int>("case.labels");
  const auto bits = golden.values<unsigned>("case.masks");
  const std::size_t row_bytes = golden.shape("case.masks")[1];
  REQUIRE(found.size() == boxes.size());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    CAPTURE(i);
    CHECK(test::pixels_apart<float>({found[i].box}, {boxes[i]}) < 1e-2);
    CHECK(std::abs(found[i].score - scores[i]) < 1e-4);
    CHECK(found[i].label == labels[i]);
    for (int y = 0; y < image.height(); ++y)
      for (int x = 0; x < image.width(); ++x) {
        const auto pixel = static_cast<std::size_t>(y * image.width() + x);
        const bool expected = (bits[i * row_bytes + pixel / 8] >> (7 - pixel % 8) & 1U) != 0;
        wrong += found[i].mask(x, y) != expected ? 1 : 0;
      }
  }
  CHECK(wrong <= 2);  // of all masks: probabilities at the threshold itself
}

}  // namespace

TEST_CASE("detectron2's models with a pyramid are found again") { compare<maskrcnn::BottleneckFpn>("fpn"); }
TEST_CASE("ResNeXt's groups are the weights'") { compare<maskrcnn::BottleneckFpn>("resnext"); }
TEST_CASE("C4 models run their last layer on every RoI") { compare<maskrcnn::BottleneckC4>("c4"); }
TEST_CASE("DC5 models dilate their last layer") { compare<maskrcnn::BottleneckDc5>("dc5"); }

TEST_CASE("detectron2's sizes are rounded, and limited twice") {
  const maskrcnn::Preprocess<float, Detectron2> preprocess({});
  for (const auto& [height, width, expected_height, expected_width] : {std::array{480, 640, 800, 1067},
                                                                       {333, 500, 800, 1201},
                                                                       {640, 426, 1202, 800},
                                                                       {427, 640, 800, 1199},
                                                                       {425, 640, 800, 1205},
                                                                       {720, 1280, 750, 1333}}) {
    const maskrcnn::Size given{height, width}, expected{expected_height, expected_width};
    CAPTURE(given.height);
    CHECK(preprocess.frame(given).resized == expected);
  }
}

TEST_CASE("anchors of one position are detectron2's: sizes first, not rounded") {
  const auto anchors = maskrcnn::base_anchors<float, Detectron2>({32, 64}, {0.5, 1.0, 2.0});
  REQUIRE(anchors.size() == 6);
  CHECK(test::pixels_apart<float>({anchors[0]}, {{-22.627417F, -11.313708F, 22.627417F, 11.313708F}}) < 1e-5);
  CHECK(anchors[1] == maskrcnn::Box{-16, -16, 16, 16});
  CHECK(anchors[4] == maskrcnn::Box{-32, -32, 32, 32});
}

TEST_CASE("labels of COCO's 80 classes are numbered as COCO numbers them") {
  const auto& names = maskrcnn::coco_thing_names();
  CHECK(names.size() == 80);
  CHECK(maskrcnn::coco_category_id(0, names) == 1);
  CHECK(maskrcnn::coco_category_id(79, names) == 90);
  CHECK(maskrcnn::coco_category_id(11, names) == 13);
  CHECK(maskrcnn::coco_category_id(80, names) == 80);
  CHECK(maskrcnn::coco_category_id(11, {"a", "b"}) == 11);
}
