#include <maskrcnn/weights/batch_norm_epsilon.hpp>
#include <maskrcnn/weights/residual_network.hpp>

#include "support.hpp"

using maskrcnn::ModelConfig;
using test::MadeWeights;

namespace {

/// What tells residual networks apart: the convolutions of the first block, and the first one of every other block.
struct Network {
  std::array<int, 4> depths;
  std::size_t width, groups = 1, expansion = 4;
  bool bottleneck = true, fpn = true;
};

/// @param width of the 3 x 3 convolutions
[[nodiscard]] MadeWeights made(const Network& network) {
  MadeWeights file;
  const std::string body = "backbone.body.layer", first = body + "1.0.";
  for (std::size_t layer = 0; layer < 4; ++layer)
    for (int block = 0; block < network.depths[layer]; ++block)
      file.add(body + std::to_string(layer + 1) + "." + std::to_string(block) + ".conv1.weight",
               {network.width, 8, 1, 1});
  file.add(first + "conv2.weight", {network.width, network.width / network.groups, 3, 3});
  if (network.bottleneck) file.add(first + "conv3.weight", {network.expansion * network.width, network.width, 1, 1});
  if (network.fpn) file.add("backbone.fpn.inner_blocks.0.0.weight", {16, 8, 1, 1});
  return file;
}

template <class C = maskrcnn::Torchvision>
[[nodiscard]] double epsilon_of(const MadeWeights& file) {
  const auto weights = file.weights();
  const auto from_file = maskrcnn::resolved<C>(ModelConfig::from(weights), weights).batch_norm_epsilon;
  // a configuration that the caller made himself
  CHECK(maskrcnn::resolved<C>(ModelConfig(), weights).batch_norm_epsilon == from_file);
  return from_file.value();
}

}  // namespace

TEST_CASE("frozen norms have no epsilon in torchvision's ResNet-50 with FPN, of any width, and 1e-5 everywhere else") {
  CHECK(epsilon_of(made({.depths = {3, 4, 6, 3}, .width = 64})) == 0);
  CHECK(epsilon_of(made({.depths = {3, 4, 6, 3}, .width = 6})) == 0);
  CHECK(epsilon_of<maskrcnn::TorchvisionRoiPool>(made({.depths = {3, 4, 6, 3}, .width = 64})) == 0);
  const auto basic = [](const std::array<int, 4>& depths) {
    return made({.depths = depths, .width = 64, .bottleneck = false});
  };
  CHECK(epsilon_of(basic({2, 2, 2, 2})) == 1e-5);
  CHECK(epsilon_of(basic({3, 4, 6, 3})) == 1e-5);
  CHECK(epsilon_of(made({.depths = {3, 4, 23, 3}, .width = 64})) == 1e-5);
  CHECK(epsilon_of(made({.depths = {3, 8, 36, 3}, .width = 64})) == 1e-5);
  // ResNeXt-50 32x4d, the same with a ResNet's outputs, Wide ResNet-50
  CHECK(epsilon_of(made({.depths = {3, 4, 6, 3}, .width = 128, .groups = 32, .expansion = 2})) == 1e-5);
  CHECK(epsilon_of(made({.depths = {3, 4, 6, 3}, .width = 128, .groups = 32})) == 1e-5);
  CHECK(epsilon_of(made({.depths = {3, 4, 6, 3}, .width = 128, .expansion = 2})) == 1e-5);
  CHECK(epsilon_of(made({.depths = {3, 4, 6, 3}, .width = 64, .fpn = false})) == 1e-5);
  CHECK(epsilon_of(MadeWeights().add("backbone.body.1.block.0.0.weight", {1})) == 1e-5);  // MobileNetV3
  CHECK(epsilon_of(MadeWeights()) == 1e-5);
}

TEST_CASE("detectron2's norms have 1e-5 everywhere") {
  CHECK(epsilon_of<maskrcnn::Detectron2>(made({.depths = {3, 4, 6, 3}, .width = 64})) == 1e-5);
  CHECK(epsilon_of<maskrcnn::Detectron2>(made({.depths = {3, 4, 6, 3}, .width = 64, .fpn = false})) == 1e-5);
}

TEST_CASE("what the file says goes before what its network usually has") {
  auto resnet50 = made({.depths = {3, 4, 6, 3}, .width = 64});
  resnet50.add("backbone.body.bn1.num_batches_tracked", {1});
  CHECK(epsilon_of(resnet50) == 1e-5);
  resnet50.say("batch_norm_eps", "0.001");
  CHECK(epsilon_of(resnet50) == 0.001);
  CHECK(epsilon_of(made({.depths = {2, 2, 2, 2}, .width = 64, .bottleneck = false}).say("batch_norm_eps", "0")) == 0);
  ModelConfig config;
  config.batch_norm_epsilon = 0.5;  // and what the caller says before everything
  CHECK(maskrcnn::resolved<maskrcnn::Torchvision>(config, resnet50.weights()).batch_norm_epsilon == 0.5);
}

TEST_CASE("a configuration is checked when it is used") {
  ModelConfig config;
  config.mask_threshold = 2;
  const auto weights = MadeWeights().weights();
  CHECK(test::contains(test::error_of([&] { (void)maskrcnn::resolved<maskrcnn::Torchvision>(config, weights); }),
                       "mask_thresh from 0 to 1, found 2 (model configuration)"));
}

TEST_CASE("a residual network is told by its first block and the numbers of its blocks") {
  const auto found = maskrcnn::residual_network_of(
      made({.depths = {3, 4, 23, 3}, .width = 256, .groups = 32, .expansion = 1}).weights(), "backbone.body.");
  REQUIRE(found.has_value());
  CHECK(found->bottleneck);
  CHECK(found->groups == 32);
  CHECK(found->depths == std::array{3, 4, 23, 3});
  CHECK_FALSE(maskrcnn::residual_network_of(MadeWeights().weights(), "backbone.body.").has_value());
}
