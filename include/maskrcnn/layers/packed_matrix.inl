// Bodies of packed_matrix.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/layers/packed_matrix.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

template <Scalar T, kernels::OperandOf<T> Operand>
PackedMatrix<T, Operand>::PackedMatrix(const MatrixShape& shape, MatrixRows<T> rows, const std::vector<T>& bias,
                                       const kernels::KernelSet<T>& kernels)
    : kernels_(&kernels),
      depth_(shape.depth),
      columns_(shape.columns),
      blocks_(shape.blocks),
      panel_size_(packed_depth() * kernel().columns) {
  constexpr Index step = kernels::step_depth<Operand>;
  const Index width = kernel().columns;
  values_ = PooledMemory(panels() * panel_size_ * sizeof(Operand), nullptr);
  parallel_for(panels(), [&](Index panel) {
    std::array<T, step * kernels::max_panel_columns> entries{};  // zeros beyond the last column
    const Index column = column_of(panel), count = std::min(width, columns_ - column);
    const Index first = block_of(panel) * columns_ + column;
    Operand* to = static_cast<Operand*>(values_.data()) + panel * panel_size_;
    for (Index k = 0; k < packed_depth(); k += step) {
      for (Index i = 0; i < step; ++i) {
        const std::span<T> row(entries.data() + i * width, count);
        if (k + i < depth_)
          rows(k + i, first, row);
        else
          std::fill(row.begin(), row.end(), T{0});
      }
      for (Index n = 0; n < width; ++n)
        for (Index i = 0; i < step; ++i) *to++ = static_cast<Operand>(entries[i * width + n]);
    }
  });
  bias_.assign(panels() * width, T{0});
  for (Index panel = 0; panel < panels() && !bias.empty(); ++panel) {
    const Index column = column_of(panel);
    std::copy_n(bias.data() + block_of(panel) * columns_ + column, std::min(width, columns_ - column),
                bias_.data() + panel * width);
  }
}

#ifdef MASKRCNN_COMPILED
template class PackedMatrix<float>;
template class PackedMatrix<float, BFloat16>;
template class PackedMatrix<double>;
template class PackedMatrix<double, BFloat16>;
#endif

}  // namespace maskrcnn
