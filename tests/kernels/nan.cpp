// What is not a number stays so in all kernels of all instruction sets. Holds under -ffast-math as well: then, too, a
// broken weight must show in the results. So nothing here compares floats with themselves: bits are looked at.

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cstdint>
#include <maskrcnn/kernels/dispatch.hpp>
#include <string>
#include <vector>

using maskrcnn::Activation;
using maskrcnn::BFloat16;
using maskrcnn::Index;
using maskrcnn::is_nan;
using maskrcnn::kernels::available_kernels;
using maskrcnn::kernels::KernelSet;

namespace {

/// Of either sign, and with as few and as many bits set as can be.
const std::array<float, 4> nans{std::bit_cast<float>(0x7FC00000U), std::bit_cast<float>(0xFFC00000U),
                                std::bit_cast<float>(0x7FFFFFFFU), std::bit_cast<float>(0xFFFFFFFFU)};

/// The sets that run here, each once.
template <class Body>
void for_kernels(const Body& body) {
  for (const auto* set : available_kernels<float>()) {
    if (&maskrcnn::kernels::permitted(*set) != set) continue;
    CAPTURE(std::string(set->name));
    for (const float nan : nans) {
      CAPTURE(std::bit_cast<std::uint32_t>(nan));
      body(*set, nan);
    }
  }
}

/// Numbers in [-1, 1), of both signs.
template <class Number>
[[nodiscard]] std::vector<Number> numbers(Index count) {
  std::vector<Number> values;
  for (Index i = 0; i < count; ++i) values.push_back(Number(static_cast<float>(i * 37 % 64) / 32.0F - 1.0F));
  return values;
}

enum class Place { input, bias, output, addend };

/// Whether exactly what a NaN at `place`, in row 1, must reach is not a number.
template <class Operand>
[[nodiscard]] bool kept_in_product(const KernelSet<float>& set, float nan, Place place, Index columns, bool relu) {
  constexpr Index depth = 6;
  const auto& kernel = set.product<Operand>();
  const Index rows = kernel.rows + 1, width = kernel.columns;
  auto a = numbers<Operand>(rows * depth);
  const auto b = numbers<Operand>(depth * width);
  auto bias = numbers<float>(width), c = numbers<float>(rows * width), addend = numbers<float>(rows * width);
  if (place == Place::input) a[depth + 2] = Operand(nan);
  if (place == Place::bias) bias[0] = nan;
  if (place == Place::output) c[width] = nan;
  if (place == Place::addend) addend[width] = nan;
  std::vector<const Operand*> inputs;
  std::vector<float*> outputs;
  std::vector<const float*> addends;
  for (Index r = 0; r < rows; ++r) {
    inputs.push_back(a.data() + r * depth);
    outputs.push_back(c.data() + r * width);
    addends.push_back(addend.data() + r * width);
  }
  kernel.run({.a = inputs.data(),
              .a_pitch = rows,
              .a_offset = 0,
              .segments = 1,
              .segment = depth,
              .rows = rows,
              .b = b.data(),
              .columns = columns,
              .c = outputs.data(),
              .c_offset = 0,
              .bias = place == Place::output ? nullptr : bias.data(),
              .addend = place == Place::addend ? addends.data() : nullptr,
              .relu = relu});
  bool right = true;
  for (Index r = 0; r < rows; ++r)
    for (Index n = 0; n < columns; ++n) {
      const bool expected = place == Place::input ? r == 1 : place == Place::bias ? n == 0 : r == 1 && n == 0;
      right = right && is_nan(c[r * width + n]) == expected;
    }
  return right;
}

}  // namespace

TEST_CASE_TEMPLATE("a product keeps what is not a number, wherever it comes from", Operand, float, BFloat16) {
  for_kernels([](const KernelSet<float>& set, float nan) {
    const Index width = set.product<Operand>().columns;
    for (const Place place : {Place::input, Place::bias, Place::output, Place::addend})
      for (const Index columns : {width, width - 1, Index{1}})
        for (const bool relu : {false, true}) {
          CAPTURE(static_cast<int>(place));
          CAPTURE(columns);
          CAPTURE(relu);
          CHECK(kept_in_product<Operand>(set, nan, place, columns, relu));
        }
  });
}

TEST_CASE("a depthwise convolution does, with every activation") {
  for_kernels([](const KernelSet<float>& set, float nan) {
    for (const Index channels : {Index{3}, set.lanes, 2 * set.lanes + 1})
      for (const Activation activation : {Activation::none, Activation::relu, Activation::hard_swish}) {
        constexpr Index pixels = 9;
        auto input = numbers<float>(pixels * channels);
        const auto weights = numbers<float>(channels), bias = numbers<float>(channels);
        input[4 * channels + channels - 1] = nan;
        std::vector<float> output(pixels * channels);
        set.depthwise({.input = input.data(),
                       .stride = channels,
                       .row = 0,
                       .weights = weights.data(),
                       .weight_row = 0,
                       .rows = 1,
                       .columns = 1,
                       .bias = bias.data(),
                       .channels = channels,
                       .pixels = pixels,
                       .to = output.data(),
                       .activation = activation});
        CAPTURE(channels);
        CAPTURE(static_cast<int>(activation));
        for (Index i = 0; i < output.size(); ++i) CHECK(is_nan(output[i]) == (i == 4 * channels + channels - 1));
      }
  });
}

TEST_CASE("RoIAlign does, of averages and maxima, whichever sample is not a number") {
  for_kernels([](const KernelSet<float>& set, float nan) {
    for (const bool maximum : {false, true})
      for (const Index broken : {0U, 1U, 2U}) {
        const Index channels = set.lanes + 2;
        auto map = numbers<float>(12 * channels);
        const std::vector<float> weights(12, 0.25F);
        std::vector<const float*> cells;
        for (Index i = 0; i < 12; ++i) cells.push_back(map.data() + i * channels);
        for (const Index c : {Index{0}, channels - 1}) map[4 * broken * channels + c] = nan;
        std::vector<float> output(channels);
        set.pool_roi_bin({.cells = cells.data(),
                          .weights = weights.data(),
                          .samples = 3,
                          .channels = channels,
                          .maximum = maximum,
                          .start = -2.0F,
                          .divisor = 3.0F,
                          .to = output.data()});
        CAPTURE(maximum);
        CAPTURE(broken);
        for (Index c = 0; c < channels; ++c) CHECK(is_nan(output[c]) == (c == 0 || c == channels - 1));
      }
  });
}

namespace {

template <Index Outputs>
void check_winograd(const KernelSet<float>& set, float nan) {
  constexpr Index products = maskrcnn::kernels::winograd_products<Outputs>, outputs = Outputs * Outputs;
  const Index channels = set.lanes;
  auto from = numbers<float>(products * channels);
  const auto bias = numbers<float>(channels);
  from[(maskrcnn::kernels::winograd_inputs<Outputs> + 1) * channels] =
      nan;  // pixel 1, 1: one of those that all outputs need
  std::vector<const float*> pixels;
  for (Index i = 0; i < products; ++i) pixels.push_back(from.data() + i * channels);
  std::vector<float> coefficients(products * channels), found(outputs * channels);
  set.winograd<Outputs>().input(
      {.pixels = pixels.data(), .channels = channels, .to = coefficients.data(), .pitch = channels});
  std::vector<float*> to;
  for (Index i = 0; i < outputs; ++i) to.push_back(found.data() + i * channels);
  for (const bool relu : {false, true}) {
    set.winograd<Outputs>().output({.from = coefficients.data(),
                                    .pitch = channels,
                                    .channels = channels,
                                    .bias = bias.data(),
                                    .pixels = to.data(),
                                    .addend = nullptr,
                                    .relu = relu});
    CAPTURE(relu);
    CHECK(std::any_of(found.begin(), found.end(), [](float x) { return is_nan(x); }));
  }
}

}  // namespace

TEST_CASE("Winograd's transforms do") {
  for_kernels([](const KernelSet<float>& set, float nan) {
    check_winograd<4>(set, nan);
    check_winograd<6>(set, nan);
  });
}

TEST_CASE("rounding and activations of single numbers do") {
  for_kernels([](const KernelSet<float>& set, float nan) {
    auto from = numbers<float>(70);
    from[5] = from[69] = nan;
    std::vector<BFloat16> to(from.size());
    set.round_to_bf16(from.data(), from.size(), to.data());
    for (Index i = 0; i < to.size(); ++i) CHECK(is_nan(maskrcnn::bf16_to_float(to[i].bits)) == (i == 5 || i == 69));
  });
  for (const float nan : nans) {
    CHECK(is_nan(maskrcnn::hard_sigmoid(nan)));
    for (const Activation activation : {Activation::none, Activation::relu, Activation::hard_swish})
      CHECK(is_nan(maskrcnn::activated(nan, activation)));
    CHECK(is_nan(maskrcnn::kernels::maximum(nan, 1.0F)));
    CHECK(is_nan(maskrcnn::kernels::maximum(1.0F, nan)));
  }
  CHECK(maskrcnn::kernels::relu(-3.0) == 0.0);
  CHECK(is_nan(maskrcnn::kernels::relu(std::bit_cast<double>(0xFFF8000000000000U))));
}
