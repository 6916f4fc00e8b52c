#include <maskrcnn/layers/group_norm.hpp>

#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/layers/conv2d.hpp>
#include <maskrcnn/layers/depthwise_conv2d.hpp>
#include <maskrcnn/layers/read_layers.hpp>

#include "support.hpp"

using maskrcnn::Activation;
using maskrcnn::Addend;
using maskrcnn::Conv2d;
using maskrcnn::Index;
using maskrcnn::Tensor;

namespace {

/// Channels of one pixel each: what is left is the norm.
template <class T>
[[nodiscard]] maskrcnn::ConvWeights<T> unit_kernels(Index channels) {
  return {.kernel = std::vector<T>(channels, T{1}), .out = channels, .in = 1};
}

template <class T>
[[nodiscard]] maskrcnn::GroupNormWeights<T> random_norm(Index channels, Index groups) {
  return {
      .scale = test::random_numbers<T>(channels, 1), .shift = test::random_numbers<T>(channels, 2), .groups = groups};
}

/// The definition, in double.
template <class T>
[[nodiscard]] std::vector<double> reference(const Tensor<T, 4>& x, const maskrcnn::GroupNormWeights<T>& norm) {
  const Index channels = x.size(3), of_group = channels / norm.groups, pixels = x.size(1) * x.size(2);
  std::vector<double> output(x.count());
  for (Index image = 0; image < x.size(0); ++image)
    for (Index group = 0; group < norm.groups; ++group) {
      double mean = 0, variance = 0;
      const auto count = static_cast<double>(pixels * of_group);
      const auto each = [&](const auto& visit) {
        for (Index pixel = 0; pixel < pixels; ++pixel)
          for (Index c = group * of_group; c < (group + 1) * of_group; ++c)
            visit((image * pixels + pixel) * channels + c, c);
      };
      each([&](Index i, Index) { mean += static_cast<double>(x.data()[i]) / count; });
      each([&](Index i, Index) { variance += std::pow(static_cast<double>(x.data()[i]) - mean, 2) / count; });
      each([&](Index i, Index c) {
        output[i] = (static_cast<double>(x.data()[i]) - mean) / std::sqrt(variance + norm.epsilon) *
                        static_cast<double>(norm.scale[c]) +
                    static_cast<double>(norm.shift[c]);
      });
    }
  return output;
}

}  // namespace

TEST_CASE_TEMPLATE("a convolution with a group norm behind it is torch's", T, float, double) {
  const test::Golden golden("group_norm");
  for (int i = 0; golden.has("case" + std::to_string(i) + ".input"); ++i) {
    const std::string name = "case" + std::to_string(i);
    const auto options = golden.values<Index>(name + ".options");
    const auto addend = golden.has(name + ".addend") ? golden.tensor<T>(name + ".addend") : Tensor<T, 4>();
    const auto weights =
        maskrcnn::read_normed_conv<T>(golden.at(name) / "conv", golden.at(name) / "norm", {}, {.groups = options[0]});
    const Conv2d<T> conv(weights, {.activation = options[1] != 0 ? Activation::relu : Activation::none});
    const auto output = conv(golden.tensor<T>(name + ".input"), addend.count() > 0 ? &addend : nullptr);
    const auto expected = golden.tensor<T>(name + ".output");
    CAPTURE(name);
    CHECK(output.shape() == expected.shape());
    CHECK(test::difference(output.elements(), expected.elements()) < test::tolerance<T>);
  }
}

TEST_CASE_TEMPLATE("images of any size and channels of any number are normed", T, float, double) {
  for (const auto& size :
       {std::array<Index, 4>{32, 32, 16, 4}, {1, 1025, 3, 3}, {40, 77, 24, 3}, {33, 33, 17, 1}, {7, 7, 256, 32}}) {
    const Index height = size[0], width = size[1], channels = size[2], groups = size[3];
    CAPTURE(height);
    CAPTURE(channels);
    auto x = test::random_tensor<T>(maskrcnn::Shape<4>{2, height, width, channels}, 3);
    for (T& value : x.elements()) value += T{7};
    const auto norm = random_norm<T>(channels, groups);
    const auto expected = reference(x, norm);
    auto weights = unit_kernels<T>(channels);
    weights.norm = norm;
    const auto behind = maskrcnn::DepthwiseConv2d<T>(weights, {})(x);
    CHECK(test::difference(behind.elements(), expected) < test::tolerance<T>);
    maskrcnn::GroupNorm<T>{norm}(x, Addend<T>(nullptr, x.shape()), Activation::none);
    CHECK(test::difference(x.elements(), expected) < test::tolerance<T>);
  }
}

TEST_CASE("the number of threads does not change a bit of a norm") {
  const maskrcnn::GroupNorm<float> norm(random_norm<float>(24, 4));
  const int before = maskrcnn::thread_count();
  const auto run = [&](int threads) {
    maskrcnn::set_thread_count(threads);
    auto x = test::random_tensor<float, 4>({2, 61, 45, 24}, 7);
    norm(x, Addend<float>(nullptr, x.shape()), Activation::relu);
    return std::vector<float>(x.elements().begin(), x.elements().end());
  };
  const auto one = run(1);
  for (const int threads : {2, 3, 7}) CHECK(run(threads) == one);
  maskrcnn::set_thread_count(before);
}

TEST_CASE("what is not a number stays so, in its own group") {
  const maskrcnn::GroupNorm<float> norm(random_norm<float>(4, 2));
  auto x = test::random_tensor<float, 4>({1, 3, 3, 4}, 7);
  x(0, 1, 1, 3) = std::numeric_limits<float>::quiet_NaN();
  norm(x, Addend<float>(nullptr, x.shape()), Activation::relu);
  for (Index pixel = 0; pixel < 9; ++pixel)
    for (Index c = 0; c < 4; ++c) CHECK(std::isnan(x.data()[pixel * 4 + c]) == (c >= 2));
}

TEST_CASE("norms that do not fit are refused") {
  CHECK(test::error_of([] { maskrcnn::GroupNorm<float>{random_norm<float>(6, 4)}; }) ==
        "group_norm: expected as many scales as shifts, a multiple of 4 groups, found 6 and 6");
  const maskrcnn::GroupNorm<float> norm(random_norm<float>(6, 3));
  CHECK(test::error_of([&] {
          Tensor<float, 4> x({1, 2, 2, 5});
          norm(x, Addend<float>(nullptr, x.shape()), Activation::none);
        }) == "group_norm: expected 6 channels, found shape [1,2,2,5]");
  auto weights = unit_kernels<float>(4);
  weights.norm = random_norm<float>(6, 3);
  CHECK(test::error_of([&] { Conv2d<float>(weights, {}); }) == "conv2d: expected a norm of 4 channels, found 6");
}
