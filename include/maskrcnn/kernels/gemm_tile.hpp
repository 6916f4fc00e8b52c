/// The one inner product that convolutions, deconvolutions and linear layers are made of: its call, and a plain body.
#pragma once

#include <algorithm>
#include <cstddef>
#include <maskrcnn/core/tensor.hpp>

namespace maskrcnn::kernels {

/// Output rows that one tile call may have at most, over all kernels.
inline constexpr Index max_tile_rows = 32;
/// Columns of a packed panel, at most, over all kernels.
inline constexpr Index max_panel_columns = 64;

/// One call of a kernel: a few output rows times one panel of columns.
///
///   c[r][n] = relu( start + sum over s, i of a[s * a_pitch + r][a_offset + i] * b[(s * segment + i) * panel + n] )
///
/// Inputs are reached through pointers, one for each row and segment, so that a k x k convolution (k * k segments of
/// one pixel each) reads the feature map where it lies, at any stride and padding; outputs are reached through pointers
/// too. Nothing here depends on other rows: a row's value is the same in whichever tile it is computed.
template <Scalar T>
struct GemmTile {
  const T* const* a;       ///< [segments][a_pitch] pointers
  Index a_pitch;           ///< pointers from one segment to the next
  Index a_offset;          ///< where in each segment to begin
  Index segments;          ///< number of segments
  Index segment;           ///< length of each
  Index rows;              ///< output rows, 1 .. the kernel's `rows`
  const T* b;              ///< packed panel, [segments * segment][the kernel's `columns`]
  Index columns;           ///< valid columns of the panel, 1 .. the kernel's `columns`
  T* const* c;             ///< [rows] pointers to the first column of the outputs
  Index c_offset;          ///< where in each output (and addend) row the panel begins
  const T* bias;           ///< [columns], the start of the sum; null: start from what c holds
  const T* const* addend;  ///< [rows] pointers to what is added at the end (residual, top-down path), or null
  bool relu;               ///< whether negative results become 0
};

/// A kernel: how many rows and columns it takes at a time, and its body.
template <Scalar T>
struct GemmKernel {
  const char* name;  ///< instruction set, as MASKRCNN_ISA spells it
  Index rows;
  Index columns;  ///< panel width: weights are packed for it
  void (*run)(const GemmTile<T>&);
};

/// The definition, in plain loops: what every other body is tested against.
template <Scalar T>
void gemm_tile_reference(const GemmTile<T>& tile, Index panel) {
  for (Index r = 0; r < tile.rows; ++r) {
    T* const c = tile.c[r] + tile.c_offset;
    for (Index n = 0; n < tile.columns; ++n) {
      T sum = tile.bias != nullptr ? tile.bias[n] : c[n];
      for (Index s = 0; s < tile.segments; ++s) {
        const T* const a = tile.a[s * tile.a_pitch + r] + tile.a_offset;
        for (Index i = 0; i < tile.segment; ++i) sum += a[i] * tile.b[(s * tile.segment + i) * panel + n];
      }
      if (tile.addend != nullptr) sum += tile.addend[r][tile.c_offset + n];
      c[n] = tile.relu ? std::max(sum, T{0}) : sum;
    }
  }
}

}  // namespace maskrcnn::kernels
