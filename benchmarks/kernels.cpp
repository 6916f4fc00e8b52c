// Each kernel of each instruction set that this processor has, on one thread, with operands in the caches.
//
//     maskrcnn-kernels [--benchmark_filter=REGEX]
//
// Counters: GFLOP/s (a multiply-add counts as two), the share of this processor's measured peak for the same
// instruction set and operands, and for kernels that mostly move data GB/s, reads and writes together. Products on
// their own processor's peak are at 1.0 when nothing but arithmetic takes time.

#include <benchmark/benchmark.h>

#include <chrono>
#include <map>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/kernels/dispatch.hpp>
#include <numeric>
#include <string>
#include <type_traits>
#include <vector>

#include "peak.hpp"

namespace {

using maskrcnn::BFloat16, maskrcnn::Index, maskrcnn::Tensor;
namespace kernels = maskrcnn::kernels;
using KernelSet = kernels::KernelSet<float>;

/// What one call of a kernel does; 0: not counted.
struct Work {
  double flop = 0, bytes = 0;
};

/// The peak that goes with a loop, measured when first asked for.
double peak_of(peak::Body loop) {
  static std::map<peak::Body, double> peaks;
  const auto [entry, fresh] = peaks.try_emplace(loop, 0.0);
  if (fresh) entry->second = peak::measure(loop, 1);
  return entry->second;
}

/// Times `call`, and sets the counters.
template <class Call>
void time(benchmark::State& state, const Work& work, peak::Body loop, const Call& call) {
  const double peak = work.flop > 0 ? peak_of(loop) : 0;
  const auto begin = std::chrono::steady_clock::now();
  for ([[maybe_unused]] auto _ : state) {
    call();
    benchmark::ClobberMemory();
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const double calls = static_cast<double>(state.iterations()) / seconds / 1e9;
  if (work.flop > 0) state.counters["GFLOP/s"] = work.flop * calls;
  if (peak > 0) state.counters["of_peak"] = work.flop * calls / peak;
  if (work.bytes > 0) state.counters["GB/s"] = work.bytes * calls;
}

/// Numbers from -1 to 1 in no order.
template <class Number>
std::vector<Number> numbers(Index count) {
  std::vector<Number> values(count);
  unsigned state = 1;
  for (Number& value : values) {
    state = state * 1664525U + 1013904223U;
    value = static_cast<Number>(static_cast<float>(state >> 8U) / 8388608.0F - 1.0F);
  }
  return values;
}

/// Sizes of a product: `segments` pieces of `segment` elements a row, one panel of columns.
struct Product {
  const char* name;
  Index segments, segment;
  bool with_addend;
};

/// A block of rows whose inputs, weights and outputs stay in the second-level cache.
template <class Operand>
void time_product(benchmark::State& state, const KernelSet& set, const Product& product) {
  const kernels::GemmKernel<float, Operand>& kernel = set.product<Operand>();
  constexpr Index rows = 96;
  const Index depth = product.segments * product.segment;
  const auto inputs = numbers<Operand>(rows * depth), weights = numbers<Operand>(depth * kernel.columns);
  const auto bias = numbers<float>(kernel.columns), addend = numbers<float>(rows * kernel.columns);
  Tensor<float, 2> output({rows, kernel.columns});
  std::vector<const Operand*> a(product.segments * rows);
  std::vector<float*> c(rows);
  std::vector<const float*> addends(rows);
  for (Index r = 0; r < rows; ++r) {
    for (Index s = 0; s < product.segments; ++s) a[s * rows + r] = inputs.data() + r * depth + s * product.segment;
    c[r] = &output(r, 0);
    addends[r] = addend.data() + r * kernel.columns;
  }
  const kernels::GemmBlock<float, Operand> block{.a = a.data(),
                                                 .a_pitch = rows,
                                                 .a_offset = 0,
                                                 .segments = product.segments,
                                                 .segment = product.segment,
                                                 .rows = rows,
                                                 .b = weights.data(),
                                                 .columns = kernel.columns,
                                                 .c = c.data(),
                                                 .c_offset = 0,
                                                 .bias = bias.data(),
                                                 .addend = product.with_addend ? addends.data() : nullptr,
                                                 .relu = true};
  const auto loop = std::is_same_v<Operand, float> ? peak::fp32_loop(set.name) : peak::bf16_loop(set.name);
  time(state, {.flop = 2.0 * static_cast<double>(rows * depth * kernel.columns)}, loop, [&] { kernel.run(block); });
}

constexpr Index channels = 256;

/// Tiles that are transformed one after the other: their pixels and coefficients fit into the second-level cache.
constexpr Index tiles = 8;

/// One tile in, or out, of `Outputs` x `Outputs`: so many transforms of one row or column each.
template <Index Outputs>
void time_winograd_input(benchmark::State& state, const KernelSet& set) {
  constexpr Index inputs = kernels::winograd_inputs<Outputs>, size = kernels::winograd_products<Outputs>;
  constexpr Index operations = Outputs == 4 ? 20 : 46;  // of one transform
  const auto pixels = numbers<float>(tiles * size * channels);
  Tensor<float, 1> coefficients({tiles * size * channels});
  std::vector<const float*> from(tiles * size);
  for (Index i = 0; i < from.size(); ++i) from[i] = pixels.data() + i * channels;
  const auto count = static_cast<double>(tiles * channels);
  time(state, {.flop = 2 * inputs * operations * count, .bytes = 2 * size * sizeof(float) * count},
       peak::fp32_loop(set.name), [&] {
         for (Index tile = 0; tile < tiles; ++tile)
           set.winograd<Outputs>().input({.pixels = from.data() + tile * size,
                                          .channels = channels,
                                          .to = coefficients.data() + tile * size * channels,
                                          .pitch = channels});
       });
}

/// The same on the way out, with the bias.
template <Index Outputs>
void time_winograd_output(benchmark::State& state, const KernelSet& set) {
  constexpr Index inputs = kernels::winograd_inputs<Outputs>, size = kernels::winograd_products<Outputs>;
  constexpr Index outputs = Outputs * Outputs;
  constexpr Index operations = Outputs == 4 ? 16 : 32;  // of one transform
  const auto coefficients = numbers<float>(tiles * size * channels), bias = numbers<float>(channels);
  Tensor<float, 1> pixels({tiles * outputs * channels});
  std::vector<float*> to(tiles * outputs);
  for (Index i = 0; i < to.size(); ++i) to[i] = pixels.data() + i * channels;
  const auto count = static_cast<double>(tiles * channels);
  time(state,
       {.flop = ((inputs + Outputs) * operations + outputs) * count, .bytes = (size + outputs) * sizeof(float) * count},
       peak::fp32_loop(set.name), [&] {
         for (Index tile = 0; tile < tiles; ++tile)
           set.winograd<Outputs>().output({.from = coefficients.data() + tile * size * channels,
                                           .pitch = channels,
                                           .channels = channels,
                                           .bias = bias.data(),
                                           .pixels = to.data() + tile * outputs,
                                           .addend = nullptr,
                                           .relu = true});
       });
}

template <Index Outputs>
void add_winograd(const KernelSet& set, const std::string& name) {
  if (set.winograd<Outputs>().input == nullptr) return;
  benchmark::RegisterBenchmark((name + "input").c_str(),
                               [&](benchmark::State& state) { time_winograd_input<Outputs>(state, set); });
  benchmark::RegisterBenchmark((name + "output").c_str(),
                               [&](benchmark::State& state) { time_winograd_output<Outputs>(state, set); });
}

/// A line of 3 x 3 or 5 x 5 windows; inputs and outputs stay in the second-level cache.
void time_depthwise(benchmark::State& state, const KernelSet& set, Index taps, maskrcnn::Activation activation) {
  constexpr Index width = 96, pixels = 64;
  const Index row = (pixels + taps) * width;
  const auto input = numbers<float>(taps * row), weights = numbers<float>(taps * taps * width),
             bias = numbers<float>(width);
  Tensor<float, 1> output({pixels * width});
  const kernels::DepthwiseRun<float> run{.input = input.data(),
                                         .stride = width,
                                         .row = row,
                                         .weights = weights.data(),
                                         .weight_row = taps * width,
                                         .rows = taps,
                                         .columns = taps,
                                         .bias = bias.data(),
                                         .channels = width,
                                         .pixels = pixels,
                                         .to = output.data(),
                                         .activation = activation};
  time(state, {.flop = 2.0 * static_cast<double>(taps * taps * width * pixels)}, peak::fp32_loop(set.name),
       [&] { set.depthwise(run); });
}

/// One bin of four samples, as in a 7 x 7 RoIAlign.
void time_roi_bin(benchmark::State& state, const KernelSet& set, bool maximum) {
  constexpr Index samples = 4;
  const auto map = numbers<float>(4 * samples * channels), weights = numbers<float>(4 * samples);
  std::vector<float> output(channels);
  std::vector<const float*> cells;
  for (Index i = 0; i < 4 * samples; ++i) cells.push_back(map.data() + i * channels);
  const kernels::RoiBin<float> bin{.cells = cells.data(),
                                   .weights = weights.data(),
                                   .samples = samples,
                                   .channels = channels,
                                   .maximum = maximum,
                                   .start = -1.0F,
                                   .divisor = 4.0F,
                                   .to = output.data()};
  time(state, {.bytes = static_cast<double>((4 * samples + 1) * channels * sizeof(float))}, nullptr,
       [&] { set.pool_roi_bin(bin); });
}

void time_rounding(benchmark::State& state, const KernelSet& set) {
  constexpr Index count = 4096;
  const auto from = numbers<float>(count);
  std::vector<BFloat16> to(count);
  time(state, {.bytes = static_cast<double>(count * (sizeof(float) + sizeof(BFloat16)))}, nullptr,
       [&] { set.round_to_bf16(from.data(), count, to.data()); });
}

void add_benchmarks(const KernelSet& set) {
  const std::string name = std::string(set.name) + "/";
  static constexpr Product products[] = {{"depth 64", 1, 64, false},          {"depth 256", 1, 256, false},
                                         {"depth 256, addend", 1, 256, true}, {"depth 512", 1, 512, false},
                                         {"9 segments of 64", 9, 64, false},  {"7 segments of 21", 7, 21, false}};
  for (const Product& product : products) {
    benchmark::RegisterBenchmark((name + "product fp32/" + product.name).c_str(),
                                 [&](benchmark::State& state) { time_product<float>(state, set, product); });
    if (product.segment % kernels::step_depth<BFloat16> == 0)
      benchmark::RegisterBenchmark((name + "product bf16/" + product.name).c_str(),
                                   [&](benchmark::State& state) { time_product<BFloat16>(state, set, product); });
  }
  add_winograd<4>(set, name + "winograd 4x4 ");
  add_winograd<6>(set, name + "winograd 6x6 ");
  for (const Index taps : {Index{3}, Index{5}})
    for (const auto activation : {maskrcnn::Activation::relu, maskrcnn::Activation::hard_swish}) {
      const bool relu = activation == maskrcnn::Activation::relu;
      benchmark::RegisterBenchmark(
          (name + "depthwise " + (taps == 3 ? "3x3" : "5x5") + (relu ? ", relu" : ", hard_swish")).c_str(),
          [&set, taps, activation](benchmark::State& state) { time_depthwise(state, set, taps, activation); });
    }
  for (const bool maximum : {false, true})
    benchmark::RegisterBenchmark((name + "roi bin, " + (maximum ? "maximum" : "average")).c_str(),
                                 [&set, maximum](benchmark::State& state) { time_roi_bin(state, set, maximum); });
  benchmark::RegisterBenchmark((name + "round to bf16").c_str(),
                               [&](benchmark::State& state) { time_rounding(state, set); });
}

}  // namespace

int main(int argc, char** argv) {
  for (const KernelSet* set : kernels::available_kernels<float>())
    if (&kernels::permitted(*set) == set) add_benchmarks(*set);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
