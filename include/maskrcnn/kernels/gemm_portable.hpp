/// The inner product on any processor: rows are gathered and Eigen multiplies, with whatever the user's flags allow.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <maskrcnn/kernels/gemm_tile.hpp>

namespace maskrcnn::kernels {

/// Body of the portable kernel; see `GemmTile`.
template <Scalar T>
void gemm_tile_portable(const GemmTile<T>& tile) {
  constexpr int rows = static_cast<int>(max_tile_rows), columns = static_cast<int>(max_panel_columns), depth = 128;
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor, rows, columns>;
  using Rows = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor, rows, depth>;
  using Panel = Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>, 0,
                           Eigen::OuterStride<columns>>;

  // At least two rows, of which the second may be the first once more: Eigen sums a single row in another order.
  const Index at_least_two = std::max<Index>(tile.rows, 2), last = tile.rows - 1;
  const auto row_count = static_cast<Eigen::Index>(at_least_two),
             column_count = static_cast<Eigen::Index>(tile.columns);
  Matrix sum(row_count, column_count);
  for (Index r = 0; r < at_least_two; ++r)
    for (Index n = 0; n < tile.columns; ++n)
      sum(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(n)) =
          tile.bias != nullptr ? tile.bias[n] : tile.c[std::min(r, last)][tile.c_offset + n];

  Rows a;
  for (Index s = 0; s < tile.segments; ++s)
    for (Index begin = 0; begin < tile.segment; begin += depth) {
      const Index length = std::min<Index>(depth, tile.segment - begin);
      a.resize(row_count, static_cast<Eigen::Index>(length));
      for (Index r = 0; r < at_least_two; ++r)
        std::copy_n(tile.a[s * tile.a_pitch + std::min(r, last)] + tile.a_offset + begin, length,
                    a.data() + r * length);
      const Panel b(tile.b + (s * tile.segment + begin) * max_panel_columns, static_cast<Eigen::Index>(length),
                    column_count, Eigen::OuterStride<columns>());
      sum.noalias() += a * b;
    }

  for (Index r = 0; r < tile.rows; ++r)
    for (Index n = 0; n < tile.columns; ++n) {
      T value = sum(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(n));
      if (tile.addend != nullptr) value += tile.addend[r][tile.c_offset + n];
      tile.c[r][tile.c_offset + n] = tile.relu ? std::max(value, T{0}) : value;
    }
}

template <Scalar T>
inline constexpr GemmKernel<T> gemm_portable{
    .name = "portable", .rows = max_tile_rows, .columns = max_panel_columns, .run = &gemm_tile_portable<T>};

}  // namespace maskrcnn::kernels
