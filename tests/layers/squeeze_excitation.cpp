#include <maskrcnn/layers/squeeze_excitation.hpp>

#include "support.hpp"

using maskrcnn::Index;

TEST_CASE_TEMPLATE("every channel of every image is weighted by what the image shows", T, float, double) {
  for (const Index channels : {16U, 40U, 3U, 70U}) {
    const Index squeezed = 8, images = 2, pixels = 5 * 7;
    const auto down = test::random_numbers<T>(channels * squeezed, 1), down_bias = test::random_numbers<T>(squeezed, 2);
    const auto up = test::random_numbers<T>(channels * squeezed, 3), up_bias = test::random_numbers<T>(channels, 4);
    auto x = test::random_tensor<T>(maskrcnn::Shape<4>{images, 5, 7, channels}, 5);
    std::vector<double> expected;
    for (Index n = 0; n < images; ++n) {
      const T* const image = x.data() + n * pixels * channels;
      std::vector<double> means(channels, 0.0), hidden, scale;
      for (Index i = 0; i < pixels * channels; ++i)
        means[i % channels] += static_cast<double>(image[i]) / static_cast<double>(pixels);
      for (Index j = 0; j < squeezed; ++j) {
        double sum = static_cast<double>(down_bias[j]);
        for (Index c = 0; c < channels; ++c) sum += means[c] * static_cast<double>(down[j * channels + c]);
        hidden.push_back(std::max(sum, 0.0));
      }
      for (Index c = 0; c < channels; ++c) {
        double sum = static_cast<double>(up_bias[c]);
        for (Index j = 0; j < squeezed; ++j) sum += hidden[j] * static_cast<double>(up[c * squeezed + j]);
        scale.push_back(std::clamp(sum + 3, 0.0, 6.0) / 6);
      }
      for (Index i = 0; i < pixels * channels; ++i)
        expected.push_back(static_cast<double>(image[i]) * scale[i % channels]);
    }
    using Weights = maskrcnn::LinearWeights<T>;
    const Weights squeeze{.weight = down, .bias = down_bias, .out = squeezed, .in = channels};
    const Weights excite{.weight = up, .bias = up_bias, .out = channels, .in = squeezed};
    const maskrcnn::SqueezeExcitation<T> excitation(maskrcnn::Linear<T>(squeeze, maskrcnn::Activation::relu),
                                                    maskrcnn::Linear<T>(excite));
    excitation(x);
    CAPTURE(channels);
    CHECK(test::difference(x.elements(), expected) < test::tolerance<T>);
  }
}

TEST_CASE("layers that do not fit each other are refused") {
  const auto linear = [](Index in, Index out) {
    return maskrcnn::Linear<float>(
        {.weight = std::vector<float>(in * out), .bias = std::vector<float>(out), .out = out, .in = in});
  };
  CHECK(test::error_of([&] { maskrcnn::SqueezeExcitation<float>(linear(4, 2), linear(2, 5)); }) ==
        "squeeze_excitation: expected layers of C to S and S to C channels, found 4 to 2 and 2 to 5");
}
