/// Matrix products over rows that are found through pointers: what convolutions and linear layers are made of.
#pragma once

#include <algorithm>
#include <maskrcnn/layers/compute.hpp>
#include <maskrcnn/layers/packed_matrix.hpp>
#include <memory>
#include <variant>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// How one product is run.
struct GemmShape {
  Index rows;      ///< rows of the output
  Index segments;  ///< contiguous pieces that a row of the input consists of
  Index segment;   ///< length of each piece; segments * segment is the depth of the matrix, or of a block of it
  bool with_addend = false, relu = false;

  /// Whether one call of the kernel takes the whole depth: then outputs may be written over what is added to them.
  template <Scalar T, class Operand>
  [[nodiscard]] bool one_step(const kernels::GemmKernel<T, Operand>& kernel) const {
    return segments * segment <= 2 * kernel.depth;
  }
  /// Rows of a task. A very deep product takes more, because all weights pass for every task.
  /// @param rounded whether a task rounds its inputs first: then it takes few rows and all columns, to do that once
  template <Scalar T, class Operand>
  [[nodiscard]] Index rows_per_task(const kernels::GemmKernel<T, Operand>& kernel, bool rounded) const {
    if (one_step(kernel)) return std::clamp<Index>(96 * 256 / (segments * segment) / 96 * 96, 96, 384);
    if (segments > 1) return 96;
    if (segment > 8 * kernel.depth) return 288;
    return rounded ? (48 + kernel.rows - 1) / kernel.rows * kernel.rows : 144;
  }
};

/// Where the rows of a product are: filled for the rows of one task at a time.
template <Scalar T, class Input = T>
struct RowPointers {
  RowPointers(const GemmShape& shape, Index rows)
      : pitch(rows), inputs(shape.segments * pitch), outputs(pitch), addends(shape.with_addend ? pitch : 0) {}

  Index pitch;                       ///< from one segment to the next
  std::vector<const Input*> inputs;  ///< [segments][pitch]
  std::vector<T*> outputs;           ///< [pitch]
  std::vector<const T*> addends;     ///< [pitch], or empty if nothing is added
};

/// Writes where rows [first, first + count) of a product begin: `inputs` [segment][row], `outputs` and, if there is an
/// addend, `addends`.
template <Scalar T, class Input = T>
using FillRows = FunctionRef<void(Index first, Index count, RowPointers<T, Input>& rows)>;

/// c = a * matrix + bias (+ addend) (then ReLU), row by row. If the matrix has blocks, the segments of a row have the
/// inputs of all blocks side by side: `shape.segment` of them for each, and its outputs those of all blocks.
/// @param pool where scratch memory comes from
/// @tparam Input what the inputs are stored as: the scalar, or already the operand
template <class Input, Scalar T, class Operand>
void gemm_of(const PackedMatrix<T, Operand>& matrix, const GemmShape& shape, const std::shared_ptr<MemoryPool>& pool,
             FillRows<T, Input> fill);

/// A matrix to multiply by, packed for the precision that a layer was built with.
template <Scalar T>
class MatrixProduct {
 public:
  MatrixProduct() = default;
  /// @param rows where the numbers come from
  /// @param bias one value per column, or empty for zeros
  MatrixProduct(const MatrixShape& shape, MatrixRows<T> rows, const std::vector<T>& bias, const Compute& compute);

  [[nodiscard]] Index depth() const {
    return std::visit([](const auto& matrix) { return matrix.depth(); }, matrix_);
  }
  [[nodiscard]] Index columns() const {
    return std::visit([](const auto& matrix) { return matrix.columns(); }, matrix_);
  }
  [[nodiscard]] Precision precision() const { return matrix_.index() == 0 ? Precision::fp32 : Precision::bf16; }

  /// See `gemm_of`; inputs are scalars.
  void operator()(const GemmShape& shape, const std::shared_ptr<MemoryPool>& pool, FillRows<T> fill) const;

 private:
  std::variant<PackedMatrix<T>, PackedMatrix<T, BFloat16>> matrix_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/layers/gemm.inl>
#endif
