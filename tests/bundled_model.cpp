// The model that comes with the examples, against torchvision, on a part of one of its pictures.

#include <maskrcnn/maskrcnn.hpp>

#include "support.hpp"

TEST_CASE("the bundled model finds what torchvision finds with it") {
  const test::Golden golden("bundled_model");
  const auto weights = maskrcnn::load_weights(MASKRCNN_SOURCE_DIR "/examples/models/nuclei.safetensors");
  auto config = maskrcnn::ModelConfig::from(weights);
  config.box_score_threshold = 0.3;
  config.min_size = 192;
  const maskrcnn::MaskRCNN<maskrcnn::ResNet18Fpn> model(weights, config);
  const auto image = golden.image("case.image");
  const auto found = model(image);
  const auto boxes = golden.boxes<float>("case.boxes");
  const auto scores = golden.values<float>("case.scores");
  const auto masks = golden.packed_masks("case.masks");
  REQUIRE(found.size() == boxes.size());
  std::vector<bool> taken(found.size());
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    // nearly equal scores may change places
    std::size_t match = found.size();
    for (std::size_t j = 0; j < found.size() && match == found.size(); ++j)
      if (!taken[j] && test::pixels_apart<float>({found[j].box}, {boxes[i]}) < 0.01) match = j;
    CAPTURE(i);
    REQUIRE(match < found.size());
    taken[match] = true;
    CHECK(std::abs(found[match].score - scores[i]) < 1e-4);
    CHECK(found[match].label == 1);
    double both = 0, either = 0;
    for (int y = 0; y < image.height(); ++y)
      for (int x = 0; x < image.width(); ++x) {
        const bool expected = masks(i, x, y, image.width());
        both += expected && found[match].mask(x, y) ? 1 : 0;
        either += expected || found[match].mask(x, y) ? 1 : 0;
      }
    CHECK(both >= 0.99 * either);
  }
}

TEST_CASE("with products of bfloat16 numbers the bundled model finds the same objects") {
  const auto weights = maskrcnn::load_weights(MASKRCNN_SOURCE_DIR "/examples/models/nuclei.safetensors");
  auto config = maskrcnn::ModelConfig::from(weights);
  config.box_score_threshold = 0.5;
  config.min_size = 192;
  const auto image = test::Golden("bundled_model").image("case.image");
  const auto expected = maskrcnn::MaskRCNN<maskrcnn::ResNet18Fpn>(weights, config)(image);
  const auto found = maskrcnn::MaskRCNN<maskrcnn::Bf16<maskrcnn::ResNet18Fpn>>(weights, config)(image);
  const auto near = [](const auto& a, const auto& b) {
    return maskrcnn::iou(a.box, b.box) > 0.9F && std::abs(a.score - b.score) < 0.05F;
  };
  // one that scores about the threshold may come or go
  std::size_t missed = 0;
  for (const auto& object : expected)
    if (std::none_of(found.begin(), found.end(), [&](const auto& other) { return near(object, other); })) ++missed;
  CHECK(expected.size() > 5);
  CHECK(missed <= 1);
  CHECK(found.size() <= expected.size() + 1);
}
