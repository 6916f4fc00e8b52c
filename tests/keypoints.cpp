// Models with keypoints: slim ones under torchvision's and detectron2's names, against the originals; chosen by the
// file.

#include <maskrcnn/inspection.hpp>
#include <maskrcnn/maskrcnn.hpp>
#include <maskrcnn/model/any_inspection.hpp>
#include <maskrcnn/model/any_model.hpp>
#include <maskrcnn/model/architecture.hpp>
#include <maskrcnn/weights/coco_classes.hpp>
#include <maskrcnn/weights/coco_keypoints.hpp>

#include "golden_detections.hpp"
#include "support.hpp"

using maskrcnn::AnyDetections;
using maskrcnn::AnyModel;
using maskrcnn::BottleneckFpn;
using maskrcnn::Detectron2;
using maskrcnn::KeypointRCNN;
using maskrcnn::MaskKeypointRCNN;
using maskrcnn::ModelConfig;
using maskrcnn::Torchvision;

namespace {

using DoubleFpn = maskrcnn::ResNetFpn<double, maskrcnn::ResNetSpec{.block = maskrcnn::ResidualBlock::bottleneck}>;

[[nodiscard]] maskrcnn::Weights weights_of(const std::string& file) {
  return maskrcnn::load_weights(MASKRCNN_GOLDEN_DIR "/" + file + ".safetensors");
}

/// A model of a given type on the image of a golden file.
template <class Model>
void compare(const std::string& file, const std::string& results) {
  constexpr bool exact = std::is_same_v<typename Model::Scalar, double>;
  CAPTURE(results);
  const test::Golden golden(results);
  const Model model(weights_of(file));
  test::check_detections(golden, exact ? "double" : "float", model(golden.image("case.image")),
                         {.pixels = exact ? 1e-4 : 1e-2, .score = exact ? 1e-5 : 1e-4, .mask_pixels = exact ? 0U : 2U});
}

/// A model chosen by its file is that of type `Model`, and one that looks into an image finds the same.
template <class Model>
void check_door(const std::string& file, const std::string& results, const std::string& name) {
  CAPTURE(file);
  const AnyModel model(weights_of(file));
  CHECK(model.architecture().name() == name);
  CHECK(model.architecture().heads == Model::heads);
  CHECK(model.has_keypoints());
  CHECK(model.has_masks() == Model::heads.masks);
  CHECK(model.keypoint_rule() == Model::Conventions::keypoints);
  const auto image = test::Golden(results).image("case.image");
  const AnyDetections found = model(image), typed = Model(weights_of(file))(image);
  REQUIRE_FALSE(found.empty());
  CHECK(found.has_keypoints());
  CHECK(test::same(found.objects(), typed.objects()));
  const auto seen = model.inspect(image);
  const AnyDetections looked = seen->results();
  CHECK(test::same(found.objects(), looked.objects()));
  for (std::size_t i = 0; i < found.size(); ++i) {
    CHECK(std::ranges::equal(found.keypoints(i), typed.keypoints(i)));
    CHECK(std::ranges::equal(found.keypoints(i), looked.keypoints(i)));
  }
  CHECK(seen->masks().has_value() == Model::heads.masks);
}

/// What is assumed of torchvision's Keypoint R-CNN under a path.
[[nodiscard]] ModelConfig config_under(const std::string& path, const maskrcnn::Weights::Metadata& facts = {}) {
  static const auto whole = weights_of("slim_keypoints");
  return ModelConfig::from({path, whole.tensors(), facts, nullptr});
}

}  // namespace

TEST_CASE("torchvision's keypoints are found again, and beside masks") {
  compare<KeypointRCNN<BottleneckFpn>>("slim_keypoints", "end_to_end_keypoints");
  compare<KeypointRCNN<DoubleFpn>>("slim_keypoints", "end_to_end_keypoints");
  compare<MaskKeypointRCNN<BottleneckFpn>>("slim_mask_keypoints", "end_to_end_mask_keypoints");
  compare<MaskKeypointRCNN<DoubleFpn>>("slim_mask_keypoints", "end_to_end_mask_keypoints");
}

TEST_CASE("detectron2's keypoints are found again, and beside masks") {
  compare<KeypointRCNN<BottleneckFpn, Detectron2>>("detectron2_keypoints_model", "detectron2_keypoints");
  compare<KeypointRCNN<DoubleFpn, Detectron2>>("detectron2_keypoints_model", "detectron2_keypoints");
  compare<MaskKeypointRCNN<BottleneckFpn, Detectron2>>("detectron2_mask_keypoints_model", "detectron2_mask_keypoints");
  compare<MaskKeypointRCNN<DoubleFpn, Detectron2>>("detectron2_mask_keypoints_model", "detectron2_mask_keypoints");
}

TEST_CASE("a file chooses models with keypoints") {
  check_door<KeypointRCNN<BottleneckFpn>>("slim_keypoints", "end_to_end_keypoints", "keypoint_rcnn_resnet50_fpn");
  check_door<MaskKeypointRCNN<BottleneckFpn>>("slim_mask_keypoints", "end_to_end_mask_keypoints",
                                              "mask_keypoint_rcnn_resnet50_fpn");
  check_door<KeypointRCNN<BottleneckFpn, Detectron2>>("detectron2_keypoints_model", "detectron2_keypoints",
                                                      "keypoint_rcnn_resnet50_fpn");
  check_door<MaskKeypointRCNN<BottleneckFpn, Detectron2>>(
      "detectron2_mask_keypoints_model", "detectron2_mask_keypoints", "mask_keypoint_rcnn_resnet50_fpn");
}

TEST_CASE("models of people know their class, and COCO's number of it") {
  const auto torchvision = ModelConfig::from(weights_of("slim_keypoints")).class_names;
  CHECK(torchvision == std::vector<std::string>{"__background__", "person"});
  CHECK(maskrcnn::coco_category_id(1, torchvision) == 1);
  const auto detectron2 = ModelConfig::from(weights_of("detectron2_keypoints_model")).class_names;
  CHECK(detectron2 == std::vector<std::string>{"person"});
  CHECK(maskrcnn::coco_category_id(0, detectron2) == 1);
  CHECK(ModelConfig::from(weights_of("slim_mask_keypoints")).class_names.empty());  // of 5 keypoints: not people
  CHECK(maskrcnn::keypoint_name(0, 17) == "nose");
  CHECK(maskrcnn::keypoint_name(16, 17) == "right_ankle");
  CHECK(maskrcnn::keypoint_name(3, 5) == "3");
}

TEST_CASE("another head than the model's is refused, and a structure that is not compiled in") {
  const auto keypoints = weights_of("slim_keypoints");
  CHECK(test::contains(test::error_of([&] { maskrcnn::FasterRCNN<BottleneckFpn>{keypoints}; }),
                       "roi_heads.keypoint_head"));
  CHECK(test::contains(test::error_of([&] { maskrcnn::KeypointRCNN<BottleneckFpn>{weights_of("slim_model")}; }),
                       "run them with MaskRCNN<...>, or with load_model"));
  const auto said = keypoints.with_metadata({{"architecture", "keypoint_rcnn_resnet50_fpn"}});
  CHECK(AnyModel(said).architecture().name() == "keypoint_rcnn_resnet50_fpn");
  CHECK(test::contains(test::error_of([&] { maskrcnn::MaskRCNN<BottleneckFpn>{said}; }),
                       "run them with KeypointRCNN<...>, or with load_model"));
  CHECK(test::contains(test::error_of([&] {
                         (void)AnyModel(keypoints.with_metadata({{"convention", "torchvision_roi_pool"}}));
                       }),
                       "keypoint_rcnn_resnet50_fpn (bottleneck_fpn) by the convention of torchvision_roi_pool is not "
                       "compiled in, expected one of "));
}

TEST_CASE("which epsilon torchvision's Keypoint R-CNN has, its path says") {
  const auto legacy = config_under("/models/keypointrcnn_resnet50_fpn_coco-9f466800.pth");
  CHECK(legacy.batch_norm_epsilon == 1e-5);
  REQUIRE(legacy.notes.size() == 1);
  CHECK(test::contains(legacy.notes[0], "COCO_LEGACY"));
  const auto published = config_under("/models/keypointrcnn_resnet50_fpn_coco-fc266e95.pth");
  CHECK(published.notes.empty());
  CHECK_FALSE(published.batch_norm_epsilon.has_value());
  CHECK(maskrcnn::resolved<Torchvision>(published, weights_of("slim_keypoints")).batch_norm_epsilon == 0);
  const auto renamed = config_under("pose.pth");
  CHECK_FALSE(renamed.batch_norm_epsilon.has_value());
  REQUIRE(renamed.notes.size() == 1);
  CHECK(test::contains(renamed.notes[0], "batch_norm_eps says it"));
  CHECK(config_under("pose.pth", {{"batch_norm_eps", "1e-5"}}).notes.empty());
  CHECK(config_under("keypointrcnn_resnet50_fpn_coco-9f466800.pth", {{"batch_norm_eps", "0"}}).batch_norm_epsilon == 0);
}

TEST_CASE("detectron2's comparison with Detectron reads RoIs of keypoints as that did") {
  const auto whole = weights_of("detectron2_keypoints_model");
  const auto config = ModelConfig::from(
      {"/137781195/model_final_cce136.pkl", whole.tensors(), {{"convention", "detectron2"}}, nullptr});
  CHECK(config.keypoint_sampling_ratio == 2);
  CHECK(config.roi_align_aligned == false);
}

TEST_CASE("the keypoint head's pool may be of another size") {
  const auto weights =
      weights_of("slim_keypoints").with_metadata({{"keypoint_pool_size", "7"}, {"keypoint_sampling_ratio", "0"}});
  const KeypointRCNN<BottleneckFpn> model(weights);
  CHECK(model.config().keypoint_pool_size == 7);
  CHECK(model.config().keypoint_sampling_ratio == 0);
  CHECK(model(test::Golden("end_to_end_keypoints").image("case.image")).size() == 20);
}
