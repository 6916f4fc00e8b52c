#include <maskrcnn/stages/mobilenet_v3.hpp>

#include "support.hpp"

namespace {

const auto& large = maskrcnn::mobilenet_v3_large;

}  // namespace

TEST_CASE_TEMPLATE("the maps are torchvision's, at any width", T, float, double) {
  const test::Golden golden("mobilenet_v3");
  const maskrcnn::MobileNetV3<T> net(golden.at("large"), large, {});
  const auto features = net(golden.tensor<T>("large.input"));
  REQUIRE(features.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto expected = golden.tensor<T>("large.c" + std::to_string(i + 4));
    CHECK(features[i].shape() == expected.shape());
    CHECK(net.channels()[i] == expected.size(3));
    CHECK(test::difference(features[i].elements(), expected.elements()) < test::tolerance<T>);
  }
}

TEST_CASE("images of any size that the network takes") {
  const test::Golden golden("mobilenet_v3");
  const maskrcnn::MobileNetV3<float> net(golden.at("large"), large, {});
  for (const maskrcnn::Shape<4>& shape : {maskrcnn::Shape<4>{1, 32, 32, 3}, {1, 32, 320, 3}, {2, 96, 64, 3}}) {
    const auto features = net(test::random_tensor<float>(shape, 3));
    for (const auto& map : features) {
      CHECK(map.size(0) == shape[0]);
      CHECK(map.size(1) == shape[1] / 32);
      CHECK(map.size(2) == shape[2] / 32);
    }
  }
}

TEST_CASE("a network of other blocks does not fit") {
  const test::Golden golden("mobilenet_v3");
  std::vector<maskrcnn::InvertedResidual> longer(large.begin(), large.end());
  longer.push_back({.stride = 1, .activation = maskrcnn::Activation::hard_swish});
  CHECK(test::contains(test::error_of([&] { maskrcnn::MobileNetV3<float>(golden.at("large"), longer, {}); }),
                       "'large.16.block.0.0.weight' is missing"));
}
