#include <maskrcnn/stages/resnet.hpp>

#include "support.hpp"

using maskrcnn::Index;

namespace {

template <class T>
void check(const test::Golden& golden, const maskrcnn::ResNetSpec& spec, const std::string& name,
           const maskrcnn::NormOptions& norms = {}) {
  CAPTURE(name);
  const auto at = golden.at(name);
  const maskrcnn::ResNet<T> net(at, spec, {.norms = norms});
  const auto features = net(golden.tensor<T>(name + ".input"));
  REQUIRE(features.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto expected = golden.tensor<T>(name + ".c" + std::to_string(i + 2));
    CHECK(features[i].shape() == expected.shape());
    CHECK(net.channels()[i] == expected.size(3));
    CHECK(test::difference(features[i].elements(), expected.elements()) < test::tolerance<T>);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("every depth computes torchvision's C2 to C5, at any width", T, float, double) {
  const test::Golden golden("resnet");
  check<T>(golden, maskrcnn::resnet18, "resnet18");
  check<T>(golden, maskrcnn::resnet34, "resnet34");
  check<T>(golden, maskrcnn::resnet50, "resnet50");
  check<T>(golden, maskrcnn::resnet101, "resnet101");
}

TEST_CASE_TEMPLATE("norms may be group norms, in the stem, in blocks and in shortcuts", T, float, double) {
  const test::Golden golden("resnet_gn");
  check<T>(golden, {.block = maskrcnn::ResidualBlock::basic}, "basic", {.groups = 2});
  check<T>(golden, {.block = maskrcnn::ResidualBlock::bottleneck}, "bottleneck", {.groups = 2});
}

TEST_CASE("group norms of a number of groups that channels do not make are refused") {
  const test::Golden golden("resnet_gn");
  const auto at = golden.at("bottleneck");
  CHECK(
      test::error_of([&] { maskrcnn::ResNet<float>(at, {.block = maskrcnn::ResidualBlock::bottleneck}, {}); }) ==
      "weights: norm 'bottleneck.bn1.' has no running statistics and 4 channels, expected a multiple of the number of "
      "groups of group norms, 32 (metadata 'group_norm_groups'; file " +
          golden.weights().file() + ")");
}

TEST_CASE("a residual network of another depth does not fit") {
  const test::Golden golden("resnet");
  const auto at = golden.at("resnet18");
  CHECK(test::error_of([&] { maskrcnn::ResNet<float>(at, maskrcnn::resnet34, {}); }) ==
        "weights: 'resnet18.layer1.2.conv1.weight' is missing, expected shape [any,5,3,3] (file " +
            golden.weights().file() + ")");
  CHECK(test::contains(test::error_of([&] { maskrcnn::ResNet<float>(at, maskrcnn::resnet50, {}); }),
                       "has shape [5,5,3,3], expected [any,5,1,1]"));
}
