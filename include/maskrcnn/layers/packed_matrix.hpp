/// Weights of a matrix product in the order in which a kernel reads them.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/function_ref.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <maskrcnn/kernels/kernel_set.hpp>
#include <span>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Sizes of the matrix that a product multiplies by: so many inputs and outputs to a row of it.
struct MatrixShape {
  Index depth, columns;
  Index blocks = 1;  ///< so many matrices of that size, each of inputs of its own: groups of a convolution
};

/// Writes entries of row `k` of a matrix, columns from `first` on, to `to`: whatever order weights are stored in.
template <Scalar T>
using MatrixRows = FunctionRef<void(Index k, Index first, std::span<T> to)>;

/// A [depth, columns] matrix in the order in which a kernel reads it: panels of as many columns as the kernel takes,
/// each panel contiguous, the last one padded with zeros; with one bias per column. Blocks come one after the other.
template <Scalar T, kernels::OperandOf<T> Operand = T>
class PackedMatrix {
 public:
  PackedMatrix() = default;

  /// @param rows where the numbers come from; columns count through all blocks, `k` is that of the column's block
  /// @param bias one value per column of all blocks, or empty for zeros
  PackedMatrix(const MatrixShape& shape, MatrixRows<T> rows, const std::vector<T>& bias,
               const kernels::KernelSet<T>& kernels);

  [[nodiscard]] const kernels::KernelSet<T>& kernels() const { return *kernels_; }
  [[nodiscard]] const kernels::GemmKernel<T, Operand>& kernel() const { return kernels_->template product<Operand>(); }
  /// Of a block.
  [[nodiscard]] Index depth() const { return depth_; }
  /// Depth with its padding to whole steps of the kernel.
  [[nodiscard]] Index packed_depth() const {
    constexpr Index step = kernels::step_depth<Operand>;
    return (depth_ + step - 1) / step * step;
  }
  /// Of a block.
  [[nodiscard]] Index columns() const { return columns_; }
  [[nodiscard]] Index blocks() const { return blocks_; }
  [[nodiscard]] Index panels_of_block() const { return (columns_ + kernel().columns - 1) / kernel().columns; }
  [[nodiscard]] Index panels() const { return blocks_ * panels_of_block(); }
  /// Where a panel is: its block, and its first column there.
  [[nodiscard]] Index block_of(Index panel) const { return panel / panels_of_block(); }
  [[nodiscard]] Index column_of(Index panel) const { return panel % panels_of_block() * kernel().columns; }
  [[nodiscard]] const Operand* panel(Index index) const {
    return static_cast<const Operand*>(values_.data()) + index * panel_size_;
  }
  [[nodiscard]] const T* bias(Index panel) const { return bias_.data() + panel * kernel().columns; }

 private:
  const kernels::KernelSet<T>* kernels_ = nullptr;
  Index depth_ = 0, columns_ = 0, blocks_ = 1, panel_size_ = 0;
  PooledMemory values_;
  std::vector<T> bias_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/layers/packed_matrix.inl>
#endif
