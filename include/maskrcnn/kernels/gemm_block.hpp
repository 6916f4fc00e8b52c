/// The one inner product that convolutions, deconvolutions and linear layers are made of: its call, and a plain body.
#pragma once

#include <concepts>
#include <cstddef>
#include <maskrcnn/core/half.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <maskrcnn/kernels/not_a_number.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS::kernels {

/// What products are computed of: the scalar itself, or `BFloat16` with sums in the scalar.
template <class O, class T>
concept OperandOf = std::same_as<O, T> || std::same_as<O, BFloat16>;

/// Elements of a row that one step of the product takes: bfloat16 numbers come in pairs.
template <class Operand>
inline constexpr Index step_depth = std::same_as<Operand, BFloat16> ? 2 : 1;

/// Columns of a packed panel, at most, over all kernels.
inline constexpr Index max_panel_columns = 64;

/// Memory that will be needed soon: whole cache lines from `from` on.
struct Prefetch {
  const void* from = nullptr;
  Index lines = 0;
};

/// One call of a kernel: a block of output rows times one panel of columns.
///
///   c[r][n] = relu( start + sum over s, i of a[s * a_pitch + r][a_offset + i] * b(s * segment + i, n) )
///
/// Inputs are reached through pointers, one for each row and segment, so that a k x k convolution (k * k segments of
/// one pixel each) reads the feature map where it lies, at any stride and padding; outputs are reached through pointers
/// too. Nothing here depends on other rows: a row's value is the same in whichever block it is computed.
///
/// b(k, n) lies at b[(k - k % d) * panel + n * d + k % d] with d = `step_depth`, panel = the kernel's `columns`.
template <Scalar T, OperandOf<T> Operand = T>
struct GemmBlock {
  const Operand* const* a;  ///< [segments][a_pitch] pointers
  Index a_pitch;            ///< pointers from one segment to the next
  Index a_offset;           ///< where in each segment to begin
  Index segments;           ///< number of segments
  Index segment;            ///< length of each, a multiple of `step_depth`
  Index rows;               ///< output rows, at least 1
  const Operand* b;         ///< packed panel
  Index columns;            ///< valid columns of the panel, 1 .. the kernel's `columns`
  T* const* c;              ///< [rows] pointers to the first column of the outputs
  Index c_offset;           ///< where in each output (and addend) row the panel begins
  const T* bias;            ///< [columns], the start of the sum; null: start from what c holds
  /// [rows] pointers to what is added at the end (residual, top-down path), or null; may be c.
  const T* const* addend;
  bool relu;              ///< whether negative results become 0; what is not a number stays so
  Prefetch prefetch_b{};  ///< weights of later calls: fetched to the second-level cache meanwhile
  Prefetch prefetch_a{};  ///< inputs of later calls
};

/// A body of the product, and the sizes that suit it.
template <Scalar T, OperandOf<T> Operand = T>
struct GemmKernel {
  Index rows;     ///< rows that it takes at a time: multiples of it are fastest
  Index columns;  ///< panel width: weights are packed for it
  Index depth;    ///< of one call, about: what it reads over and over again stays in the second-level cache
  void (*run)(const GemmBlock<T, Operand>&);
};

/// The definition, in plain loops: what every other body is tested against.
template <Scalar T, OperandOf<T> Operand>
void gemm_block_reference(const GemmBlock<T, Operand>& block, Index panel) {
  constexpr Index d = step_depth<Operand>;
  for (Index r = 0; r < block.rows; ++r) {
    T* const c = block.c[r] + block.c_offset;
    for (Index n = 0; n < block.columns; ++n) {
      T sum = block.bias != nullptr ? block.bias[n] : c[n];
      for (Index s = 0; s < block.segments; ++s)
        for (Index i = 0; i < block.segment; ++i) {
          const Index k = s * block.segment + i;
          sum += static_cast<T>(block.a[s * block.a_pitch + r][block.a_offset + i]) *
                 static_cast<T>(block.b[(k - k % d) * panel + n * d + k % d]);
        }
      if (block.addend != nullptr) sum += block.addend[r][block.c_offset + n];
      c[n] = block.relu ? relu(sum) : sum;
    }
  }
}

}  // namespace maskrcnn::kernels
