#include <maskrcnn/stages/fpn.hpp>

#include <array>

#include "support.hpp"

using maskrcnn::Index;

TEST_CASE_TEMPLATE("the pyramid is torchvision's, odd sizes and batch norms included", T, float, double) {
  const test::Golden golden("fpn");
  constexpr std::array<Index, 4> channels{6, 9, 12, 17};
  for (const std::string name : {"plain", "odd", "normed"}) {
    const auto at = golden.at(name);
    const maskrcnn::Fpn<T> fpn(at, channels, {});
    maskrcnn::FeaturePyramid<T> maps;
    for (int i = 2; i <= 5; ++i) maps.push_back(golden.tensor<T>(name + ".c" + std::to_string(i)));
    const auto pyramid = fpn(std::move(maps));
    CAPTURE(name);
    CHECK(fpn.channels() == 10);
    REQUIRE(pyramid.size() == 5);
    for (std::size_t i = 0; i < 5; ++i) {
      const auto expected = golden.tensor<T>(name + ".p" + std::to_string(i + 2));
      CHECK(pyramid[i].shape() == expected.shape());
      CHECK(test::difference(pyramid[i].elements(), expected.elements()) < test::tolerance<T>);
    }
  }
}

TEST_CASE("levels that disagree about their width are refused") {
  const auto weights = test::MadeWeights()
                           .add("inner_blocks.0.0.weight", {8, 4, 1, 1})
                           .add("inner_blocks.0.0.bias", {8})
                           .add("layer_blocks.0.0.weight", {8, 8, 3, 3})
                           .add("layer_blocks.0.0.bias", {8})
                           .add("inner_blocks.1.0.weight", {9, 4, 1, 1})
                           .weights();
  constexpr std::array<Index, 2> channels{4, 4};
  CHECK(test::error_of([&] { maskrcnn::Fpn<float>(maskrcnn::Parameters(weights), channels, {}); }) ==
        "weights: 'inner_blocks.1.0.weight' has shape [9,4,1,1], expected [8,4,1,1] (file made)");
}
