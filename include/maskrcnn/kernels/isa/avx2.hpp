/// The room of AVX2 with FMA: x86 processors from 2013 on.
#pragma once

#include <maskrcnn/kernels/kernel_set.hpp>
#include <maskrcnn/kernels/target_region.hpp>

#ifdef MASKRCNN_X86
#include <immintrin.h>

MASKRCNN_TARGET_REGION("avx2,fma")

namespace maskrcnn::inline MASKRCNN_FLAGS::kernels::avx2 {

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
MASKRCNN_INLINE Vector larger(Vector a, Vector b) { return {_mm256_max_ps(a.value, b.value)}; }
MASKRCNN_INLINE Vector multiply_add(Vector a, Vector b, Vector c) {
  return {_mm256_fmadd_ps(a.value, b.value, c.value)};
}
MASKRCNN_INLINE Vector relu(Vector a) {
  // the second source is the result where either is not a number; intrinsics may swap them under -ffast-math
  __asm__("vmaxps {%1, %2, %0|%0, %2, %1}" : "=x"(a.value) : "x"(a.value), "x"(_mm256_setzero_ps()));
  return a;
}
MASKRCNN_INLINE Vector where_nan(Vector a, Vector otherwise) {
  const __m256i magnitude = _mm256_and_si256(_mm256_castps_si256(a.value), _mm256_set1_epi32(0x7FFFFFFF));
  const __m256i nan = _mm256_cmpgt_epi32(magnitude, _mm256_set1_epi32(0x7F800000));
  return {_mm256_blendv_ps(otherwise.value, a.value, _mm256_castsi256_ps(nan))};
}

/// A register of pairs of bfloat16 numbers.
struct Pairs {
  __m256i value;
  MASKRCNN_INLINE static Pairs load(const BFloat16* from) {
    return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))};
  }
  MASKRCNN_INLINE static Pairs broadcast(const BFloat16* from) {
    int pair = 0;
    __builtin_memcpy(&pair, from, sizeof pair);
    return {_mm256_set1_epi32(pair)};
  }
  MASKRCNN_INLINE Vector first() const { return {_mm256_castsi256_ps(_mm256_slli_epi32(value, 16))}; }
  MASKRCNN_INLINE Vector second() const {
    return {_mm256_castsi256_ps(_mm256_and_si256(value, _mm256_set1_epi32(-0x10000)))};
  }
};

#include <maskrcnn/kernels/bodies/gemm_widened.inl>
#include <maskrcnn/kernels/bodies/kernel_set.inl>

inline constexpr KernelSet<float> kernel_set = kernels_of_room(gemm<WidenedPairStep>);

}  // namespace maskrcnn::kernels::avx2

MASKRCNN_END_TARGET_REGION
#endif  // x86
