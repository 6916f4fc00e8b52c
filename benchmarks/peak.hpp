/// What this processor can do at most, measured: arithmetic, of which other figures are shares, and reading memory.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <maskrcnn/core/memory_pool.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/kernels/isa/amx.hpp>
#include <string_view>
#include <vector>

#ifdef MASKRCNN_X86
#include <immintrin.h>

// Each body makes `steps` rounds of independent multiply-adds, more than latency times issue width of them, and returns
// how many operations that was, a multiply-add counted as two. No memory is touched, so nothing real can be faster. The
// empty asm makes every round's registers count.

MASKRCNN_TARGET_REGION("avx2,fma")

namespace peak::avx2 {

// 12 accumulators + 1 factor of 16 registers
inline double fp32(long steps) {
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

}  // namespace peak::avx2

MASKRCNN_END_TARGET_REGION

MASKRCNN_TARGET_REGION("avx512f")

namespace peak::avx512 {

// 24 accumulators + 1 factor of 32 registers
inline double fp32(long steps) {
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

}  // namespace peak::avx512

MASKRCNN_END_TARGET_REGION

MASKRCNN_TARGET_REGION("avx512f,avx512bf16")

namespace peak::avx512 {

/// Products of bfloat16 pairs, added in fp32.
inline double bf16(long steps) {
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

}  // namespace peak::avx512

MASKRCNN_END_TARGET_REGION

#ifdef MASKRCNN_AMX
MASKRCNN_TARGET_REGION("amx-tile,amx-bf16")

namespace peak::amx {

/// Products of tiles of bfloat16 pairs. Four tiles of sums, as many as the library's kernel has.
inline double bf16(long steps) {
  _tile_loadconfig(&maskrcnn::kernels::amx::whole_tiles);  // which makes all tiles zero
  for (long step = 0; step < steps; ++step) {
    _tile_dpbf16ps(0, 4, 5);
    _tile_dpbf16ps(1, 4, 5);
    _tile_dpbf16ps(2, 4, 5);
    _tile_dpbf16ps(3, 4, 5);
  }
  _tile_release();
  return static_cast<double>(steps) * 4 * 16 * 16 * 32 * 2;
}

}  // namespace peak::amx

MASKRCNN_END_TARGET_REGION
#endif  // AMX
#endif  // x86

namespace peak {

using Body = double (*)(long steps);

/// The loop whose speed bounds what kernels of this name (as MASKRCNN_ISA spells it) can do in fp32; for the generic
/// ones, whose instructions the user's flags choose, the best of this processor. Null where none is written.
[[nodiscard]] inline Body fp32_loop([[maybe_unused]] std::string_view kernels) {
#ifdef MASKRCNN_X86
  __builtin_cpu_init();
  if (kernels != "avx2" && __builtin_cpu_supports("avx512f")) return avx512::fp32;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2::fp32;
#endif
  return nullptr;
}

/// The same for products of bfloat16 numbers; where they are emulated, as in fp32.
[[nodiscard]] inline Body bf16_loop(std::string_view kernels) {
#ifdef MASKRCNN_X86
#ifdef MASKRCNN_AMX
  if (kernels == "amx") return amx::bf16;
#endif
  if (kernels == "avx512bf16") return avx512::bf16;
#endif
  return fp32_loop(kernels);
}

/// The best of several tries, in GFLOP/s: whatever else the machine does can only slow one down. 0 for no loop.
/// @param threads how many compute at once: at most what OpenMP gives the caller
[[nodiscard]] inline double measure(Body body, int threads, int attempts = 15) {
  constexpr std::size_t chunks_per_thread = 64;  // of 0.1 ms or so, lest one thread wait long at the end
  constexpr long steps = 40'000;
  if (body == nullptr) return 0;
  double best = 0;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    const std::size_t chunks = chunks_per_thread * static_cast<std::size_t>(threads);
    const auto begin = std::chrono::steady_clock::now();
    if (threads == 1)
      for (std::size_t chunk = 0; chunk < chunks; ++chunk) (void)body(steps);
    else
      maskrcnn::parallel_for(chunks, [&](std::size_t) { (void)body(steps); });
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    best = std::max(best, body(1) * static_cast<double>(steps) * static_cast<double>(chunks) / seconds / 1e9);
  }
  return best;
}

/// How fast all threads together read memory that no cache holds, in GB/s: the best of several tries, which take some
/// milliseconds each. Where it falls from one time to the next somebody else uses the memory, and what does not fit
/// the caches becomes slow.
class MemorySpeed {
 public:
  MemorySpeed() { std::fill_n(static_cast<std::uint64_t*>(memory_.data()), chunks * words, 1); }

  [[nodiscard]] double measure(int attempts = 5) const {
    const auto* const memory = static_cast<const std::uint64_t*>(memory_.data());
    double best = 0;
    for (int attempt = 0; attempt < attempts; ++attempt) {
      std::vector<std::uint64_t> sums(chunks);
      const auto begin = std::chrono::steady_clock::now();
      maskrcnn::parallel_for(chunks, [&](std::size_t chunk) {
        std::uint64_t sum = 0;  // one word of each cache line brings all of it
        for (std::size_t i = chunk * words; i < (chunk + 1) * words; i += line) sum += memory[i];
        sums[chunk] = sum;
      });
      const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
      if (sums != std::vector<std::uint64_t>(chunks, words / line)) return 0;  // never, but the compiler must read
      best = std::max(best, static_cast<double>(bytes) / time.count() / 1e9);
    }
    return best;
  }

 private:
  static constexpr std::size_t chunks = 64, words = std::size_t{1} << 18U, line = 64 / sizeof(std::uint64_t);
  static constexpr std::size_t bytes = chunks * words * sizeof(std::uint64_t);  // 128 MB
  maskrcnn::PooledMemory memory_{bytes, nullptr};                               // in large pages, where there are any
};

}  // namespace peak
