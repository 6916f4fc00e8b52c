// Bodies of gemm.hpp: blocking, the parallel loop.
#pragma once

#include <algorithm>
#include <concepts>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/layers/gemm.hpp>
#include <memory>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// The inputs of a task as the kernel wants them: the rows themselves, or copies of them rounded to the operands.
template <Scalar T, class Operand>
class OperandRows {
 public:
  template <class Input>
  OperandRows(const PackedMatrix<T, Operand>& matrix, const RowPointers<T, Input>& rows, Index count,
              const std::shared_ptr<MemoryPool>& pool) {
    if constexpr (std::same_as<Operand, Input>) {
      pointers_ = rows.inputs.data();
    } else {
      const Index depth = matrix.depth(), pitch = matrix.packed_depth();
      memory_ = PooledMemory(count * pitch * sizeof(Operand), pool);
      auto* const to = static_cast<Operand*>(memory_.data());
      // pieces end up side by side
      const Index segments = rows.inputs.size() / rows.pitch, segment = depth / segments;
      for (Index r = 0; r < count; ++r) {
        for (Index s = 0; s < segments; ++s)
          matrix.kernels().round_to_bf16(rows.inputs[s * rows.pitch + r], segment, to + r * pitch + s * segment);
        std::fill(to + r * pitch + depth, to + (r + 1) * pitch, Operand{});
        rounded_.push_back(to + r * pitch);
      }
      pointers_ = rounded_.data();
    }
  }

  /// [segments][pitch]
  [[nodiscard]] const Operand* const* pointers() const { return pointers_; }

 private:
  PooledMemory memory_;
  std::vector<const Operand*> rounded_;
  const Operand* const* pointers_ = nullptr;
};

/// The inputs of the task that a thread does after this one, most likely, if they lie in one piece behind this one's.
template <class Input>
class NextRows {
 public:
  template <Scalar T, class Operand>
  NextRows(const GemmShape& shape, const kernels::GemmKernel<T, Operand>& kernel, const RowPointers<T, Input>& rows,
           Index first, Index count, Index groups) {
    const auto threads = static_cast<Index>(thread_count());
    const Index skipped = std::max<Index>(1, threads / groups) * rows.pitch;
    const bool one_piece = shape.segments == 1 && count > 1 && rows.inputs[1] == rows.inputs[0] + shape.segment &&
                           rows.inputs[count - 1] == rows.inputs[0] + (count - 1) * shape.segment;
    if (!one_piece || !shape.one_step(kernel) || first + skipped + count > shape.rows) return;
    from_ = rows.inputs[0] + skipped * shape.segment;
    lines_ = count * shape.segment * sizeof(Input) / tensor_alignment;
  }

  /// Part `part` of `parts`.
  [[nodiscard]] kernels::Prefetch part(Index part, Index parts) const {
    if (from_ == nullptr) return {};
    const Index begin = lines_ * part / parts;
    return {from_ + begin * (tensor_alignment / sizeof(Input)), lines_ * (part + 1) / parts - begin};
  }

 private:
  const Input* from_ = nullptr;
  Index lines_ = 0;
};

template <class Input, Scalar T, class Operand>
void gemm_of(const PackedMatrix<T, Operand>& matrix, const GemmShape& shape, const std::shared_ptr<MemoryPool>& pool,
             FillRows<T, Input> fill) {
  const kernels::GemmKernel<T, Operand>& kernel = matrix.kernel();
  constexpr bool rounds = !std::same_as<Operand, Input>;
  if (rounds && matrix.blocks() > 1) fail("gemm: expected rounded inputs for a matrix of ", matrix.blocks(), " blocks");
  const Index block = shape.rows_per_task(kernel, rounds), row_blocks = (shape.rows + block - 1) / block;
  // Few rows and many columns: spread the columns too. The split does not depend on the number of threads.
  constexpr Index tasks_goal = 16;
  const Index panel_group =
      row_blocks >= tasks_goal ? matrix.panels() : std::max<Index>(1, matrix.panels() * row_blocks / tasks_goal);
  const Index panel_groups = (matrix.panels() + panel_group - 1) / panel_group;
  // A step in depth: whole segments if they are short, pieces of one if they are long.
  // Rounded inputs are in one piece.
  const Index segment = rounds ? matrix.packed_depth() : shape.segment, all_segments = rounds ? 1 : shape.segments;
  const Index piece = segment <= 2 * kernel.depth ? segment : kernel.depth;
  const Index segments_per_step = shape.one_step(kernel) ? all_segments : std::max<Index>(1, kernel.depth / piece);

  parallel_for(row_blocks * panel_groups, [&](Index task) {
    const Index first_row = task / panel_groups * block, first_panel = task % panel_groups * panel_group;
    const Index last_panel = std::min(first_panel + panel_group, matrix.panels());
    const Index rows = std::min(block, shape.rows - first_row);
    RowPointers<T, Input> pointers(shape, block);
    fill(first_row, rows, pointers);
    const OperandRows<T, Operand> inputs(matrix, pointers, rows, pool);

    // what this thread will probably read next; only where that is one piece of memory
    const Index calls = (last_panel - first_panel) * ((all_segments + segments_per_step - 1) / segments_per_step) *
                        ((segment + piece - 1) / piece);
    const NextRows<Input> next_rows(shape, kernel, pointers, first_row, rows, panel_groups);
    Index panel_calls = 0;
    const auto at = [&](Index p, Index s, Index offset) {
      return matrix.panel(p) + (s * segment + offset) * kernel.columns;
    };
    for (Index s = 0; s < all_segments; s += segments_per_step)
      for (Index offset = 0; offset < segment; offset += piece)
        for (Index p = first_panel; p < last_panel; ++p) {
          const Index segments = std::min(segments_per_step, all_segments - s);
          const Index length = std::min(piece, segment - offset);
          const bool first = s == 0 && offset == 0;
          const bool last = s + segments == all_segments && offset + length == segment;
          const Operand* const next =
              p + 1 < last_panel ? at(p + 1, s, offset)
              : last             ? matrix.panel(first_panel)
                     : at(first_panel, s + (offset + length) / segment * segments, (offset + length) % segment);
          kernel.run({.a = inputs.pointers() + s * pointers.pitch,
                      .a_pitch = pointers.pitch,
                      .a_offset = matrix.block_of(p) * segment + offset,
                      .segments = segments,
                      .segment = length,
                      .rows = rows,
                      .b = at(p, s, offset),
                      .columns = std::min(kernel.columns, matrix.columns() - matrix.column_of(p)),
                      .c = pointers.outputs.data(),
                      .c_offset = matrix.block_of(p) * matrix.columns() + matrix.column_of(p),
                      .bias = first ? matrix.bias(p) : nullptr,
                      .addend = last && shape.with_addend ? pointers.addends.data() : nullptr,
                      .relu = shape.relu && last,
                      .prefetch_b = {next, length * segments * kernel.columns * sizeof(Operand) / tensor_alignment},
                      .prefetch_a = next_rows.part(panel_calls++, calls)});
        }
  });
}

template <Scalar T>
MatrixProduct<T>::MatrixProduct(const MatrixShape& shape, MatrixRows<T> rows, const std::vector<T>& bias,
                                const Compute& compute) {
  if (compute.precision() == Precision::bf16)
    matrix_ = PackedMatrix<T, BFloat16>(shape, rows, bias, kernels::permitted(compute.kernels<T>()));
  else
    matrix_ = PackedMatrix<T>(shape, rows, bias, compute.kernels<T>());
}

template <Scalar T>
void MatrixProduct<T>::operator()(const GemmShape& shape, const std::shared_ptr<MemoryPool>& pool,
                                  FillRows<T> fill) const {
  std::visit([&](const auto& matrix) { gemm_of<T>(matrix, shape, pool, fill); }, matrix_);
}

#ifdef MASKRCNN_COMPILED
#define MASKRCNN_PRODUCTS(T)                                                                                           \
  template class MatrixProduct<T>;                                                                                     \
  template void gemm_of<T>(const PackedMatrix<T>&, const GemmShape&, const std::shared_ptr<MemoryPool>&, FillRows<T>); \
  template void gemm_of<T>(const PackedMatrix<T, BFloat16>&, const GemmShape&, const std::shared_ptr<MemoryPool>&,     \
                           FillRows<T>);                                                                               \
  template void gemm_of<BFloat16>(const PackedMatrix<T, BFloat16>&, const GemmShape&,                                  \
                                  const std::shared_ptr<MemoryPool>&, FillRows<T, BFloat16>);
MASKRCNN_PRODUCTS(float)
MASKRCNN_PRODUCTS(double)
#undef MASKRCNN_PRODUCTS
#endif

}  // namespace maskrcnn
