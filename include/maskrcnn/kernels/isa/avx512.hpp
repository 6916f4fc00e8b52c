/// The room of AVX-512: x86 servers from 2017 on.
#pragma once

#include <maskrcnn/kernels/isa/avx2.hpp>

#ifdef MASKRCNN_X86

MASKRCNN_TARGET_REGION("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")

namespace maskrcnn::inline MASKRCNN_FLAGS::kernels::avx512 {

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
MASKRCNN_INLINE Vector larger(Vector a, Vector b) { return {_mm512_maskz_max_ps(0xFFFF, a.value, b.value)}; }
MASKRCNN_INLINE Vector multiply_add(Vector a, Vector b, Vector c) {
  return {_mm512_fmadd_ps(a.value, b.value, c.value)};
}
MASKRCNN_INLINE Vector relu(Vector a) {
  // the second source is the result where either is not a number; intrinsics may swap them under -ffast-math
  __asm__("vmaxps {%1, %2, %0|%0, %2, %1}" : "=v"(a.value) : "v"(a.value), "v"(_mm512_setzero_ps()));
  return a;
}
MASKRCNN_INLINE Vector where_nan(Vector a, Vector otherwise) {
  constexpr int quiet = 0x01, signaling = 0x80;
  return {_mm512_mask_mov_ps(otherwise.value, _mm512_fpclass_ps_mask(a.value, quiet | signaling), a.value)};
}

#include <maskrcnn/kernels/bodies/kernel_set.inl>

// bfloat16 numbers would have to be widened here too: not worth a second copy of AVX2's product
inline constexpr KernelSet<float> kernel_set = kernels_of_room(avx2::kernel_set.gemm_bf16);

}  // namespace maskrcnn::kernels::avx512

MASKRCNN_END_TARGET_REGION
#endif  // x86
