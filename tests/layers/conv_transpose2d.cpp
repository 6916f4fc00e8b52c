#include <maskrcnn/layers/conv_transpose2d.hpp>

#include "support.hpp"

using maskrcnn::Activation;
using maskrcnn::ConvTranspose2d;
using maskrcnn::ConvTransposeWeights;
using maskrcnn::Index;

TEST_CASE_TEMPLATE("transposed convolutions are torch's, on every kernel", T, float, double) {
  const test::Golden golden("conv_transpose2d");
  for (const auto* kernel : maskrcnn::kernels::available_kernels<T>())
    for (const std::string name : {"case0", "case1", "case2"}) {
      const auto shape = golden.shape(name + ".weight");
      const ConvTransposeWeights<T> weights{.kernel = golden.values<T>(name + ".weight"),
                                            .bias = golden.values<T>(name + ".bias"),
                                            .in = shape[0],
                                            .out = shape[1]};
      const bool relu = golden.values<int>(name + ".geometry")[0] != 0;
      const ConvTranspose2d<T> conv(weights, {.activation = relu ? Activation::relu : Activation::none}, *kernel);
      const auto output = conv(golden.tensor<T>(name + ".input"));
      const auto expected = golden.tensor<T>(name + ".output");
      CAPTURE(name);
      CHECK(output.shape() == expected.shape());
      CHECK(test::difference(output.elements(), expected.elements()) < test::tolerance<T>);
    }
}

TEST_CASE_TEMPLATE("kernels that overlap are torch's, such as the keypoint head's", T, float, double) {
  const test::Golden golden("conv_transpose2d");
  for (const auto* kernel : maskrcnn::kernels::available_kernels<T>())
    for (const std::string name : {"overlapping0", "overlapping1"}) {
      CAPTURE(name);
      const auto shape = golden.shape(name + ".weight");
      const ConvTransposeWeights<T> weights{.kernel = golden.values<T>(name + ".weight"),
                                            .bias = golden.values<T>(name + ".bias"),
                                            .in = shape[0],
                                            .out = shape[1],
                                            .height = 4,
                                            .width = 4};
      const ConvTranspose2d<T> conv(weights, {.stride = 2, .padding = 1}, *kernel);
      const auto output = conv(golden.tensor<T>(name + ".input"));
      const auto expected = golden.tensor<T>(name + ".output");
      CHECK(output.shape() == expected.shape());
      CHECK(test::difference(output.elements(), expected.elements()) < test::tolerance<T>);
    }
}

namespace {

/// A kernel and how it moves.
struct Case {
  Index height, width, stride, padding;
};

/// The definition: every input pixel adds its multiple of the kernel to the outputs around it.
[[nodiscard]] std::vector<double> by_definition(const ConvTransposeWeights<float>& w, const Case& c,
                                                const maskrcnn::Tensor<float, 4>& input, Index out_height,
                                                Index out_width) {
  const Index images = input.size(0);
  std::vector<double> sums(images * out_height * out_width * w.out);
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = static_cast<double>(w.bias[i % w.out]);
  for (Index image = 0; image < images; ++image)
    for (Index y = 0; y < input.size(1); ++y)
      for (Index x = 0; x < input.size(2); ++x)
        for (Index ky = 0; ky < c.height; ++ky)
          for (Index kx = 0; kx < c.width; ++kx) {
            const Index oy = y * c.stride + ky - c.padding, ox = x * c.stride + kx - c.padding;  // may wrap below zero
            if (oy >= out_height || ox >= out_width) continue;
            for (Index k = 0; k < w.in; ++k)
              for (Index n = 0; n < w.out; ++n)
                sums[((image * out_height + oy) * out_width + ox) * w.out + n] +=
                    static_cast<double>(input(image, y, x, k)) *
                    static_cast<double>(w.kernel[((k * w.out + n) * c.height + ky) * c.width + kx]);
          }
  return sums;
}

}  // namespace

TEST_CASE("kernels of any size move by any stride, with any padding") {
  // 4 x 4 by 2, padded by 1, is what keypoint heads have
  for (const Case& c : {Case{4, 4, 2, 1}, Case{2, 2, 2, 0}, Case{3, 3, 2, 1}, Case{3, 3, 1, 1}, Case{5, 4, 3, 1},
                        Case{1, 1, 1, 0}, Case{3, 2, 2, 0}, Case{7, 7, 3, 3}})
    for (const auto* kernel : maskrcnn::kernels::available_kernels<float>())
      for (const auto precision : {maskrcnn::Precision::fp32, maskrcnn::Precision::bf16}) {
        CAPTURE(std::string(kernel->name));
        CAPTURE(c.height);
        CAPTURE(c.stride);
        ConvTransposeWeights<float> weights{.kernel = test::random_numbers<float>(10 * 6 * c.height * c.width, 1),
                                            .bias = test::random_numbers<float>(6, 2),
                                            .in = 10,
                                            .out = 6,
                                            .height = c.height,
                                            .width = c.width};
        auto input = test::random_tensor<float, 4>({2, 5, 4, 10}, 3);
        // numbers that both precisions have
        for (float& value : weights.kernel) value = static_cast<float>(maskrcnn::BFloat16(value));
        for (float& value : input.elements()) value = static_cast<float>(maskrcnn::BFloat16(value));
        const ConvTranspose2d<float> conv(weights, {.stride = c.stride, .padding = c.padding}, {*kernel, precision});
        const auto output = conv(input);
        CHECK(output.shape() == maskrcnn::Shape<4>{2, 4 * c.stride + c.height - 2 * c.padding,
                                                   3 * c.stride + c.width - 2 * c.padding, 6});
        CHECK(test::difference(output.elements(), by_definition(weights, c, input, output.size(1), output.size(2))) <
              test::tolerance<float>);
      }
}

TEST_CASE("a transposed convolution refuses what does not fit") {
  const auto made = [](Index numbers, const maskrcnn::ConvTransposeGeometry& geometry = {}) {
    return ConvTranspose2d<float>(
        {.kernel = std::vector<float>(numbers), .bias = std::vector<float>(3), .in = 2, .out = 3}, geometry);
  };
  CHECK(test::error_of([&] { (void)made(23); }) ==
        "conv_transpose2d: expected 24 weights and 3 biases, found 23 and 3");
  CHECK(test::error_of([&] { (void)made(24, {.stride = 3}); }) ==
        "conv_transpose2d: expected a stride of 1 to the kernel's size and a padding of less than half of it, found 3 "
        "and 0 with a kernel of 2 x 2");
  CHECK(test::contains(test::error_of([&] { (void)made(24, {.padding = 1}); }), "found 2 and 1"));
  CHECK(test::contains(test::error_of([&] {
                         (void)made(24)(maskrcnn::Tensor<float, 4>({1, 2, 2, 5}));
                       }),
                       "expected 2 channels in and an output of shape [1,4,4,3]"));
}
