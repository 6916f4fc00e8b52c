/// The room of AVX-512 with products of bfloat16 pairs in one instruction.
#pragma once

#include <maskrcnn/kernels/isa/avx512.hpp>

#ifdef MASKRCNN_X86

MASKRCNN_TARGET_REGION("avx512bf16,avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")

namespace maskrcnn::inline MASKRCNN_FLAGS::kernels::avx512bf16 {

using avx512::add, avx512::multiply_add, avx512::relu, avx512::Vector;
using avx512::tile_rows, avx512::tile_vectors;

#include <maskrcnn/kernels/bodies/gemm.inl>

/// One step of the product: a pair of numbers times a register of sixteen pairs.
struct PairStep {
  using Operand = BFloat16;
  static constexpr int parts = 1;
  struct Pairs {
    __m512i value;
  };
  template <int Part>
  MASKRCNN_INLINE static Pairs load(const BFloat16* b) {
    return {_mm512_loadu_si512(b)};
  }
  template <int Part>
  MASKRCNN_INLINE static Pairs broadcast(const BFloat16* a) {
    int pair = 0;
    __builtin_memcpy(&pair, a, sizeof pair);
    return {_mm512_set1_epi32(pair)};
  }
  MASKRCNN_INLINE static Vector add_product(Pairs x, Pairs column, Vector sum) {
    return {_mm512_dpbf16_ps(sum.value, (__m512bh)x.value, (__m512bh)column.value)};
  }
};

inline void round_to_bf16(const float* from, Index count, BFloat16* to) {
  Index i = 0;
  for (; i + 32 <= count; i += 32) {
    const __m512bh rounded = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(from + i + 16), _mm512_loadu_ps(from + i));
    _mm512_storeu_si512(to + i, (__m512i)rounded);
  }
  for (; i < count; ++i) to[i] = BFloat16(from[i]);
}

inline constexpr KernelSet<float> kernel_set = [] {
  KernelSet<float> set = avx512::kernel_set;
  set.name = "avx512bf16";
  set.gemm_bf16 = gemm<PairStep>;
  set.round_to_bf16 = &round_to_bf16;
  return set;
}();

}  // namespace maskrcnn::kernels::avx512bf16

MASKRCNN_END_TARGET_REGION
#endif  // x86
