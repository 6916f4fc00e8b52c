#include <maskrcnn/stages/mobilenet_v3.hpp>

#include "support.hpp"

namespace {

const auto& large = maskrcnn::mobilenet_v3_large;

}  // namespace

TEST_CASE_TEMPLATE("the maps are torchvision's, at any width", T, float, double) {
  const test::Golden golden("mobilenet_v3");
  const maskrcnn::MobileNetV3<T, large> net(golden.at("large"), 1e-5);
  const auto features = net(golden.tensor<T>("large.input"));
  REQUIRE(features.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto expected = golden.tensor<T>("large.c" + std::to_string(i + 4));
    CHECK(features[i].shape() == expected.shape());
    CHECK(net.channels()[i] == expected.size(3));
    CHECK(test::difference(features[i].elements(), expected.elements()) < test::tolerance<T>);
  }
}

TEST_CASE("pictures of any size that the network takes") {
  const test::Golden golden("mobilenet_v3");
  const maskrcnn::MobileNetV3<float, large> net(golden.at("large"), 1e-5);
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
  static constexpr maskrcnn::MobileNetV3Spec<16> longer = [] {
    maskrcnn::MobileNetV3Spec<16> spec{};
    std::copy(large.blocks.begin(), large.blocks.end(), spec.blocks.begin());
    spec.blocks[15] = {.stride = 1, .activation = maskrcnn::Activation::hard_swish};
    return spec;
  }();
  CHECK(test::contains(test::error_of([&] { maskrcnn::MobileNetV3<float, longer>(golden.at("large"), 1e-5); }),
                       "'large.16.block.0.0.weight' is missing"));
}
