// The door: a model that the file chooses is the same as one whose type is given.

#include <maskrcnn/inspection.hpp>
#include <maskrcnn/maskrcnn.hpp>
#include <maskrcnn/model/any_inspection.hpp>
#include <maskrcnn/model/any_model.hpp>
#include <maskrcnn/model/architecture.hpp>
#include <maskrcnn/self_test.hpp>
#include <thread>

#include "golden_detections.hpp"
#include "support.hpp"

using maskrcnn::AnyDetections;
using maskrcnn::AnyModel;
using maskrcnn::load_model;
using maskrcnn::Precision;
using maskrcnn::Weights;

namespace {

[[nodiscard]] std::string path_of(const std::string& model) {
  return std::string(MASKRCNN_GOLDEN_DIR "/").append(model).append(".safetensors");
}
[[nodiscard]] Weights weights_of(const std::string& model) { return maskrcnn::load_weights(path_of(model)); }
[[nodiscard]] maskrcnn::Image image_of(const std::string& results) { return test::Golden(results).image("case.image"); }

[[nodiscard]] bool same(const AnyDetections& a, const AnyDetections& b) {
  return a.has_masks() == b.has_masks() && test::same(a.objects(), b.objects());
}

/// What a file has to be recognised as.
struct Expected {
  const char *name, *structure, *convention;
  bool masks = true;
};

/// A model chosen by its file beside one of type `Model`.
template <class Model>
void check(const std::string& file, const std::string& results, const Expected& expected) {
  CAPTURE(file);
  const AnyModel model = load_model(path_of(file));
  CHECK(model.architecture().name() == expected.name);
  CHECK(model.architecture().structure == expected.structure);
  CHECK(model.architecture().convention == expected.convention);
  CHECK(model.has_masks() == expected.masks);
  CHECK(model.precision() == Precision::fp32);

  const auto image = image_of(results);
  const Model typed(weights_of(file));
  const AnyDetections found = model(image);
  REQUIRE_FALSE(found.empty());
  CHECK(found.has_masks() == expected.masks);
  CHECK(same(found, typed(image)));
  CHECK(model.config().box_score_threshold == typed.config().box_score_threshold);
  CHECK(same(model.inspect(image)->results(), found));

  // image files are read as the convention has it, unless the file says otherwise
  using maskrcnn::ExifOrientation;
  CHECK(model.config().exif_orientation == Model::Conventions::exif_orientation);
  for (const auto other : {ExifOrientation::apply, ExifOrientation::ignore}) {
    const auto said = weights_of(file).with_metadata({{"exif_orientation", name_of(other)}});
    CHECK(AnyModel(said).config().exif_orientation == other);
  }
}

/// The same file with other facts.
[[nodiscard]] Weights with(const std::string& model, const Weights::Metadata& facts) {
  return weights_of(model).with_metadata(facts);
}

/// Bytes that live as long as the weights made of them.
struct SelfTestBytes {
  std::vector<std::uint8_t> pixels;
  std::vector<float> objects;
  Weights before;
};

/// The slim mobile model with a self-test that expects what it finds, the scores moved by `shift`.
[[nodiscard]] Weights with_self_test(float shift) {
  const auto image = image_of("end_to_end_mobilenet");
  const Weights before = weights_of("slim_mobilenet");
  auto config = maskrcnn::ModelConfig::from(before);
  config.box_score_threshold = 0;
  const auto bytes = std::make_shared<SelfTestBytes>(SelfTestBytes{{}, {}, before});
  for (int y = 0; y < image.height(); ++y)
    bytes->pixels.insert(bytes->pixels.end(), image.row(y), image.row(y) + 3 * image.width());
  const auto objects = maskrcnn::SelfTest::objects_of(AnyModel(before, config)(image), 5);
  for (const auto& [box, label, score, area, keypoints] : objects)
    bytes->objects.insert(bytes->objects.end(), {box.x0, box.y0, box.x1, box.y1, static_cast<float>(label),
                                                 score + shift, static_cast<float>(area)});
  auto tensors = before.tensors();
  const auto data = [](const auto& values) { return reinterpret_cast<const std::byte*>(values.data()); };
  tensors["self_test.image"] = {
      .type = maskrcnn::DType::u8,
      .type_name = "U8",
      .shape = {static_cast<std::size_t>(image.height()), static_cast<std::size_t>(image.width()), 3},
      .data = data(bytes->pixels)};
  tensors["self_test.objects"] = {
      .type = maskrcnn::DType::f32, .type_name = "F32", .shape = {objects.size(), 7}, .data = data(bytes->objects)};
  return {"made", tensors, before.metadata(), bytes};
}

}  // namespace

TEST_CASE("a file chooses torchvision's models") {
  using namespace maskrcnn;
  check<MaskRCNN<ResNet50Fpn>>("slim_model", "end_to_end", {"mask_rcnn_resnet50_fpn", "bottleneck_fpn", "torchvision"});
  check<MaskRCNN<ResNet18Fpn>>("slim_v2", "end_to_end_v2", {"mask_rcnn_resnet18_fpn", "basic_fpn", "torchvision"});
  check<FasterRCNN<MobileNetV3LargeFpn>>(
      "slim_mobilenet", "end_to_end_mobilenet",
      {"faster_rcnn_mobilenet_v3_large_fpn", "mobilenet_v3_large_fpn", "torchvision", false});
  check<MaskRCNN<RegNetFpn>>("slim_regnet", "end_to_end_regnet",
                             {"mask_rcnn_regnet_y_fpn", "regnet_fpn", "torchvision"});
}

TEST_CASE("a file chooses detectron2's models") {
  using namespace maskrcnn;
  check<MaskRCNN<BottleneckFpn, Detectron2>>("detectron2_fpn_model", "detectron2_fpn",
                                             {"mask_rcnn_resnet50_fpn", "bottleneck_fpn", "detectron2"});
  check<MaskRCNN<BottleneckC4, Detectron2>>("detectron2_c4_model", "detectron2_c4",
                                            {"mask_rcnn_resnet50_c4", "bottleneck_c4", "detectron2"});
  check<MaskRCNN<BottleneckDc5, Detectron2>>("detectron2_dc5_model", "detectron2_dc5",
                                             {"mask_rcnn_resnet50_dc5", "bottleneck_dc5", "detectron2"});
  check<MaskRCNN<RegNetFpn, Detectron2>>("detectron2_regnetx_model", "detectron2_regnetx",
                                         {"mask_rcnn_regnet_x_fpn", "regnet_fpn", "detectron2"});
}

TEST_CASE("the convention of the file is the one that it runs by") {
  using namespace maskrcnn;
  const auto image = image_of("end_to_end_v2");
  const auto run = [&]<class Convention>(Convention) {
    const Weights weights = with("slim_v2", {{"convention", Convention::name}});
    const AnyModel model(weights);
    CHECK(model.architecture().convention == Convention::name);
    const AnyDetections found = model(image);
    CHECK(same(found, MaskRCNN<BasicFpn, Convention>(weights)(image)));
    return found;
  };
  const AnyDetections aligned = run(Torchvision{}), pooled = run(TorchvisionRoiPool{}),
                      most = run(TorchvisionRoiAlignMax{});
  CHECK_FALSE(same(aligned, pooled));
  CHECK_FALSE(same(aligned, most));
  CHECK_FALSE(same(pooled, most));
}

TEST_CASE("a configuration in place of the file's is the model's") {
  const Weights weights = weights_of("slim_v2");
  const auto image = image_of("end_to_end_v2");
  auto config = maskrcnn::ModelConfig::from(weights);
  config.max_detections = 2;
  const AnyModel model(weights, config);
  CHECK(model.config().max_detections == 2);
  CHECK(model(image).size() == 2);
}

TEST_CASE("bfloat16 finds about the same objects") {
  const auto image = image_of("end_to_end_v2");
  const AnyModel model = load_model(path_of("slim_v2"), {.precision = Precision::bf16});
  CHECK(model.precision() == Precision::bf16);
  const AnyDetections exact = load_model(path_of("slim_v2"))(image), found = model(image);
  CHECK_FALSE(same(exact, found));
  std::size_t kept = 0;
  for (const auto& expected : exact)
    kept += std::any_of(found.begin(), found.end(), [&](const auto& object) {
      return object.label == expected.label && std::abs(object.score - expected.score) < 0.05F &&
             test::pixels_apart<float>({object.box}, {expected.box}) < 4;
    });
  CHECK(kept >= exact.size() * 3 / 4);  // 27 of 30 are
}

TEST_CASE("copies are the same model, which runs as long as one of them is there") {
  const auto image = image_of("end_to_end_mobilenet");
  auto first = std::make_unique<AnyModel>(load_model(path_of("slim_mobilenet")));
  const AnyDetections expected = (*first)(image);
  const AnyModel copy = *first;
  CHECK(&copy.architecture() == &first->architecture());
  CHECK(&copy.config() == &first->config());
  first.reset();
  CHECK(same(copy(image), expected));
  AnyModel other = load_model(path_of("slim_v2"));
  CHECK(other.has_masks());
  other = copy;
  CHECK_FALSE(other.has_masks());
  CHECK(same(other(image), expected));
}

TEST_CASE("a list of images, memory given back, several threads: the objects stay the same") {
  const auto image = image_of("end_to_end_mobilenet");
  const maskrcnn::Image other({40, 60});
  const AnyModel model = load_model(path_of("slim_mobilenet"));
  const AnyDetections first = model(image), second = model(other);
  const auto found = model(std::vector<maskrcnn::Image>{image, other, image});
  REQUIRE(found.size() == 3);
  CHECK(same(found[0], first));
  CHECK(same(found[1], second));
  CHECK(same(found[2], first));
  CHECK(model(std::vector<maskrcnn::Image>{}).empty());
  model.trim();
  model.trim();
  CHECK(same(model(image), first));
  std::vector<AnyDetections> each(2);
  {
    std::thread beside([&] { each[1] = model(image); });
    each[0] = model(image);
    beside.join();
  }
  for (const auto& objects : each) CHECK(same(objects, first));
}

TEST_CASE("an inspection is that of the model of a given type") {
  using Model = maskrcnn::MaskRCNN<maskrcnn::ResNet18Fpn>;
  const auto image = image_of("end_to_end_v2");
  const AnyModel model = load_model(path_of("slim_v2"));
  const Model typed(weights_of("slim_v2"));
  const auto inspection = model.inspect(image);
  const maskrcnn::InspectionOf<Model> expected(typed, image);
  CHECK(inspection->frame().resized == expected.frame().resized);
  CHECK(inspection->proposals() == expected.proposals());
  CHECK(inspection->classes() == expected.classes());
  CHECK(inspection->background() == maskrcnn::BackgroundClass::first);
  REQUIRE(inspection->masks().has_value());
  CHECK(inspection->masks()->bins == expected.masks()->bins);
  const std::vector<maskrcnn::Box> rois{{1, 2, 30, 40}, {5, 5, 60, 20}};
  const auto equal = [](const auto& a, const auto& b) {
    return a.shape() == b.shape() && std::equal(a.data(), a.data() + a.count(), b.data());
  };
  CHECK(equal(inspection->box_predictions(rois), expected.box_predictions(rois)));
  CHECK(equal(inspection->mask_logits(rois, {1, 1}), expected.mask_logits(rois, {1, 1})));

  const AnyModel boxes = load_model(path_of("slim_mobilenet"));
  CHECK_FALSE(boxes.inspect(image)->masks().has_value());
  CHECK(test::error_of([&] {
          (void)boxes.inspect(image)->mask_logits(rois, {1, 1});
        }) == "model: expected a model with masks, found one without");
}

TEST_CASE("what is not known is said in one sentence, with what is") {
  const auto error = [](const std::string& file, const Weights::Metadata& facts) {
    const std::string text = test::error_of([&] { (void)AnyModel(with(file, facts)); });
    CHECK(text.starts_with("weights: "));
    CHECK_FALSE(test::contains(text, "\n"));
    return text;
  };
  const std::string convention = error("slim_v2", {{"convention", "matterport"}});
  CHECK(test::contains(convention, "metadata 'convention' is 'matterport', expected one of "));
  for (const char* const known : {"detectron", "detectron2", "maskrcnn_benchmark", "mmdetection", "torchvision",
                                  "torchvision_roi_align_max", "torchvision_roi_pool"})
    CHECK(test::contains(convention, known));

  for (const char* const unknown : {"yolo", "mask_rcnn_resnet50", "mask_rcnn_resnet18_c4", "retina_resnet50_fpn", ""}) {
    const std::string architecture = error("slim_v2", {{"architecture", unknown}});
    CHECK(test::contains(architecture, std::string("metadata 'architecture' is '").append(unknown)));
    CHECK(test::contains(architecture, maskrcnn::supported_architectures()));
    CHECK(test::contains(architecture, path_of("slim_v2")));
  }
  // known each by itself, but not together
  const std::string both = error("slim_v2", {{"convention", "detectron2"}});
  CHECK(test::contains(both, "mask_rcnn_resnet18_fpn (basic_fpn) by the convention of detectron2 is not compiled in"));
  CHECK(test::contains(both, "expected one of basic_fpn by torchvision, "));
  CHECK(test::contains(both, "bottleneck_dc5 by detectron2"));
  CHECK(test::contains(both, path_of("slim_v2")));

  CHECK(test::contains(test::error_of([] { (void)load_model(path_of("none")); }), path_of("none")));
}

TEST_CASE("a file's self-test is run on the model that the file chooses") {
  maskrcnn::verify<AnyModel>(with_self_test(0));
  CHECK(test::contains(test::error_of([] { maskrcnn::verify<AnyModel>(with_self_test(0.1F)); }),
                       "self-test: expected object 1 of 5, label "));
  CHECK(test::contains(
      test::error_of([] { (void)maskrcnn::load_weights(path_of("slim_v2"), maskrcnn::verify<AnyModel>); }),
      "weights: expected a self-test, found none"));
}
