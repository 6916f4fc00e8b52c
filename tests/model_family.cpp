// Whole models of torchvision's family: slim instances with generated weights against what torchvision finds.

#include <maskrcnn/maskrcnn.hpp>

#include "golden_detections.hpp"
#include "support.hpp"

using maskrcnn::FasterRCNN;
using maskrcnn::MaskRCNN;

namespace {

[[nodiscard]] maskrcnn::Weights weights_of(const std::string& model) {
  return maskrcnn::load_weights(std::string(MASKRCNN_GOLDEN_DIR "/").append(model).append(".safetensors"));
}

/// What a model finds in the image of a golden file, in both precisions.
template <class InFloat, class InDouble>
void check(const std::string& model, const std::string& results) {
  const test::Golden golden(results);
  const auto weights = weights_of(model);
  const auto image = golden.image("case.image");
  test::check_detections(golden, "float", InFloat(weights)(image), {.pixels = 1e-3, .score = 1e-4});
  test::check_detections(golden, "double", InDouble(weights)(image), {.pixels = 2e-5, .score = 2e-7});
}

}  // namespace

TEST_CASE("the second version: norms everywhere, two RPN convolutions, a box head of convolutions") {
  using maskrcnn::resnet18, maskrcnn::ResNetFpn;
  check<MaskRCNN<ResNetFpn<float, resnet18>>, MaskRCNN<ResNetFpn<double, resnet18>>>("slim_v2", "end_to_end_v2");
}

TEST_CASE("ResNet-18 as resnet_fpn_backbone makes it: frozen norms with an epsilon that the file does not say") {
  using maskrcnn::resnet18, maskrcnn::ResNetFpn;
  check<MaskRCNN<ResNetFpn<float, resnet18>>, MaskRCNN<ResNetFpn<double, resnet18>>>("slim_resnet18",
                                                                                     "end_to_end_resnet18");
  const test::Golden golden("end_to_end_resnet18");
  const auto weights = weights_of("slim_resnet18");
  const auto image = golden.image("case.image");
  auto config = maskrcnn::ModelConfig::from(weights);
  CHECK_FALSE(config.batch_norm_epsilon.has_value());
  test::check_detections(golden, "float", MaskRCNN<maskrcnn::ResNet18Fpn>(weights, config)(image),
                         {.pixels = 1e-3, .score = 1e-4});
  // without it, the nearly dead channels are several times as large
  config.batch_norm_epsilon = 0;
  const auto other = MaskRCNN<maskrcnn::ResNet18Fpn>(weights, config)(image);
  REQUIRE(!other.empty());
  CHECK(std::abs(other[0].score - golden.values<float>("float.scores")[0]) > 0.005F);
  const auto expected = golden.boxes<float>("float.boxes");
  const auto near = [&](const maskrcnn::Detection& found) {
    return std::any_of(expected.begin(), expected.end(),
                       [&](const maskrcnn::Box& box) { return test::pixels_apart<float>({found.box}, {box}) < 0.1; });
  };
  CHECK(std::count_if(other.begin(), other.end(), near) < static_cast<std::ptrdiff_t>(expected.size() / 4));
}

TEST_CASE("a whole module is run by what its attributes say, in whichever wrapper") {
  using maskrcnn::resnet18, maskrcnn::ResNetFpn;
  const test::Golden golden("end_to_end_whole");
  const auto weights = maskrcnn::load_weights(MASKRCNN_GOLDEN_DIR "/checkpoints/whole_module.pth");
  const auto image = golden.image("case.image");
  test::check_detections(golden, "float", MaskRCNN<maskrcnn::ResNet18Fpn>(weights)(image),
                         {.pixels = 1e-3, .score = 1e-4});
  test::check_detections(golden, "double", MaskRCNN<ResNetFpn<double, resnet18>>(weights)(image),
                         {.pixels = 2e-5, .score = 2e-7});
  const auto config = maskrcnn::ModelConfig::from(weights);
  CHECK(config.min_size == 96);
  CHECK(config.box_pool_size == 5);
  CHECK(config.mask_pool_size == 20);
  CHECK(config.box_sampling_ratio == 3);
  CHECK(config.mask_sampling_ratio == 0);
  CHECK(config.batch_norm_epsilon == 1e-3);
  CHECK(config.rpn_score_threshold == 0.2);
  CHECK(config.notes.empty());
}

TEST_CASE("MobileNetV3: three levels of fifteen anchors, low proposals dropped") {
  using maskrcnn::BackboneWithFpn, maskrcnn::MobileNetV3LargeBody;
  check<FasterRCNN<maskrcnn::MobileNetV3LargeFpn>, FasterRCNN<BackboneWithFpn<double, MobileNetV3LargeBody>>>(
      "slim_mobilenet", "end_to_end_mobilenet");
}

TEST_CASE("ResNet-18 with group norms, in its pyramid, too") {
  using maskrcnn::resnet18, maskrcnn::ResNetFpn;
  check<MaskRCNN<ResNetFpn<float, resnet18>>, MaskRCNN<ResNetFpn<double, resnet18>>>("slim_group_norm",
                                                                                     "end_to_end_group_norm");
}

TEST_CASE("RegNet under a pyramid") {
  using maskrcnn::BackboneWithFpn, maskrcnn::RegNetBody;
  check<MaskRCNN<maskrcnn::RegNetFpn>, MaskRCNN<BackboneWithFpn<double, RegNetBody>>>("slim_regnet",
                                                                                      "end_to_end_regnet");
}

TEST_CASE("a mobile model on images of any shape") {
  const FasterRCNN<maskrcnn::MobileNetV3LargeFpn> model(weights_of("slim_mobilenet"));
  for (const maskrcnn::Size size : {maskrcnn::Size{1, 1}, {1, 5000}, {5000, 1}, {7, 300}}) {
    maskrcnn::Image image(size);
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < 3 * size.width; ++x) image.row(y)[x] = static_cast<std::uint8_t>((x * 7 + y * 13) % 256);
    CAPTURE(size.height);
    for (const auto& [box, label, score] : model(image)) CHECK(box.x1 <= doctest::Approx(size.width));
  }
}

TEST_CASE("every single tensor of a mobile model is needed") {
  const auto whole = weights_of("slim_mobilenet");
  for (const auto& entry : whole.tensors()) {
    if (entry.first.ends_with(".num_batches_tracked")) continue;
    auto tensors = whole.tensors();
    tensors.erase(entry.first);
    const maskrcnn::Weights weights("changed", tensors, whole.metadata(), std::make_shared<maskrcnn::Weights>(whole));
    CAPTURE(entry.first);
    CHECK(test::error_of([&] { FasterRCNN<maskrcnn::MobileNetV3LargeFpn>{weights}; }) != "(no error)");
  }
}
