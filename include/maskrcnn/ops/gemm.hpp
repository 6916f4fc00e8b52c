/// Matrix products over rows that are found through pointers: packing of the weights, blocking, the parallel loop.
#pragma once

#include <algorithm>
#include <concepts>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <maskrcnn/kernels/dispatch.hpp>
#include <memory>
#include <vector>

namespace maskrcnn {

/// A [depth, columns] matrix in the order in which a kernel reads it: panels of as many columns as the kernel takes,
/// each panel contiguous, the last one padded with zeros; with one bias per column.
template <Scalar T, kernels::OperandOf<T> Operand = T>
class PackedMatrix {
 public:
  PackedMatrix() = default;

  /// @param element `element(k, n)` is the matrix entry of row k, column n
  /// @param bias    one value per column, or empty for zeros
  template <class Element>
  PackedMatrix(Index depth, Index columns, const Element& element, const std::vector<T>& bias,
               const kernels::KernelSet<T>& kernels)
      : kernels_(&kernels), depth_(depth), columns_(columns), panel_size_(packed_depth() * kernel().columns) {
    constexpr Index step = kernels::step_depth<Operand>;
    const Index width = kernel().columns;
    values_ = PooledMemory(panels() * panel_size_ * sizeof(Operand), nullptr);
    parallel_for(panels(), [&](Index panel) {
      Operand* to = static_cast<Operand*>(values_.data()) + panel * panel_size_;
      for (Index k = 0; k < packed_depth(); k += step)
        for (Index n = panel * width; n < (panel + 1) * width; ++n)
          for (Index i = k; i < k + step; ++i)
            *to++ = n < columns && i < depth ? static_cast<Operand>(element(i, n)) : Operand{};
    });
    bias_.assign(panels() * width, T{0});
    std::copy(bias.begin(), bias.end(), bias_.begin());
  }

  [[nodiscard]] const kernels::KernelSet<T>& kernels() const { return *kernels_; }
  [[nodiscard]] const kernels::GemmKernel<T, Operand>& kernel() const { return kernels_->template product<Operand>(); }
  [[nodiscard]] Index depth() const { return depth_; }
  /// Depth with its padding to whole steps of the kernel.
  [[nodiscard]] Index packed_depth() const {
    constexpr Index step = kernels::step_depth<Operand>;
    return (depth_ + step - 1) / step * step;
  }
  [[nodiscard]] Index columns() const { return columns_; }
  [[nodiscard]] Index panels() const { return (columns_ + kernel().columns - 1) / kernel().columns; }
  [[nodiscard]] const Operand* panel(Index index) const {
    return static_cast<const Operand*>(values_.data()) + index * panel_size_;
  }
  [[nodiscard]] const T* bias(Index panel) const { return bias_.data() + panel * kernel().columns; }

 private:
  const kernels::KernelSet<T>* kernels_ = nullptr;
  Index depth_ = 0, columns_ = 0, panel_size_ = 0;
  PooledMemory values_;
  std::vector<T> bias_;
};

/// How one product is run.
struct GemmShape {
  Index rows;      ///< rows of the output
  Index segments;  ///< contiguous pieces that a row of the input consists of
  Index segment;   ///< length of each piece; segments * segment is the matrix' depth
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
class ComingRows {
 public:
  template <Scalar T, class Operand>
  ComingRows(const GemmShape& shape, const kernels::GemmKernel<T, Operand>& kernel, const RowPointers<T, Input>& rows,
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
  [[nodiscard]] kernels::Soon part(Index part, Index parts) const {
    if (from_ == nullptr) return {};
    const Index begin = lines_ * part / parts;
    return {from_ + begin * (tensor_alignment / sizeof(Input)), lines_ * (part + 1) / parts - begin};
  }

 private:
  const Input* from_ = nullptr;
  Index lines_ = 0;
};

/// c = a * matrix + bias (+ addend) (then ReLU), row by row.
/// @param fill `fill(first, count, pointers)` writes where rows [first, first + count) begin: `inputs` [segment][row],
///             `outputs` and, if there is an addend, `addends`
/// @param pool where scratch memory comes from
/// @tparam Input what the inputs are stored as: the scalar, or already the operand
template <class Input, Scalar T, class Operand, class Fill>
void gemm_of(const PackedMatrix<T, Operand>& matrix, const GemmShape& shape, const std::shared_ptr<MemoryPool>& pool,
             const Fill& fill) {
  const kernels::GemmKernel<T, Operand>& kernel = matrix.kernel();
  constexpr bool rounds = !std::same_as<Operand, Input>;
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
    const ComingRows<Input> coming(shape, kernel, pointers, first_row, rows, panel_groups);
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
                      .a_offset = offset,
                      .segments = segments,
                      .segment = length,
                      .rows = rows,
                      .b = at(p, s, offset),
                      .columns = std::min(kernel.columns, matrix.columns() - p * kernel.columns),
                      .c = pointers.outputs.data(),
                      .c_offset = p * kernel.columns,
                      .bias = first ? matrix.bias(p) : nullptr,
                      .addend = last && shape.with_addend ? pointers.addends.data() : nullptr,
                      .relu = shape.relu && last,
                      .soon_b = {next, length * segments * kernel.columns * sizeof(Operand) / tensor_alignment},
                      .soon_a = coming.part(panel_calls++, calls)});
        }
  });
}

/// The same of inputs that are stored as scalars.
template <Scalar T, class Operand, class Fill>
void gemm(const PackedMatrix<T, Operand>& matrix, const GemmShape& shape, const std::shared_ptr<MemoryPool>& pool,
          const Fill& fill) {
  gemm_of<T>(matrix, shape, pool, fill);
}

}  // namespace maskrcnn
