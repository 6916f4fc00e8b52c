// The arithmetic peak of this processor, measured: what other figures are shares of.
//
//     maskrcnn-peak [THREADS]
//
// For each instruction set that the processor has and 1 .. THREADS threads (default: OpenMP's), one line
// "TYPE SET THREADS GFLOP/S": fused multiply-adds on registers alone, a multiply-add counted as two operations; for
// bf16 the products of pairs, added in fp32. No memory is touched, so nothing real can be faster.

#include <cstdio>
#include <cstdlib>
#include <maskrcnn/core/parallel.hpp>

#include "peak.hpp"

namespace {

void print(const char* name, peak::Body body, int threads) {
  for (int count = 1; count <= threads; ++count) {
    maskrcnn::set_thread_count(count);
    std::printf("%s %d %.1f\n", name, count, peak::measure(body, count));
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
#ifdef MASKRCNN_X86
  __builtin_cpu_init();
  const bool has_avx512 = __builtin_cpu_supports("avx512f");
#ifdef MASKRCNN_AMX
  if (maskrcnn::kernels::amx::available() && maskrcnn::kernels::amx::permission())
    print("bf16 amx", peak::amx::bf16, threads);
#endif
  if (has_avx512 && __builtin_cpu_supports("avx512bf16")) print("bf16 avx512", peak::avx512::bf16, threads);
  if (has_avx512) print("fp32 avx512", peak::avx512::fp32, threads);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) print("fp32 avx2", peak::avx2::fp32, threads);
#else
  std::fprintf(stderr, "%s: no loop is written for this processor\n", argv[0]);
  (void)print;
  return 1;
#endif
}
