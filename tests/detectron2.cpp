// Whole networks by detectron2's convention: slim models under detectron2's names, against detectron2 itself.

#include <maskrcnn/maskrcnn.hpp>
#include <maskrcnn/weights/coco_classes.hpp>
#include <type_traits>

#include "golden_detections.hpp"
#include "support.hpp"

using maskrcnn::BottleneckC4;
using maskrcnn::BottleneckDc5;
using maskrcnn::BottleneckFpn;
using maskrcnn::Detectron2;
using maskrcnn::FasterRCNN;
using maskrcnn::MaskRCNN;
using maskrcnn::ResNetC4;
using maskrcnn::ResNetFpn;
using maskrcnn::ResNetSpec;

namespace {

[[nodiscard]] maskrcnn::Weights weights_of(const std::string& name) {
  const auto weights = maskrcnn::load_weights(MASKRCNN_GOLDEN_DIR "/detectron2_" + name + "_model.safetensors");
  CHECK(weights.naming().name == std::string("detectron2"));
  return weights;
}

/// A model of `T` on the image of a golden file.
template <template <maskrcnn::Backbone, maskrcnn::Convention> class Structure, maskrcnn::Backbone Backbone>
void compare(const std::string& name) {
  using T = typename Backbone::Scalar;
  constexpr bool exact = std::is_same_v<T, double>;
  CAPTURE(name);
  const test::Golden golden("detectron2_" + name);
  const Structure<Backbone, Detectron2> model(weights_of(name));
  test::check_detections(golden, exact ? "double" : "float", model(golden.image("case.image")),
                         {.pixels = exact ? 1e-4 : 1e-2, .score = exact ? 1e-5 : 1e-4, .mask_pixels = exact ? 0U : 2U});
}

constexpr ResNetSpec bottleneck{.block = maskrcnn::ResidualBlock::bottleneck};

}  // namespace

TEST_CASE("detectron2's models with a pyramid are found again") {
  compare<MaskRCNN, BottleneckFpn>("fpn");
  compare<MaskRCNN, ResNetFpn<double, bottleneck>>("fpn");
}

TEST_CASE("ResNeXt's groups are the weights'") { compare<MaskRCNN, BottleneckFpn>("resnext"); }

TEST_CASE("C4 models run their last layer on every RoI") {
  compare<MaskRCNN, BottleneckC4>("c4");
  compare<MaskRCNN, ResNetC4<double, bottleneck>>("c4");
}

TEST_CASE("DC5 models dilate their last layer") { compare<MaskRCNN, BottleneckDc5>("dc5"); }

TEST_CASE("boxes may be the same for all classes") { compare<FasterRCNN, BottleneckFpn>("agnostic"); }

TEST_CASE("detectron2's sizes are rounded, and limited twice") {
  const maskrcnn::Preprocess<float> preprocess(maskrcnn::preprocess_options<Detectron2>({}));
  const test::Golden golden("detectron2_steps");
  const auto table = golden.values<int>("sizes.table");
  for (std::size_t i = 0; i < table.size(); i += 4) {
    CAPTURE(table[i]);
    CAPTURE(table[i + 1]);
    CHECK(preprocess.frame({table[i], table[i + 1]}).resized == maskrcnn::Size{table[i + 2], table[i + 3]});
  }
}

TEST_CASE("levels are detectron2's, exactly, around every boundary") {
  const test::Golden golden("detectron2_steps");
  const auto boxes = golden.boxes<float>("levels.boxes");
  const auto expected = golden.values<std::size_t>("levels.levels");
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    CAPTURE(boxes[i].width());
    CAPTURE(boxes[i].height());
    CHECK(maskrcnn::roi_level(boxes[i], 1.0F / 4, 1.0F / 32, maskrcnn::roi_level_options<Detectron2>(4, 4)) ==
          expected[i]);
  }
}

TEST_CASE("masks are pasted as detectron2 does") {
  const test::Golden golden("detectron2_steps");
  for (const std::string name : {"paste14", "paste28"}) {
    CAPTURE(name);
    const auto boxes = golden.boxes<float>(name + ".boxes");
    const auto masks = golden.values<float>(name + ".masks");
    const auto pasted = golden.packed_masks(name + ".pasted");
    const auto size = golden.shape(name + ".masks")[1];
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      CAPTURE(i);
      const maskrcnn::TensorView<const float, 2> mask(masks.data() + i * size * size, {size, size});
      const auto found = maskrcnn::sample_mask<float>(mask, boxes[i], golden.size(name + ".image"), 0.5F);
      CHECK(pasted.pixels_wrong(i, found) == 0);
    }
  }
}

TEST_CASE("anchors of one position are detectron2's: sizes first, not rounded") {
  maskrcnn::ModelConfig config;
  config.anchor_sizes = {{32, 64}};
  config.anchor_aspect_ratios = {{0.5, 1.0, 2.0}};
  const auto anchors = maskrcnn::base_anchors<float>(maskrcnn::anchor_options<Detectron2>(config), 0);
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
