#include <maskrcnn/layers/deformable_conv2d.hpp>

#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/layers/read_layers.hpp>

#include "support.hpp"

using maskrcnn::Activation;
using maskrcnn::Conv2d;
using maskrcnn::ConvGeometry;
using maskrcnn::ConvWeights;
using maskrcnn::Index;
using maskrcnn::kernels::available_kernels;

namespace {

template <class T>
[[nodiscard]] ConvWeights<T> random_weights(Index out, Index in, unsigned seed, Index groups = 1) {
  return {.kernel = test::random_numbers<T>(out * in / groups * 9, seed),
          .bias = test::random_numbers<T>(out, seed + 1),
          .out = out,
          .in = in,
          .height = 3,
          .width = 3,
          .groups = groups};
}

}  // namespace

TEST_CASE_TEMPLATE("deformable convolutions are torchvision's, on every kernel", T, float, double) {
  const test::Golden golden("deform_conv2d");
  for (const auto* kernel : available_kernels<T>())
    for (int i = 0; golden.has("case" + std::to_string(i) + ".input"); ++i) {
      const std::string name = "case" + std::to_string(i);
      const auto options = golden.values<Index>(name + ".options");
      const auto input = golden.tensor<T>(name + ".input");
      const auto weights =
          maskrcnn::read_conv<T>(golden.at(name) / "conv", {.in = input.size(3), .kernel = 3, .grouped = true});
      const auto offsets = maskrcnn::read_conv<T>(golden.at(name) / "offsets", {.in = input.size(3), .kernel = 3});
      const Conv2d<T> conv(weights, offsets,
                           {.stride = options[0],
                            .padding = options[1],
                            .dilation = options[1],
                            .activation = options[2] != 0 ? Activation::relu : Activation::none},
                           *kernel);
      const auto output = conv(input);
      const auto expected = golden.tensor<T>(name + ".output");
      CAPTURE(name);
      CAPTURE(kernel->name);
      CHECK(output.shape() == expected.shape());
      CHECK(test::difference(output.elements(), expected.elements()) < test::tolerance<T>);
    }
}

TEST_CASE("without offsets it is the convolution itself, in both precisions of products") {
  const auto weights = random_weights<float>(40, 32, 1, 4);
  const ConvGeometry geometry{.stride = 2, .padding = 1, .activation = Activation::relu};
  const ConvWeights<float> none{
      .kernel = std::vector<float>(18 * 32 * 9), .out = 18, .in = 32, .height = 3, .width = 3};
  const auto input = test::random_tensor<float, 4>({2, 13, 21, 32}, 3);
  const auto addend = test::random_tensor<float, 4>({2, 7, 11, 40}, 4);
  for (const auto precision : {maskrcnn::Precision::fp32, maskrcnn::Precision::bf16}) {
    const auto plain = Conv2d<float>(weights, geometry, precision)(input, &addend);
    const auto deformed = Conv2d<float>(weights, none, geometry, precision)(input, &addend);
    CHECK(test::difference(deformed.elements(), plain.elements()) < 1e-6);
  }
}

TEST_CASE("the number of threads does not change a bit of a deformable convolution") {
  const Conv2d<float> conv(random_weights<float>(70, 16, 1), random_weights<float>(27, 16, 3), {.padding = 1});
  const auto input = test::random_tensor<float, 4>({1, 23, 29, 16}, 7);
  const int before = maskrcnn::thread_count();
  maskrcnn::set_thread_count(1);
  const auto one = conv(input);
  for (const int threads : {2, 5}) {
    maskrcnn::set_thread_count(threads);
    const auto many = conv(input);
    CHECK(std::equal(one.data(), one.data() + one.count(), many.data()));
  }
  maskrcnn::set_thread_count(before);
}

TEST_CASE("places that are no numbers are read as none, places far away as zeros") {
  auto offsets = random_weights<float>(18, 4, 3);
  offsets.bias[0] = std::numeric_limits<float>::quiet_NaN();
  const auto input = test::random_tensor<float, 4>({1, 5, 5, 4}, 7);
  const auto weights = random_weights<float>(6, 4, 1);
  const auto found = Conv2d<float>(weights, offsets, {.padding = 1})(input);
  for (const float value : found.elements()) CHECK(std::isnan(value));
  for (const float far : {1e30F, -1e30F, std::numeric_limits<float>::infinity()}) {
    std::fill(offsets.bias.begin(), offsets.bias.end(), far);
    const auto nothing = Conv2d<float>(weights, offsets, {.padding = 1})(input);
    for (Index i = 0; i < nothing.count(); ++i) CHECK(nothing.data()[i] == weights.bias[i % 6]);
  }
}

TEST_CASE("offsets that do not fit are refused") {
  const auto refused = [](Index channels, const ConvWeights<float>& offsets) {
    return test::error_of([&] { Conv2d<float>(random_weights<float>(6, channels, 1), offsets, {.padding = 1}); });
  };
  CHECK(
      refused(4, random_weights<float>(17, 4, 3)) ==
      "deformable_conv2d: expected offsets by a 3 x 3 convolution of 4 channels to 18 for each deformable group, or 27 "
      "with masks, found one of 3 x 3, 4 channels to 17");
  CHECK(test::contains(refused(4, random_weights<float>(18, 8, 3)), "8 channels to 18"));
  CHECK(test::contains(refused(4, random_weights<float>(9 * 18, 4, 3)), "4 channels to 162"));
  CHECK(refused(4, random_weights<float>(54, 4, 3)) == "(no error)");  // two groups with masks; three do not share 4
  CHECK(test::contains(refused(6, random_weights<float>(54, 6, 3)), "6 channels to 54, which may be either"));
}
