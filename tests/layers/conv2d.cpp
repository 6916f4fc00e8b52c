#include <maskrcnn/layers/conv2d.hpp>

#include <maskrcnn/core/parallel.hpp>
#include <thread>

#include "support.hpp"

using maskrcnn::Conv2d;
using maskrcnn::ConvWeights;
using maskrcnn::Index;
using maskrcnn::kernels::available_kernels;

namespace {

template <class T>
[[nodiscard]] ConvWeights<T> weights_of(const test::Golden& golden, const std::string& name) {
  const auto shape = golden.shape(name + ".weight");
  ConvWeights<T> weights{.out = shape[0], .in = shape[1], .height = shape[2], .width = shape[3]};
  weights.kernel = golden.values<T>(name + ".weight");
  if (golden.has(name + ".bias")) weights.bias = golden.values<T>(name + ".bias");
  return weights;
}

template <class T>
[[nodiscard]] ConvWeights<T> random_weights(Index out, Index in, Index kernel) {
  return {.kernel = test::random_numbers<T>(out * in * kernel * kernel, 1),
          .bias = test::random_numbers<T>(out, 2),
          .out = out,
          .in = in,
          .height = kernel,
          .width = kernel};
}

}  // namespace

TEST_CASE_TEMPLATE("convolutions are torch's, on every kernel", T, float, double) {
  const test::Golden golden("conv2d");
  for (const auto* kernel : available_kernels<T>())
    for (int i = 0; golden.has("case" + std::to_string(i) + ".input"); ++i) {
      const std::string name = "case" + std::to_string(i);
      const auto geometry = golden.values<Index>(name + ".geometry");
      const Conv2d<T> conv(weights_of<T>(golden, name),
                           {.stride = geometry[0],
                            .padding = geometry[1],
                            .activation = geometry[2] != 0 ? maskrcnn::Activation::relu : maskrcnn::Activation::none},
                           *kernel);
      const auto addend = golden.has(name + ".addend") ? golden.tensor<T>(name + ".addend") : maskrcnn::Tensor<T, 4>();
      const auto output = conv(golden.tensor<T>(name + ".input"), addend.count() > 0 ? &addend : nullptr);
      const auto expected = golden.tensor<T>(name + ".output");
      CAPTURE(name);
      CAPTURE(kernel->name);
      CHECK(output.shape() == expected.shape());
      CHECK(test::difference(output.elements(), expected.elements()) < test::tolerance<T>);
    }
}

TEST_CASE("the number of threads does not change a bit") {
  const auto input = test::random_tensor<float, 4>({1, 37, 41, 20}, 7);
  const auto small = test::random_tensor<float, 4>({1, 4, 5, 20}, 8);
  const int before = maskrcnn::thread_count();
  for (const auto* kernel : available_kernels<float>()) {
    const Conv2d<float> conv(random_weights<float>(150, 20, 3),
                             {.padding = 1, .activation = maskrcnn::Activation::relu}, *kernel);
    maskrcnn::set_thread_count(1);
    const auto one = conv(input), small_one = conv(small);
    for (const int threads : {2, 5}) {
      maskrcnn::set_thread_count(threads);
      const auto many = conv(input), small_many = conv(small);
      CHECK(std::equal(one.data(), one.data() + one.count(), many.data()));
      CHECK(std::equal(small_one.data(), small_one.data() + small_one.count(), small_many.data()));
    }
    maskrcnn::set_thread_count(before);
  }
}

TEST_CASE("several threads may use one convolution") {
  const Conv2d<float> conv(random_weights<float>(33, 18, 3), {.stride = 2, .padding = 1});
  const auto input = test::random_tensor<float, 4>({1, 19, 17, 18}, 3);
  const auto expected = conv(input);
  bool same[3] = {};
  std::vector<std::thread> threads;
  for (bool& mine : same)
    threads.emplace_back([&] {
      const auto output = conv(input);
      mine = std::equal(output.data(), output.data() + output.count(), expected.data());
    });
  for (auto& thread : threads) thread.join();
  CHECK(std::count(std::begin(same), std::end(same), true) == 3);
}

TEST_CASE("a tensor from a pool makes outputs from that pool") {
  const auto pool = std::make_shared<maskrcnn::MemoryPool>();
  maskrcnn::Tensor<float, 4> input({1, 8, 8, 16}, pool);
  input.fill(1);
  const Conv2d<float> conv(random_weights<float>(16, 16, 3), {.padding = 1});
  const float* const first = conv(input).data();
  CHECK(conv(input).data() == first);
}

TEST_CASE("no images make no images") {
  const Conv2d<float> conv(random_weights<float>(4, 16, 3), {.padding = 1});
  CHECK(conv(maskrcnn::Tensor<float, 4>({0, 14, 14, 16})).shape() == maskrcnn::Shape<4>{0, 14, 14, 4});
}

TEST_CASE("what does not fit is refused") {
  const Conv2d<float> conv(random_weights<float>(4, 16, 3), {});
  CHECK(test::error_of([&] {
          (void)conv(maskrcnn::Tensor<float, 4>({1, 5, 5, 15}));
        }) ==
        "conv2d: expected an input of 16 channels and at least 3 x 3 pixels with padding, found shape [1,5,5,15]");
  CHECK(test::contains(test::error_of([&] { (void)conv(maskrcnn::Tensor<float, 4>({1, 2, 5, 16})); }), "[1,2,5,16]"));
  const maskrcnn::Tensor<float, 4> addend({1, 3, 3, 5});
  CHECK(test::error_of([&] {
          (void)conv(maskrcnn::Tensor<float, 4>({1, 5, 5, 16}), &addend);
        }) == "conv2d: cannot add a tensor of shape [1,3,3,5] to one of [1,3,3,4]");
  auto weights = random_weights<float>(4, 16, 3);
  weights.kernel.pop_back();
  CHECK(test::error_of([&] { Conv2d<float>(weights, {}); }) ==
        "conv2d: expected 576 weights and 4 biases, found 575 and 4");
}

TEST_CASE("groups and dilation are those of a convolution with zeros between") {
  // the same by a whole kernel of 5 x 5 taps: groups are blocks of it, dilation leaves out every second tap
  for (const Index groups : {Index{2}, Index{4}, Index{32}})
    for (const Index dilation : {Index{1}, Index{2}}) {
      const Index in = 64, out = 128, share = in / groups;
      maskrcnn::ConvWeights<double> grouped{.kernel = test::random_numbers<double>(out * share * 9, 1),
                                            .bias = test::random_numbers<double>(out, 2),
                                            .out = out,
                                            .in = in,
                                            .height = 3,
                                            .width = 3,
                                            .groups = groups};
      maskrcnn::ConvWeights<double> whole{.kernel = std::vector<double>(out * in * 25),
                                          .bias = grouped.bias,
                                          .out = out,
                                          .in = in,
                                          .height = 5,
                                          .width = 5};
      for (Index n = 0; n < out; ++n)
        for (Index c = 0; c < share; ++c)
          for (Index y = 0; y < 3; ++y)
            for (Index x = 0; x < 3; ++x) {
              const Index channel = n / (out / groups) * share + c;
              const Index to_y = 2 + dilation * y - dilation, to_x = 2 + dilation * x - dilation;
              whole.kernel[(n * in + channel) * 25 + to_y * 5 + to_x] = grouped.kernel[(n * share + c) * 9 + y * 3 + x];
            }
      const auto input = test::random_tensor<double, 4>({1, 9, 8, in}, 3);
      const auto expected =
          maskrcnn::Conv2d<double>(whole, {.padding = 2, .activation = maskrcnn::Activation::relu})(input);
      const auto as_floats = [](const std::vector<double>& from) {
        return std::vector<float>(from.begin(), from.end());
      };
      maskrcnn::Tensor<float, 4> floats(input.shape());
      std::copy(input.elements().begin(), input.elements().end(), floats.data());
      const maskrcnn::ConvWeights<float> weights{.kernel = as_floats(grouped.kernel),
                                                 .bias = as_floats(grouped.bias),
                                                 .out = out,
                                                 .in = in,
                                                 .height = 3,
                                                 .width = 3,
                                                 .groups = groups};
      for (const auto* kernels : maskrcnn::kernels::available_kernels<float>()) {
        CAPTURE(std::string(kernels->name));
        CAPTURE(groups);
        const maskrcnn::Conv2d<float> conv(
            weights, {.padding = dilation, .dilation = dilation, .activation = maskrcnn::Activation::relu}, *kernels);
        CHECK(test::difference(conv(floats).elements(), expected.elements()) < test::tolerance<float>);
      }
    }
}
