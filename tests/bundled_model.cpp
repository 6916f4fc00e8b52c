// The model that comes with the examples, against torchvision, on a part of one of its images.

#include <maskrcnn/maskrcnn.hpp>
#include <maskrcnn/weights/stored_type.hpp>

#include "support.hpp"

namespace {

/// Numbers by tensor.
using Numbers = std::map<std::string, std::vector<float>>;

/// The bundled model's, a tenth of each layer's channels scaled so that their variance is 8e-8: as good as dead for
/// F16, though with an epsilon of 0 the network is the same.
[[nodiscard]] Numbers with_small_variances(const maskrcnn::Weights& weights) {
  Numbers numbers;
  for (const auto& [name, tensor] : weights.tensors())
    for (std::size_t i = 0; i < tensor.count(); ++i) numbers[name].push_back(tensor.element<float>(i));
  for (auto& [name, variances] : numbers) {
    const std::size_t norm = name.find("bn");
    if (norm == std::string::npos || !name.ends_with(".running_var")) continue;
    const std::string place = name.substr(0, name.size() - 11);
    auto& filters = numbers.at(std::string(place).replace(norm, 2, "conv") + "weight");
    auto& means = numbers.at(place + "running_mean");
    const std::size_t each = filters.size() / variances.size();
    for (std::size_t c = 0; c < std::max<std::size_t>(1, variances.size() / 10); ++c) {
      const float scale = std::sqrt(8e-8F / variances[c]);
      for (std::size_t i = 0; i < each; ++i) filters[c * each + i] *= scale;
      means[c] *= scale;
      variances[c] *= scale * scale;
    }
  }
  return numbers;
}

/// Weights of these numbers, those tensors rounded to F16 that `in_half` chooses.
template <class InHalf>
[[nodiscard]] maskrcnn::Weights rounded(const maskrcnn::Weights& model, const Numbers& numbers, const InHalf& in_half) {
  test::MadeWeights file;
  for (const auto& [name, tensor] : model.tensors()) file.add(name, tensor.shape, numbers.at(name));
  const auto whole = file.weights();
  for (const auto& [name, tensor] : whole.tensors()) {
    if (!in_half(tensor)) continue;
    auto values = numbers.at(name);
    for (float& value : values) value = maskrcnn::f16_to_float(maskrcnn::float_to_f16(value));
    file.add(name, tensor.shape, values);
  }
  return file.weights();
}

}  // namespace

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
  const auto found =
      maskrcnn::MaskRCNN<maskrcnn::ResNet18Fpn>(weights, config, {.precision = maskrcnn::Precision::bf16})(image);
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

TEST_CASE("half precision leaves channels of small variance as they are") {
  const auto model = maskrcnn::load_weights(MASKRCNN_SOURCE_DIR "/examples/models/nuclei.safetensors");
  const auto numbers = with_small_variances(model);
  auto config = maskrcnn::ModelConfig::from(model);
  config.batch_norm_epsilon = 0;
  config.min_size = 192;
  const auto image = test::Golden("bundled_model").image("case.image");
  const auto found_with = [&](const auto& in_half) {
    return maskrcnn::MaskRCNN<maskrcnn::ResNet18Fpn>(rounded(model, numbers, in_half), config)(image);
  };
  const auto worst_gap = [](const maskrcnn::Detections& a, const maskrcnn::Detections& b) {
    float worst = 0;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
      worst = std::max(worst, std::abs(a[i].score - b[i].score));
    return worst;
  };
  std::size_t chosen = 0, layers = 0;
  const auto expected = found_with([](const auto&) { return false; });
  const auto found = found_with([&](const maskrcnn::StoredTensor& tensor) {
    const bool half = maskrcnn::stored_type(tensor, true) == maskrcnn::DType::f16;
    chosen += half ? 1 : 0;
    layers += tensor.shape.size() > 1 ? 1 : 0;
    return half;
  });
  CHECK(chosen < layers);
  CHECK(2 * chosen > layers);
  CHECK(expected.size() > 5);
  CHECK(found.size() == expected.size());
  CHECK(worst_gap(found, expected) < 1e-3F);
  // what rounding every tensor does
  CHECK(worst_gap(found_with([](const auto&) { return true; }), expected) > 0.01F);
}
