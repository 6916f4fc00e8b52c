/// The room of whatever processor the user's flags name: registers are the vector types of GCC and Clang.
#pragma once

#include <bit>
#include <cstdint>
#include <maskrcnn/kernels/kernel_set.hpp>
#include <maskrcnn/kernels/target_region.hpp>
#include <utility>

// units of one program may be built with different flags: each has kernels under a name of its own
#if defined(__AVX512F__)
#define MASKRCNN_GENERIC floats_16
#elif defined(__AVX__)
#define MASKRCNN_GENERIC floats_8
#else
#define MASKRCNN_GENERIC floats_4
#endif

namespace maskrcnn::inline MASKRCNN_FLAGS::kernels::generic::inline MASKRCNN_GENERIC {

inline constexpr const char* name = "generic";
#if defined(__AVX512F__)
inline constexpr int vector_lanes = 16;
#elif defined(__AVX__)
inline constexpr int vector_lanes = 8;
#else
inline constexpr int vector_lanes = 4;
#endif
#if defined(__AVX512F__) || defined(__aarch64__)
// 6 * 4 accumulators + 4 of B + 1 of A = 29 of 32 registers
inline constexpr int tile_rows = 6, tile_vectors = 4;
#else
// 6 * 2 accumulators + 2 of B + 1 of A + 1 product, where multiply-adds are not fused = 16 registers
inline constexpr int tile_rows = 6, tile_vectors = 2;
#endif

using Floats [[gnu::vector_size(4 * vector_lanes)]] = float;
using Integers [[gnu::vector_size(4 * vector_lanes)]] = std::int32_t;

struct Vector {
  static constexpr Index lanes = static_cast<Index>(vector_lanes);
  Floats value;
  MASKRCNN_INLINE static Vector load(const float* from) {
    Vector vector;
    __builtin_memcpy(&vector.value, from, sizeof vector.value);
    return vector;
  }
  MASKRCNN_INLINE static Vector broadcast(const float* from) { return all(*from); }
  MASKRCNN_INLINE static Vector all(float x) {
    return [x]<int... Lanes>(std::integer_sequence<int, Lanes...>) {
      return Vector{Floats{(static_cast<void>(Lanes), x)...}};
    }
    (std::make_integer_sequence<int, vector_lanes>());
  }
  MASKRCNN_INLINE void store(float* to) const { __builtin_memcpy(to, &value, sizeof value); }
};
MASKRCNN_INLINE Vector add(Vector a, Vector b) { return {a.value + b.value}; }
MASKRCNN_INLINE Vector subtract(Vector a, Vector b) { return {a.value - b.value}; }
MASKRCNN_INLINE Vector multiply(Vector a, Vector b) { return {a.value * b.value}; }
MASKRCNN_INLINE Vector divide(Vector a, Vector b) { return {a.value / b.value}; }
MASKRCNN_INLINE Vector multiply_add(Vector a, Vector b, Vector c) { return {a.value * b.value + c.value}; }
MASKRCNN_INLINE Vector larger(Vector a, Vector b) { return {a.value > b.value ? a.value : b.value}; }
MASKRCNN_INLINE Vector relu(Vector a) {
  // as integers, what is not a number or not negative is more than minus infinity
  const Integers bits = (Integers)a.value, minus_infinity = Integers{} + static_cast<std::int32_t>(0xFF800000);
  return {(Floats)(bits & (bits > minus_infinity))};
}
MASKRCNN_INLINE Vector where_nan(Vector a, Vector otherwise) {
  const Integers bits = (Integers)a.value, nan = (bits & 0x7FFFFFFF) > 0x7F800000;
  return {(Floats)((bits & nan) | ((Integers)otherwise.value & ~nan))};
}

/// A register of pairs of bfloat16 numbers.
struct Pairs {
  using Bits [[gnu::vector_size(4 * vector_lanes)]] = std::uint32_t;
  Bits value;
  MASKRCNN_INLINE static Pairs load(const BFloat16* from) {
    Pairs pairs;
    __builtin_memcpy(&pairs.value, from, sizeof pairs.value);
    return pairs;
  }
  MASKRCNN_INLINE static Pairs broadcast(const BFloat16* from) {
    float pair = 0;  // only copied: as an integer it would go by way of another register
    __builtin_memcpy(&pair, from, sizeof pair);
    return {(Bits)Vector::all(pair).value};
  }
  // which number of a pair is in the upper half depends on the order of bytes
  MASKRCNN_INLINE Vector lower() const { return {(Floats)(value << 16U)}; }
  MASKRCNN_INLINE Vector upper() const { return {(Floats)(value & 0xFFFF0000U)}; }
  static constexpr bool little = std::endian::native == std::endian::little;
  MASKRCNN_INLINE Vector first() const { return little ? lower() : upper(); }
  MASKRCNN_INLINE Vector second() const { return little ? upper() : lower(); }
};

#include <maskrcnn/kernels/bodies/gemm_widened.inl>
#include <maskrcnn/kernels/bodies/kernel_set.inl>

inline constexpr KernelSet<float> kernel_set = kernels_of_room(gemm<WidenedPairStep>);

}  // namespace maskrcnn::kernels::generic::inline MASKRCNN_GENERIC

#undef MASKRCNN_GENERIC
