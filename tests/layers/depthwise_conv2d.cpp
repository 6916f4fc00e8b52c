#include <maskrcnn/layers/depthwise_conv2d.hpp>

#include "support.hpp"

using maskrcnn::Activation;
using maskrcnn::Index;

namespace {

struct Case {
  Index channels, height, width, kernel, stride;
  Activation activation;
};

/// The definition, in double.
template <class T>
[[nodiscard]] std::vector<double> reference(const maskrcnn::Tensor<T, 4>& input,
                                            const maskrcnn::ConvWeights<T>& weights, const Case& c) {
  const Index padding = c.kernel / 2, height = (c.height + 2 * padding - c.kernel) / c.stride + 1;
  const Index width = (c.width + 2 * padding - c.kernel) / c.stride + 1;
  std::vector<double> output;
  for (Index n = 0; n < input.size(0); ++n)
    for (Index y = 0; y < height; ++y)
      for (Index x = 0; x < width; ++x)
        for (Index channel = 0; channel < c.channels; ++channel) {
          double sum = weights.bias.empty() ? 0.0 : static_cast<double>(weights.bias[channel]);
          for (Index ky = 0; ky < c.kernel; ++ky)
            for (Index kx = 0; kx < c.kernel; ++kx) {
              const Index from_y = y * c.stride + ky - padding, from_x = x * c.stride + kx - padding;
              if (from_y >= c.height || from_x >= c.width) continue;  // below 0 wraps to a huge number
              sum += static_cast<double>(input(n, from_y, from_x, channel)) *
                     static_cast<double>(weights.kernel[(channel * c.kernel + ky) * c.kernel + kx]);
            }
          if (c.activation == Activation::relu) sum = std::max(sum, 0.0);
          if (c.activation == Activation::hard_swish) sum *= std::clamp(sum + 3, 0.0, 6.0) / 6;
          output.push_back(sum);
        }
  return output;
}

}  // namespace

TEST_CASE_TEMPLATE("every channel is convolved with its own kernel", T, float, double) {
  for (const Case& c : {Case{16, 9, 11, 3, 1, Activation::none}, Case{24, 8, 8, 3, 2, Activation::relu},
                        Case{40, 13, 7, 5, 1, Activation::hard_swish}, Case{67, 6, 10, 5, 2, Activation::hard_swish},
                        Case{1, 4, 5, 3, 1, Activation::relu}, Case{5, 1, 1, 3, 2, Activation::none},
                        Case{17, 2, 1, 5, 1, Activation::none}, Case{16, 3, 4, 7, 1, Activation::relu}})
    for (const bool with_bias : {true, false}) {
      const maskrcnn::ConvWeights<T> weights{
          .kernel = test::random_numbers<T>(c.channels * c.kernel * c.kernel, 1),
          .bias = with_bias ? test::random_numbers<T>(c.channels, 2) : std::vector<T>{},
          .out = c.channels,
          .in = 1,
          .height = c.kernel,
          .width = c.kernel};
      const auto input = test::random_tensor<T>(maskrcnn::Shape<4>{2, c.height, c.width, c.channels}, 3);
      const maskrcnn::DepthwiseConv2d<T> conv(
          weights, {.stride = c.stride, .padding = c.kernel / 2, .activation = c.activation});
      const auto output = conv(input);
      CAPTURE(c.channels);
      CHECK(output.size(0) == 2);
      CHECK(output.size(2) == (c.width - 1) / c.stride + 1);
      CHECK(test::difference(output.elements(), reference(input, weights, c)) < test::tolerance<T>);
    }
}

TEST_CASE("what does not fit is refused") {
  const maskrcnn::ConvWeights<float> weights{
      .kernel = std::vector<float>(18), .out = 2, .in = 1, .height = 3, .width = 3};
  const maskrcnn::DepthwiseConv2d<float> conv(weights, {});
  CHECK(test::error_of([&] {
          (void)conv(maskrcnn::Tensor<float, 4>({1, 2, 9, 2}));
        }) ==
        "depthwise_conv2d: expected an input of 2 channels and at least 3 x 3 pixels with padding, found shape "
        "[1,2,9,2]");
  CHECK(test::contains(test::error_of([&] {
                         (void)conv(maskrcnn::Tensor<float, 4>({1, 9, 9, 3}));
                       }),
                       "found shape [1,9,9,3]"));
  const maskrcnn::ConvWeights<float> dense{.kernel = std::vector<float>(4), .out = 2, .in = 2};
  CHECK(test::error_of([&] { maskrcnn::DepthwiseConv2d<float>(dense, {}); }) ==
        "depthwise_conv2d: expected weights of 1 input channel, found 2");
}
