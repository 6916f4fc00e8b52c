#include <maskrcnn/layers/winograd_conv2d.hpp>

#include <maskrcnn/layers/direct_conv2d.hpp>

#include "support.hpp"

using maskrcnn::ConvGeometry;
using maskrcnn::ConvWeights;
using maskrcnn::DirectConv2d;
using maskrcnn::Index;
using maskrcnn::Shape;
using maskrcnn::Tensor;
using maskrcnn::kernels::available_kernels;

namespace {

using Tiles4 = maskrcnn::WinogradConv2d<float, 4>;
using Tiles6 = maskrcnn::WinogradConv2d<float, 6>;

/// Of the largest value: 6 x 6 tiles round four times as much.
template <class Tiles>
constexpr double tolerance = test::tolerance<float>*(std::is_same_v<Tiles, Tiles6> ? 4 : 1);

/// One convolution, in float and, as the yardstick, in double.
struct Case {
  Shape<4> input;
  Index out;
  bool addend, relu;
};

template <class T>
[[nodiscard]] ConvWeights<T> weights_of(const Case& c) {
  return {.kernel = test::random_numbers<T>(c.out * c.input[3] * 9, 1),
          .bias = test::random_numbers<T>(c.out, 2),
          .out = c.out,
          .in = c.input[3],
          .height = 3,
          .width = 3};
}

/// The result of one algorithm.
template <class Algorithm, class T>
[[nodiscard]] Tensor<T, 4> run(const Case& c, const maskrcnn::kernels::KernelSet<T>& kernel) {
  const auto activation = c.relu ? maskrcnn::Activation::relu : maskrcnn::Activation::none;
  const Algorithm conv(weights_of<T>(c), ConvGeometry{.padding = 1, .activation = activation}, kernel);
  const auto input = test::random_tensor<T, 4>(c.input, 3);
  // half as high and wide: resized by nearest neighbour on the way
  const auto addend = test::random_tensor<T, 4>({c.input[0], (c.input[1] + 1) / 2, (c.input[2] + 1) / 2, c.out}, 4);
  return conv(input, c.addend ? &addend : nullptr, nullptr);
}

}  // namespace

TEST_CASE_TEMPLATE("Winograd convolutions are direct ones, on every kernel that has them", Tiles, Tiles4, Tiles6) {
  const auto& yardstick = *maskrcnn::kernels::available_kernels<double>().back();
  const std::vector<Case> cases{
      {{1, 1, 1, 16}, 16, false, false},     // a tile that is nearly all outside
      {{1, 4, 4, 16}, 16, true, true},       // exactly one tile
      {{2, 7, 9, 32}, 80, true, true},       // ragged tiles, images in a row, a panel that is not full
      {{3, 14, 14, 64}, 128, false, true},   // the mask head's shape
      {{1, 5, 6, 512}, 64, false, false},    // few tiles, long sums
      {{1, 160, 161, 64}, 64, true, false},  // many tiles: blocks that stay in the cache
  };
  for (const Case& c : cases) {
    const auto expected = run<DirectConv2d<double>, double>(c, yardstick);
    for (const auto* kernel : available_kernels<float>()) {
      if (!Tiles::fits(weights_of<float>(c), {.padding = 1}, *kernel)) continue;
      const auto output = run<Tiles, float>(c, *kernel);
      CAPTURE(kernel->name);
      CAPTURE(maskrcnn::shape_text(c.input));
      CHECK(output.shape() == expected.shape());
      CHECK(test::difference(output.elements(), expected.elements()) < tolerance<Tiles>);
    }
  }
}

TEST_CASE("Winograd's error stays near that of direct convolution in float") {
  const Case c{{1, 32, 32, 256}, 64, false, false};
  const auto exact = run<DirectConv2d<double>, double>(c, *maskrcnn::kernels::available_kernels<double>().back());
  const auto rms = [&](const Tensor<float, 4>& found) {
    double error = 0, size = 0;
    for (Index i = 0; i < exact.count(); ++i) {
      const double gap = static_cast<double>(found.data()[i]) - exact.data()[i];
      error += gap * gap;
      size += exact.data()[i] * exact.data()[i];
    }
    return std::sqrt(error / size);
  };
  for (const auto* kernel : available_kernels<float>()) {
    if (!Tiles4::fits(weights_of<float>(c), {.padding = 1}, *kernel)) continue;
    const double direct = rms(run<DirectConv2d<float>, float>(c, *kernel));
    const double small = rms(run<Tiles4, float>(c, *kernel)), large = rms(run<Tiles6, float>(c, *kernel));
    MESSAGE(std::string(kernel->name) << ": rms error " << direct << " direct, " << small << " by 4 x 4 tiles, "
                                      << large << " by 6 x 6 tiles");
    CHECK(small < 2e-6);
    CHECK(large < 8e-6);
  }
}

TEST_CASE_TEMPLATE("the number of threads does not change a bit of a Winograd convolution", Tiles, Tiles4, Tiles6) {
  const int before = maskrcnn::thread_count();
  for (const auto* kernel : available_kernels<float>())
    for (const Case& c : {Case{{1, 21, 23, 32}, 96, true, true}, Case{{1, 150, 150, 64}, 64, false, true}}) {
      if (!Tiles::fits(weights_of<float>(c), {.padding = 1}, *kernel)) continue;
      maskrcnn::set_thread_count(1);
      const auto one = run<Tiles, float>(c, *kernel);
      for (const int threads : {2, 5}) {
        maskrcnn::set_thread_count(threads);
        const auto many = run<Tiles, float>(c, *kernel);
        CHECK(std::equal(one.data(), one.data() + one.count(), many.data()));
      }
      maskrcnn::set_thread_count(before);
    }
}

TEST_CASE_TEMPLATE("Winograd is for 3 x 3, stride 1, padding 1, whole vectors of channels, and kernels that have it",
                   Tiles, Tiles4, Tiles6) {
  const Case c{{1, 8, 8, 32}, 32, false, false};
  auto without = *available_kernels<float>().back();
  without.winograd_4x4 = without.winograd_6x6 = {};
  CHECK_FALSE(Tiles::fits(weights_of<float>(c), {.padding = 1}, without));
  for (const auto* kernel : available_kernels<float>()) {
    if (kernel->winograd_4x4.input == nullptr) continue;
    CHECK(Tiles::fits(weights_of<float>(c), {.padding = 1}, *kernel));
    CHECK_FALSE(Tiles::fits(weights_of<float>(c), {.padding = 0}, *kernel));
    CHECK_FALSE(Tiles::fits(weights_of<float>(c), {.stride = 2, .padding = 1}, *kernel));
    const Case odd{{1, 8, 8, 33}, 32, false, false};
    CHECK_FALSE(Tiles::fits(weights_of<float>(odd), {.padding = 1}, *kernel));
  }
}

TEST_CASE_TEMPLATE("no images make no images by Winograd", Tiles, Tiles4, Tiles6) {
  for (const auto* kernel : available_kernels<float>()) {
    const Case c{{0, 14, 14, 32}, 32, false, true};
    if (!Tiles::fits(weights_of<float>(c), {.padding = 1}, *kernel)) continue;
    CHECK(run<Tiles, float>(c, *kernel).shape() == Shape<4>{0, 14, 14, 32});
  }
}
