/// Matrix products over rows that are found through pointers: packing of the weights, blocking, the parallel loop.
#pragma once

#include <algorithm>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <maskrcnn/kernels/dispatch.hpp>
#include <vector>

namespace maskrcnn {

/// A [depth, columns] matrix in the order in which a kernel reads it: panels of as many columns as the kernel takes,
/// each panel contiguous, the last one padded with zeros; with one bias per column.
template <Scalar T>
class PackedMatrix {
 public:
  PackedMatrix() = default;

  /// @param element `element(k, n)` is the matrix entry of row k, column n
  /// @param bias    one value per column, or empty for zeros
  template <class Element>
  PackedMatrix(Index depth, Index columns, const Element& element, const std::vector<T>& bias,
               const kernels::GemmKernel<T>& kernel = kernels::gemm_kernel<T>())
      : kernel_(&kernel), depth_(depth), columns_(columns) {
    const Index width = kernel.columns;
    values_ = Tensor<T, 3>({panels(), depth, width});
    parallel_for(panels(), [&](Index panel) {
      T* to = values_.data() + panel * depth * width;
      for (Index k = 0; k < depth; ++k)
        for (Index j = 0; j < width; ++j) {
          const Index n = panel * width + j;
          *to++ = n < columns ? element(k, n) : T{0};
        }
    });
    bias_.assign(panels() * width, T{0});
    std::copy(bias.begin(), bias.end(), bias_.begin());
  }

  [[nodiscard]] const kernels::GemmKernel<T>& kernel() const { return *kernel_; }
  [[nodiscard]] Index depth() const { return depth_; }
  [[nodiscard]] Index columns() const { return columns_; }
  [[nodiscard]] Index panels() const { return (columns_ + kernel_->columns - 1) / kernel_->columns; }
  [[nodiscard]] const T* panel(Index index) const { return values_.data() + index * depth_ * kernel_->columns; }
  [[nodiscard]] const T* bias(Index panel) const { return bias_.data() + panel * kernel_->columns; }

 private:
  const kernels::GemmKernel<T>* kernel_ = nullptr;
  Index depth_ = 0, columns_ = 0;
  Tensor<T, 3> values_;
  std::vector<T> bias_;
};

/// Where the rows of a product are: filled for a block of rows at a time.
template <Scalar T>
struct RowPointers {
  static constexpr Index block = 96;  ///< rows of one task: their inputs stay in the second-level cache

  explicit RowPointers(Index segments, bool with_addend)
      : inputs(segments * block), outputs(block), addends(with_addend ? block : 0) {}

  std::vector<const T*> inputs;   ///< [segments][block]
  std::vector<T*> outputs;        ///< [block]
  std::vector<const T*> addends;  ///< [block], or empty if nothing is added
};

/// How one product is run.
struct GemmShape {
  Index rows;      ///< rows of the output
  Index segments;  ///< contiguous pieces that a row of the input consists of
  Index segment;   ///< length of each piece; segments * segment is the matrix' depth
};

/// c = a * matrix + bias (+ addend) (then ReLU), row by row.
/// @param fill `fill(first, count, pointers)` writes where rows [first, first + count) begin: `inputs` [segment][row],
///             `outputs` and, if `with_addend`, `addends`
template <Scalar T, class Fill>
void gemm(const PackedMatrix<T>& matrix, const GemmShape& shape, bool with_addend, bool relu, const Fill& fill) {
  const kernels::GemmKernel<T>& kernel = matrix.kernel();
  constexpr Index block = RowPointers<T>::block, depth_goal = 512;
  const Index row_blocks = (shape.rows + block - 1) / block;
  // Few rows and many columns: spread the columns too. The split does not depend on the number of threads.
  const Index panel_group = row_blocks >= 16 ? matrix.panels() : std::max<Index>(1, matrix.panels() / 8);
  const Index panel_groups = (matrix.panels() + panel_group - 1) / panel_group;
  // A step in depth: whole segments if they are short, pieces of one if they are long.
  const Index piece = shape.segment <= 2 * depth_goal ? shape.segment : depth_goal;
  const Index segments_per_step = std::max<Index>(1, depth_goal / piece);

  parallel_for(row_blocks * panel_groups, [&](Index task) {
    const Index first_row = task / panel_groups * block, first_panel = task % panel_groups * panel_group;
    const Index rows = std::min(block, shape.rows - first_row);
    RowPointers<T> pointers(shape.segments, with_addend);
    fill(first_row, rows, pointers);

    for (Index p = first_panel; p < std::min(first_panel + panel_group, matrix.panels()); ++p)
      for (Index s = 0; s < shape.segments; s += segments_per_step)
        for (Index offset = 0; offset < shape.segment; offset += piece) {
          const Index segments = std::min(segments_per_step, shape.segments - s);
          const Index length = std::min(piece, shape.segment - offset);
          const bool first = s == 0 && offset == 0;
          const bool last = s + segments == shape.segments && offset + length == shape.segment;
          for (Index r = 0; r < rows; r += kernel.rows)
            kernel.run({.a = pointers.inputs.data() + s * block + r,
                        .a_pitch = block,
                        .a_offset = offset,
                        .segments = segments,
                        .segment = length,
                        .rows = std::min(kernel.rows, rows - r),
                        .b = matrix.panel(p) + (s * shape.segment + offset) * kernel.columns,
                        .columns = std::min(kernel.columns, matrix.columns() - p * kernel.columns),
                        .c = pointers.outputs.data() + r,
                        .c_offset = p * kernel.columns,
                        .bias = first ? matrix.bias(p) : nullptr,
                        .addend = last && with_addend ? pointers.addends.data() + r : nullptr,
                        .relu = relu && last});
        }
  });
}

}  // namespace maskrcnn
