#include <maskrcnn/layers/conv2d.hpp>
#include <maskrcnn/layers/projected_conv2d.hpp>

#include "support.hpp"

using maskrcnn::BFloat16;
using maskrcnn::ConvWeights;
using maskrcnn::Index;
using maskrcnn::ProjectedConv2d;
using maskrcnn::Tensor;
using maskrcnn::kernels::available_kernels;

namespace {

/// The end of a block: channels of both inputs and of the output, stride of the projection.
struct Sizes {
  Index last_in, in, out, stride;
};

/// Numbers that bfloat16 has too, so that products of both kinds are the same.
template <class T>
[[nodiscard]] ConvWeights<T> weights_of(Index out, Index in, unsigned seed) {
  ConvWeights<T> weights{.bias = test::random_numbers<T>(out, seed), .out = out, .in = in};
  for (const float number : test::random_numbers<float>(out * in, seed + 1))
    weights.kernel.push_back(static_cast<T>(BFloat16(number)));
  return weights;
}

template <class T>
[[nodiscard]] Tensor<T, 4> input_of(Index height, Index width, Index channels, unsigned seed) {
  Tensor<T, 4> input({2, height, width, channels});
  const auto numbers = test::random_numbers<float>(input.count(), seed);
  for (Index i = 0; i < input.count(); ++i) input.data()[i] = static_cast<T>(BFloat16(numbers[i]));
  return input;
}

template <class T>
[[nodiscard]] Tensor<T, 4> projected(const Sizes& sizes, const maskrcnn::Compute& compute) {
  const ProjectedConv2d<T> conv(weights_of<T>(sizes.out, sizes.last_in, 1), weights_of<T>(sizes.out, sizes.in, 3),
                                sizes.stride, compute);
  const Index height = (9 - 1) / sizes.stride + 1, width = (6 - 1) / sizes.stride + 1;
  return conv(input_of<T>(height, width, sizes.last_in, 5), input_of<T>(9, 6, sizes.in, 6));
}

/// The same by two convolutions, in double.
[[nodiscard]] Tensor<double, 4> separate(const Sizes& sizes) {
  using Conv = maskrcnn::Conv2d<double>;
  const Conv last(weights_of<double>(sizes.out, sizes.last_in, 1), {.activation = maskrcnn::Activation::relu});
  const Conv projection(weights_of<double>(sizes.out, sizes.in, 3), {.stride = sizes.stride});
  const auto shortcut = projection(input_of<double>(9, 6, sizes.in, 6));
  return last(input_of<double>(shortcut.size(1), shortcut.size(2), sizes.last_in, 5), &shortcut);
}

}  // namespace

TEST_CASE("a projected convolution is the sum of two, on every kernel, in every precision") {
  for (const Sizes& sizes : {Sizes{64, 64, 256, 1}, Sizes{32, 64, 128, 2}, Sizes{6, 10, 3, 2}, Sizes{7, 5, 70, 3},
                             Sizes{512, 1024, 96, 2}}) {
    const auto expected = separate(sizes);
    for (const auto* kernels : available_kernels<float>()) {
      CAPTURE(std::string(kernels->name));
      CAPTURE(sizes.last_in);
      for (const auto precision : {maskrcnn::Precision::fp32, maskrcnn::Precision::bf16}) {
        const auto output = projected<float>(sizes, {*kernels, precision});
        CHECK(output.shape() == expected.shape());
        CHECK(test::difference(output.elements(), expected.elements()) < test::tolerance<float>);
      }
    }
  }
}

TEST_CASE("a projected convolution of no images is empty") {
  const ProjectedConv2d<float> conv(weights_of<float>(4, 2, 1), weights_of<float>(4, 2, 3), 2);
  CHECK(conv(Tensor<float, 4>({0, 2, 2, 2}), Tensor<float, 4>({0, 3, 3, 2})).count() == 0);
}

TEST_CASE("shapes of a projected convolution that do not fit are refused") {
  const auto last = weights_of<float>(4, 2, 1);
  CHECK_THROWS_WITH_AS(ProjectedConv2d<float>(last, weights_of<float>(5, 2, 3), 2),
                       doctest::Contains("expected two 1 x 1 convolutions to as many channels"), maskrcnn::Error);
  const ProjectedConv2d<float> conv(last, weights_of<float>(4, 3, 3), 2);
  CHECK_THROWS_WITH_AS((void)conv(Tensor<float, 4>({1, 4, 4, 2}), Tensor<float, 4>({1, 6, 6, 3})),
                       doctest::Contains("expected shape [1,3,3,2] beside an input of 3 channels"), maskrcnn::Error);
}
