/// The kernels for x86 processors: each body compiled once per instruction set, inside a target region of its own.
#pragma once

#include <maskrcnn/kernels/portable.hpp>
#include <maskrcnn/kernels/target_region.hpp>

#ifdef MASKRCNN_X86
#define MASKRCNN_INLINE [[gnu::always_inline]] inline

#include <immintrin.h>

MASKRCNN_TARGET_REGION("avx2,fma")

namespace maskrcnn::kernels::avx2 {

inline constexpr const char* name = "avx2";
// 6 * 2 accumulators + 2 of B + 1 of A = 15 of 16 registers
inline constexpr int tile_rows = 6, tile_vectors = 2;

struct Vector {
  static constexpr Index lanes = 8;
  __m256 value;
  MASKRCNN_INLINE static Vector load(const float* from) { return {_mm256_loadu_ps(from)}; }
  MASKRCNN_INLINE static Vector broadcast(const float* from) { return {_mm256_broadcast_ss(from)}; }
  MASKRCNN_INLINE static Vector all(float x) { return {_mm256_set1_ps(x)}; }
  MASKRCNN_INLINE void store(float* to) const { _mm256_storeu_ps(to, value); }
};
MASKRCNN_INLINE Vector add(Vector a, Vector b) { return {_mm256_add_ps(a.value, b.value)}; }
MASKRCNN_INLINE Vector subtract(Vector a, Vector b) { return {_mm256_sub_ps(a.value, b.value)}; }
MASKRCNN_INLINE Vector multiply(Vector a, Vector b) { return {_mm256_mul_ps(a.value, b.value)}; }
MASKRCNN_INLINE Vector divide(Vector a, Vector b) { return {_mm256_div_ps(a.value, b.value)}; }
MASKRCNN_INLINE Vector maximum(Vector a, Vector b) { return {_mm256_max_ps(b.value, a.value)}; }
// operand order keeps a NaN, as a comparison against zero does
MASKRCNN_INLINE Vector relu(Vector a) { return {_mm256_max_ps(_mm256_setzero_ps(), a.value)}; }
MASKRCNN_INLINE Vector fused_multiply_add(Vector a, Vector b, Vector c) {
  return {_mm256_fmadd_ps(a.value, b.value, c.value)};
}

#include <maskrcnn/kernels/kernel_set_simd.inl>

}  // namespace maskrcnn::kernels::avx2

MASKRCNN_END_TARGET_REGION

MASKRCNN_TARGET_REGION("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")

namespace maskrcnn::kernels::avx512 {

inline constexpr const char* name = "avx512";
// 6 * 4 accumulators + 4 of B + 1 of A = 29 of 32 registers
inline constexpr int tile_rows = 6, tile_vectors = 4;

struct Vector {
  static constexpr Index lanes = 16;
  __m512 value;
  MASKRCNN_INLINE static Vector load(const float* from) { return {_mm512_loadu_ps(from)}; }
  MASKRCNN_INLINE static Vector broadcast(const float* from) { return {_mm512_set1_ps(*from)}; }
  MASKRCNN_INLINE static Vector all(float x) { return {_mm512_set1_ps(x)}; }
  MASKRCNN_INLINE void store(float* to) const { _mm512_storeu_ps(to, value); }
};
MASKRCNN_INLINE Vector add(Vector a, Vector b) { return {_mm512_add_ps(a.value, b.value)}; }
MASKRCNN_INLINE Vector subtract(Vector a, Vector b) { return {_mm512_sub_ps(a.value, b.value)}; }
MASKRCNN_INLINE Vector multiply(Vector a, Vector b) { return {_mm512_mul_ps(a.value, b.value)}; }
MASKRCNN_INLINE Vector divide(Vector a, Vector b) { return {_mm512_div_ps(a.value, b.value)}; }
// the masked form, all lanes on: GCC 12 warns of the other one's undefined operand
MASKRCNN_INLINE Vector maximum(Vector a, Vector b) { return {_mm512_maskz_max_ps(0xFFFF, b.value, a.value)}; }
MASKRCNN_INLINE Vector relu(Vector a) { return {_mm512_maskz_max_ps(0xFFFF, _mm512_setzero_ps(), a.value)}; }
MASKRCNN_INLINE Vector fused_multiply_add(Vector a, Vector b, Vector c) {
  return {_mm512_fmadd_ps(a.value, b.value, c.value)};
}

#include <maskrcnn/kernels/kernel_set_simd.inl>

}  // namespace maskrcnn::kernels::avx512

MASKRCNN_END_TARGET_REGION

MASKRCNN_TARGET_REGION("avx512bf16,avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")

/// The same with products of bfloat16 pairs in one instruction.
namespace maskrcnn::kernels::avx512bf16 {

using avx512::add, avx512::fused_multiply_add, avx512::relu, avx512::tile_rows, avx512::tile_vectors, avx512::Vector;

#include <maskrcnn/kernels/gemm_simd.inl>

/// One step of the product: a pair of numbers times a register of sixteen pairs.
struct PairStep {
  using Operand = BFloat16;
  struct Column {
    __m512i pairs;
  };
  MASKRCNN_INLINE static Column load(const BFloat16* b) { return {_mm512_loadu_si512(b)}; }
  MASKRCNN_INLINE static Column broadcast(const BFloat16* a) {
    int pair = 0;
    __builtin_memcpy(&pair, a, sizeof pair);
    return {_mm512_set1_epi32(pair)};
  }
  MASKRCNN_INLINE static Vector multiply_add(Column x, Column column, Vector sum) {
    return {_mm512_dpbf16_ps(sum.value, (__m512bh)x.pairs, (__m512bh)column.pairs)};
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

#undef MASKRCNN_INLINE
#endif  // x86
