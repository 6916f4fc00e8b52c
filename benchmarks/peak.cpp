// The arithmetic peak of this processor, measured: what other figures are shares of.
//
//     maskrcnn-peak [THREADS]
//
// For each instruction set that the processor has and 1 .. THREADS threads (default: OpenMP's), one line
// "TYPE SET THREADS GFLOP/S": fused multiply-adds on registers alone, a multiply-add counted as two operations; for
// bf16 the products of pairs, added in fp32. No memory is touched, so nothing real can be faster.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <maskrcnn/core/parallel.hpp>

#if (defined(__x86_64__) || defined(__i386__)) && (defined(__GNUC__) || defined(__clang__))
#define MASKRCNN_PEAK_X86 1
#include <immintrin.h>

// Each body makes `steps` rounds of independent multiply-adds, more than latency times issue width of them, and returns
// how many operations that was. The empty asm makes every round's registers count.

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif

namespace avx2 {

// 12 accumulators + 1 factor of 16 registers
double fp32(long steps) {
  __m256 sums[12];
  for (auto& sum : sums) sum = _mm256_setzero_ps();
  const __m256 factor = _mm256_set1_ps(0.5F);
  for (long step = 0; step < steps; ++step) {
#pragma GCC unroll 12
    for (auto& sum : sums) {
      sum = _mm256_fmadd_ps(factor, factor, sum);
      __asm__ volatile("" : "+x"(sum));
    }
  }
  return static_cast<double>(steps) * 12 * 8 * 2;
}

}  // namespace avx2

#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f"))), apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f")
#endif

namespace avx512 {

// 24 accumulators + 1 factor of 32 registers
double fp32(long steps) {
  __m512 sums[24];
  for (auto& sum : sums) sum = _mm512_setzero_ps();
  const __m512 factor = _mm512_set1_ps(0.5F);
  for (long step = 0; step < steps; ++step) {
#pragma GCC unroll 24
    for (auto& sum : sums) {
      sum = _mm512_fmadd_ps(factor, factor, sum);
      __asm__ volatile("" : "+v"(sum));
    }
  }
  return static_cast<double>(steps) * 24 * 16 * 2;
}

}  // namespace avx512

#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512bf16"))), apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bf16")
#endif

namespace avx512 {

double bf16(long steps) {
  __m512 sums[24];
  for (auto& sum : sums) sum = _mm512_setzero_ps();
  const __m512bh factor = _mm512_cvtne2ps_pbh(_mm512_set1_ps(0.5F), _mm512_set1_ps(0.5F));
  for (long step = 0; step < steps; ++step) {
#pragma GCC unroll 24
    for (auto& sum : sums) {
      sum = _mm512_dpbf16_ps(sum, factor, factor);
      __asm__ volatile("" : "+v"(sum));
    }
  }
  return static_cast<double>(steps) * 24 * 32 * 2;
}

}  // namespace avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif  // x86

namespace {

using Body = double (*)(long steps);

/// The best of several tries, in GFLOP/s: whatever else the machine does can only slow one down.
double measure(Body body, int threads) {
  constexpr std::size_t chunks_per_thread =
      64;  // of a few tenths of a millisecond, lest one thread wait long at the end
  constexpr long steps = 100'000;
  double best = 0;
  for (int attempt = 0; attempt < 15; ++attempt) {
    const std::size_t chunks = chunks_per_thread * static_cast<std::size_t>(threads);
    const auto begin = std::chrono::steady_clock::now();
    maskrcnn::parallel_for(chunks, [&](std::size_t) { (void)body(steps); });
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    best = std::max(best, body(1) * static_cast<double>(steps) * static_cast<double>(chunks) / seconds / 1e9);
  }
  return best;
}

void print(const char* name, Body body, int threads) {
  for (int count = 1; count <= threads; ++count) {
#ifdef _OPENMP
    omp_set_num_threads(count);
#endif
    std::printf("%s %d %.1f\n", name, count, measure(body, count));
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : maskrcnn::thread_count();
  if (argc > 2 || threads < 1) {
    std::fprintf(stderr, "usage: %s [THREADS]\n", argv[0]);
    return 2;
  }
#ifdef MASKRCNN_PEAK_X86
  __builtin_cpu_init();
  const bool has_avx512 = __builtin_cpu_supports("avx512f");
  if (has_avx512 && __builtin_cpu_supports("avx512bf16")) print("bf16 avx512", avx512::bf16, threads);
  if (has_avx512) print("fp32 avx512", avx512::fp32, threads);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) print("fp32 avx2", avx2::fp32, threads);
#else
  std::fprintf(stderr, "%s: no loop is written for this processor\n", argv[0]);
  (void)print;
  return 1;
#endif
}
