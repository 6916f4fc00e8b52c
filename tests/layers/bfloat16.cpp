// Layers whose products are computed of bfloat16 numbers: the same as in double on operands that are rounded
// beforehand.

#include <maskrcnn/layers/conv2d.hpp>
#include <maskrcnn/layers/conv_transpose2d.hpp>
#include <maskrcnn/layers/linear.hpp>

#include "support.hpp"

using maskrcnn::BFloat16;
using maskrcnn::Index;
using maskrcnn::Shape;
using maskrcnn::Tensor;
using maskrcnn::kernels::available_kernels;

namespace {

template <class T>
[[nodiscard]] std::vector<T> rounded(Index count, unsigned seed) {
  std::vector<T> numbers;
  for (const float number : test::random_numbers<float>(count, seed))
    numbers.push_back(static_cast<T>(BFloat16(number)));
  return numbers;
}

template <class T, std::size_t Rank>
[[nodiscard]] Tensor<T, Rank> rounded_tensor(const Shape<Rank>& shape, unsigned seed) {
  Tensor<T, Rank> tensor(shape);
  const auto numbers = rounded<T>(tensor.count(), seed);
  std::copy(numbers.begin(), numbers.end(), tensor.data());
  return tensor;
}

/// Sizes of a convolution.
struct Sizes {
  Index in, out, kernel, stride;
};

template <class T>
[[nodiscard]] Tensor<T, 4> convolved(const Sizes& sizes, const maskrcnn::Compute& compute) {
  const maskrcnn::ConvWeights<T> weights{.kernel = rounded<T>(sizes.in * sizes.out * sizes.kernel * sizes.kernel, 1),
                                         .bias = test::random_numbers<T>(sizes.out, 2),
                                         .out = sizes.out,
                                         .in = sizes.in,
                                         .height = sizes.kernel,
                                         .width = sizes.kernel};
  const maskrcnn::Conv2d<T> conv(
      weights, {.stride = sizes.stride, .padding = sizes.kernel / 2, .activation = maskrcnn::Activation::relu},
      compute);
  return conv(rounded_tensor<T, 4>({2, 9, 7, sizes.in}, 3));
}

template <class T>
[[nodiscard]] Tensor<T, 2> connected(Index in, Index out, Index rows, const maskrcnn::Compute& compute) {
  const maskrcnn::Linear<T> linear(
      {.weight = rounded<T>(in * out, 4), .bias = test::random_numbers<T>(out, 5), .out = out, .in = in},
      maskrcnn::Activation::none, compute);
  return linear(rounded_tensor<T, 2>({rows, in}, 6));
}

template <class T>
[[nodiscard]] Tensor<T, 4> upsampled(Index in, Index out, const maskrcnn::Compute& compute) {
  const maskrcnn::ConvTranspose2d<T> conv(
      {.kernel = rounded<T>(4 * in * out, 7), .bias = test::random_numbers<T>(out, 8), .in = in, .out = out},
      {.activation = maskrcnn::Activation::relu}, compute);
  return conv(rounded_tensor<T, 4>({3, 4, 5, in}, 9));
}

const auto& yardstick = *maskrcnn::kernels::available_kernels<double>().back();

}  // namespace

TEST_CASE("convolutions multiply bfloat16 numbers and add floats, on every kernel") {
  for (const auto* kernels : available_kernels<float>())
    for (const Sizes& sizes : {Sizes{64, 256, 1, 1}, Sizes{33, 70, 1, 2}, Sizes{1, 1, 1, 1}, Sizes{64, 72, 3, 2},
                               Sizes{6, 5, 3, 1}, Sizes{96, 80, 3, 1}}) {
      CAPTURE(std::string(kernels->name));
      CAPTURE(sizes.in);
      CHECK(test::difference(convolved<float>(sizes, {*kernels, maskrcnn::Precision::bf16}).elements(),
                             convolved<double>(sizes, yardstick).elements()) < test::tolerance<float>);
    }
}

TEST_CASE("fully connected layers do, shallow and deep") {
  for (const auto* kernels : available_kernels<float>())
    for (const auto& sizes :
         {Shape<3>{1024, 91, 5}, Shape<3>{3001, 200, 300}, Shape<3>{9001, 70, 40}, Shape<3>{7, 3, 1}}) {
      CAPTURE(std::string(kernels->name));
      CAPTURE(sizes[0]);
      CHECK(test::difference(
                connected<float>(sizes[0], sizes[1], sizes[2], {*kernels, maskrcnn::Precision::bf16}).elements(),
                connected<double>(sizes[0], sizes[1], sizes[2], yardstick).elements()) < test::tolerance<float>);
    }
}

TEST_CASE("transposed convolutions do") {
  for (const auto* kernels : available_kernels<float>()) {
    CAPTURE(std::string(kernels->name));
    CHECK(test::difference(upsampled<float>(48, 20, {*kernels, maskrcnn::Precision::bf16}).elements(),
                           upsampled<double>(48, 20, yardstick).elements()) < test::tolerance<float>);
  }
}

TEST_CASE("rounding a row is rounding its numbers, on every kernel") {
  const auto numbers = test::random_numbers<float>(75, 10);
  for (const auto* kernels : available_kernels<float>()) {
    std::vector<BFloat16> found(numbers.size());
    kernels->round_to_bf16(numbers.data(), numbers.size(), found.data());
    for (Index i = 0; i < numbers.size(); ++i) CHECK(found[i].bits == BFloat16(numbers[i]).bits);
  }
}
