/// The kernels for any processor: rows are gathered and Eigen multiplies, with whatever the user's flags allow.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <maskrcnn/kernels/kernel_set.hpp>

namespace maskrcnn::kernels {

inline constexpr Index portable_rows = 32;

/// `rows` x `depth` elements of a block, from row `row`, segment `segment` and position `at` on, widened. There are at
/// least two rows, of which the second may be the first once more: Eigen sums a single row in another order.
template <Scalar T, class Operand, class Rows>
void gather_rows(const GemmBlock<T, Operand>& block, Index row, Index segment, Index at, Rows& to) {
  const auto depth = static_cast<Index>(to.cols());
  for (Index r = 0; r < static_cast<Index>(to.rows()); ++r) {
    const Operand* const from =
        block.a[segment * block.a_pitch + std::min(row + r, block.rows - 1)] + block.a_offset + at;
    for (Index i = 0; i < depth; ++i) to.data()[r * depth + i] = static_cast<T>(from[i]);
  }
}

/// Body of the portable product; see `GemmBlock`.
template <Scalar T, class Operand>
void gemm_portable_block(const GemmBlock<T, Operand>& block) {
  constexpr int rows = static_cast<int>(portable_rows), columns = static_cast<int>(max_panel_columns), depth = 128;
  constexpr Index pair = step_depth<Operand>;
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor, rows, columns>;
  using Rows = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor, rows, depth>;
  using Panel = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto column_count = static_cast<Eigen::Index>(block.columns);

  Rows a;
  Panel widened;
  for (Index row = 0; row < block.rows; row += portable_rows) {
    const Index count = std::min(portable_rows, block.rows - row);
    const auto row_count = static_cast<Eigen::Index>(std::max<Index>(count, 2));
    Matrix sum(row_count, column_count);
    for (Eigen::Index r = 0; r < row_count; ++r)
      for (Eigen::Index n = 0; n < column_count; ++n)
        sum(r, n) =
            block.bias != nullptr
                ? block.bias[n]
                : block.c[row + std::min(static_cast<Index>(r), count - 1)][block.c_offset + static_cast<Index>(n)];

    for (Index s = 0; s < block.segments; ++s)
      for (Index begin = 0; begin < block.segment; begin += depth) {
        const Index length = std::min<Index>(depth, block.segment - begin);
        a.resize(row_count, static_cast<Eigen::Index>(length));
        gather_rows(block, row, s, begin, a);
        const Operand* const b = block.b + (s * block.segment + begin) * max_panel_columns;
        if constexpr (std::same_as<Operand, T>) {
          sum.noalias() += a * Eigen::Map<const Panel, 0, Eigen::OuterStride<columns>>(
                                   b, static_cast<Eigen::Index>(length), column_count, Eigen::OuterStride<columns>());
        } else {
          widened.resize(static_cast<Eigen::Index>(length), column_count);
          for (Index k = 0; k < length; ++k)
            for (Index n = 0; n < block.columns; ++n)
              widened.data()[k * block.columns + n] =
                  static_cast<T>(b[(k - k % pair) * max_panel_columns + n * pair + k % pair]);
          sum.noalias() += a * widened;
        }
      }

    for (Index r = 0; r < count; ++r)
      for (Index n = 0; n < block.columns; ++n) {
        T value = sum(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(n));
        if (block.addend != nullptr) value += block.addend[row + r][block.c_offset + n];
        block.c[row + r][block.c_offset + n] = block.relu ? std::max(value, T{0}) : value;
      }
  }
}

/// The portable product.
template <Scalar T, OperandOf<T> Operand = T>
inline constexpr GemmKernel<T, Operand> gemm_portable{
    .rows = portable_rows, .columns = max_panel_columns, .depth = 512, .run = &gemm_portable_block<T, Operand>};

/// Rounds `count` numbers, one by one.
template <Scalar T>
void round_to_bf16_portable(const T* from, Index count, BFloat16* to) {
  std::transform(from, from + count, to, [](T value) { return BFloat16(value); });
}

template <Scalar T>
inline constexpr KernelSet<T> portable_kernels{.name = "portable",
                                               .gemm = gemm_portable<T>,
                                               .gemm_bf16 = gemm_portable<T, BFloat16>,
                                               .round_to_bf16 = &round_to_bf16_portable<T>,
                                               .pool_roi_bin = &pool_roi_bin_portable<T>,
                                               .depthwise = &depthwise_portable<T>};

}  // namespace maskrcnn::kernels
