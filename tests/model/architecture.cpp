// Networks are told from each other by the names and shapes of their tensors.

#include <maskrcnn/model/architecture.hpp>

#include "support.hpp"

using test::MadeWeights;

namespace {

struct Network {
  std::array<int, 4> depths;
  std::size_t width, groups = 1, out = 256;  ///< of the first layer: 3 x 3 convolutions, their groups, outputs
};

/// What tells residual networks with a pyramid apart.
[[nodiscard]] MadeWeights made(const Network& network) {
  MadeWeights file;
  for (std::size_t layer = 0; layer < 4; ++layer)
    for (int block = 0; block < network.depths[layer]; ++block)
      file.add("backbone.body.layer" + std::to_string(layer + 1) + "." + std::to_string(block) + ".conv1.weight",
               {network.width, 8, 1, 1});
  const std::string first = "backbone.body.layer1.0.";
  file.add(first + "conv2.weight", {network.width, network.width / network.groups, 3, 3});
  file.add(first + "conv3.weight", {network.out, network.width, 1, 1});
  return file.add("backbone.fpn.inner_blocks.0.0.weight", {16, 8, 1, 1});
}

[[nodiscard]] std::string name_of(const Network& network) {
  return maskrcnn::architecture_of(made(network).weights()).backbone;
}

}  // namespace

TEST_CASE("residual networks are called by their depths, groups and widths") {
  CHECK(name_of({{3, 4, 6, 3}, 64}) == "resnet50_fpn");
  CHECK(name_of({{3, 4, 6, 3}, 3, 1, 8}) == "resnet50_fpn");  // of no usual widths
  CHECK(name_of({{3, 4, 6, 3}, 128}) == "wide_resnet50_2_fpn");
  CHECK(name_of({{3, 4, 23, 3}, 128}) == "wide_resnet101_2_fpn");
  CHECK(name_of({{3, 4, 6, 3}, 128, 32}) == "resnext50_32x4d_fpn");
  CHECK(name_of({{3, 4, 6, 3}, 256, 32}) == "resnext50_32x8d_fpn");
  CHECK(name_of({{3, 4, 23, 3}, 256, 32}) == "resnext101_32x8d_fpn");
  CHECK(name_of({{3, 4, 23, 3}, 128, 32}) == "resnext101_32x4d_fpn");
  CHECK(name_of({{3, 4, 23, 3}, 64, 32}) == "resnext101_32x8d_fpn");
  CHECK(name_of({{3, 4, 23, 3}, 256, 64}) == "resnext101_64x4d_fpn");
  CHECK(name_of({{3, 8, 36, 3}, 256, 32}) == "resnext152_32x8d_fpn");
  CHECK(name_of({{3, 8, 36, 3}, 64}) == "resnet152_fpn");
  const std::string error = test::error_of([] { (void)name_of({{3, 4, 6, 2}, 128, 32}); });
  CHECK(test::contains(error,
                       "a residual network of bottleneck blocks with 32 groups, so many in its layers: 3, 4, 6, 2"));
}

TEST_CASE("RegNets are called by their widths and depths") {
  const auto made_regnet = [](const std::array<int, 4>& depths, const std::array<std::size_t, 4>& widths,
                              bool excited) {
    MadeWeights file;
    for (std::size_t stage = 0; stage < 4; ++stage)
      for (int i = 0; i < depths[stage]; ++i) {
        const std::string number = std::to_string(stage + 1);
        const std::string block =
            "backbone.body.trunk_output.block" + number + ".block" + number + "-" + std::to_string(i) + ".f.";
        file.add(block + "a.0.weight", {widths[stage], 8, 1, 1});
        file.add(block + "c.0.weight", {widths[stage], 8, 1, 1});
        if (excited) file.add(block + "se.fc1.weight", {8, 8, 1, 1});
      }
    return file;
  };
  const auto called = [](const MadeWeights& file) { return maskrcnn::architecture_of(file.weights()); };
  CHECK(called(made_regnet({2, 5, 14, 2}, {80, 240, 560, 1360}, false)).backbone == "regnet_x_4gf_fpn");
  CHECK(called(made_regnet({2, 6, 12, 2}, {128, 192, 512, 1088}, true)).backbone == "regnet_y_4gf_fpn");
  CHECK(called(made_regnet({2, 6, 15, 2}, {96, 192, 432, 1008}, false)).backbone == "regnet_x_3_2gf_fpn");
  CHECK(called(made_regnet({2, 6, 15, 2}, {96, 192, 432, 1008}, true)).backbone == "regnet_y_fpn");
  auto odd = made_regnet({1, 1, 1, 1}, {8, 16, 24, 32}, false);
  CHECK(called(odd).structure == "regnet_fpn");
  CHECK(called(odd.say("architecture", "faster_rcnn_regnet_x_fpn")).name() == "faster_rcnn_regnet_x_fpn");
  CHECK(test::contains(test::error_of([&] { (void)called(odd.say("architecture", "mask_rcnn_regnet_y_4gf_fpn")); }),
                       "'mask_rcnn_regnet_y_4gf_fpn', the tensors are of a regnet_x"));
  CHECK(test::contains(test::error_of([] {
                         (void)maskrcnn::architecture_of(
                             made({{3, 4, 6, 3}, 64}).say("architecture", "mask_rcnn_regnet_x_fpn").weights());
                       }),
                       "the tensors are of no RegNet"));
}

TEST_CASE("metadata may say the name, which must fit the depths") {
  const auto named = [](const Network& network, const char* name) {
    return maskrcnn::architecture_of(made(network).say("architecture", name).weights());
  };
  CHECK(named({{3, 4, 23, 3}, 256, 64}, "faster_rcnn_resnext101_64x4d_fpn").structure == "bottleneck_fpn");
  CHECK(named({{3, 4, 6, 3}, 128}, "mask_rcnn_wide_resnet50_2_fpn").name() == "mask_rcnn_wide_resnet50_2_fpn");
  CHECK(test::contains(test::error_of([&] {
                         (void)named({{3, 4, 6, 3}, 128}, "mask_rcnn_resnext152_32x8d_fpn");
                       }),
                       "whose layers have so many blocks: 3, 8, 36, 3; found 3, 4, 6, 3"));
}
