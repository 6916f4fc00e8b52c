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
