#include <maskrcnn/stages/regnet.hpp>

#include <maskrcnn/core/parallel.hpp>

#include "support.hpp"

namespace {

template <class T>
void check(const std::string& name) {
  static const test::Golden golden("regnet");
  CAPTURE(name);
  const auto at = golden.at(name);
  const maskrcnn::RegNet<T> net(at, {});
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

TEST_CASE_TEMPLATE("the maps are those of torchvision's RegNet X and Y, at any width", T, float, double) {
  check<T>("x");
  check<T>("y");
}

TEST_CASE("the number of threads does not change a bit of a RegNet's maps") {
  const test::Golden golden("regnet");
  const maskrcnn::RegNet<float> net(golden.at("y"), {});
  const auto input = golden.tensor<float>("y.input");
  const int before = maskrcnn::thread_count();
  const auto last = [&](int threads) {
    maskrcnn::set_thread_count(threads);
    const auto features = net(input);
    return std::vector<float>(features.back().elements().begin(), features.back().elements().end());
  };
  const auto one = last(1);
  for (const int threads : {2, 5}) CHECK(last(threads) == one);
  maskrcnn::set_thread_count(before);
}

TEST_CASE("another network does not fit") {
  const test::Golden golden("resnet");
  CHECK(test::error_of([&] { maskrcnn::RegNet<float>(golden.at("resnet18"), {}); }) ==
        "weights: 'resnet18.stem.0.weight' is missing, expected shape [any,3,3,3] (file " + golden.weights().file() +
            ")");
}
