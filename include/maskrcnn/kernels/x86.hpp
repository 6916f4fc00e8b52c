/// The kernels for x86 processors: each body compiled once per instruction set, inside a target region of its own.
#pragma once

#include <maskrcnn/kernels/gemm_tile.hpp>

#if (defined(__x86_64__) || defined(__i386__)) && (defined(__GNUC__) || defined(__clang__))
#define MASKRCNN_X86 1
#define MASKRCNN_INLINE [[gnu::always_inline]] inline

#include <immintrin.h>

// What a region must keep to: no OpenMP pragma inside (Clang drops the target in outlined code), no vector type
// outside, and no template from outside that should be fast: it would stay baseline code.

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif

namespace maskrcnn::kernels::avx2 {

inline constexpr const char* isa_name = "avx2";
// 6 * 2 accumulators + 2 of B + 1 of A = 15 of 16 registers
inline constexpr int tile_rows = 6, tile_vectors = 2;

struct Vector {
  static constexpr Index lanes = 8;
  __m256 value;
  MASKRCNN_INLINE static Vector load(const float* from) { return {_mm256_loadu_ps(from)}; }
  MASKRCNN_INLINE static Vector broadcast(const float* from) { return {_mm256_broadcast_ss(from)}; }
  MASKRCNN_INLINE void store(float* to) const { _mm256_storeu_ps(to, value); }
};
MASKRCNN_INLINE Vector add(Vector a, Vector b) { return {_mm256_add_ps(a.value, b.value)}; }
// operand order keeps a NaN, as a comparison against zero does
MASKRCNN_INLINE Vector relu(Vector a) { return {_mm256_max_ps(_mm256_setzero_ps(), a.value)}; }
MASKRCNN_INLINE Vector multiply_add(Vector a, Vector b, Vector c) {
  return {_mm256_fmadd_ps(a.value, b.value, c.value)};
}

#include <maskrcnn/kernels/gemm_simd.inl>

}  // namespace maskrcnn::kernels::avx2

#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"))), \
                             apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")
#endif

namespace maskrcnn::kernels::avx512 {

inline constexpr const char* isa_name = "avx512";
// 6 * 4 accumulators + 4 of B + 1 of A = 29 of 32 registers
inline constexpr int tile_rows = 6, tile_vectors = 4;

struct Vector {
  static constexpr Index lanes = 16;
  __m512 value;
  MASKRCNN_INLINE static Vector load(const float* from) { return {_mm512_loadu_ps(from)}; }
  MASKRCNN_INLINE static Vector broadcast(const float* from) { return {_mm512_set1_ps(*from)}; }
  MASKRCNN_INLINE void store(float* to) const { _mm512_storeu_ps(to, value); }
};
MASKRCNN_INLINE Vector add(Vector a, Vector b) { return {_mm512_add_ps(a.value, b.value)}; }
// the masked form, all lanes on: GCC 12 warns of the other one's undefined operand
MASKRCNN_INLINE Vector relu(Vector a) { return {_mm512_maskz_max_ps(0xFFFF, _mm512_setzero_ps(), a.value)}; }
MASKRCNN_INLINE Vector multiply_add(Vector a, Vector b, Vector c) {
  return {_mm512_fmadd_ps(a.value, b.value, c.value)};
}

#include <maskrcnn/kernels/gemm_simd.inl>

}  // namespace maskrcnn::kernels::avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#undef MASKRCNN_INLINE
#endif  // x86
