// Bodies of eigen.hpp: the yardstick, in other terms than the bodies that it measures. Eigen multiplies.
#pragma once

#include <Eigen/Core>
#include <array>
#include <maskrcnn/kernels/eigen.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::kernels::eigen {

inline constexpr Index rows = 4, columns = 8;

/// Body of the product; see `GemmBlock`: `rows` rows at a time, each a sum of rows of the panel.
template <class Operand>
void gemm_block(const GemmBlock<double, Operand>& block) {
  using Row = Eigen::Array<double, static_cast<int>(columns), 1>;
  constexpr Index pair = step_depth<Operand>;
  for (Index first = 0; first < block.rows; first += rows) {
    const Index count = block.rows - first < rows ? block.rows - first : rows;
    std::array<Row, rows> sums;
    for (Index r = 0; r < rows; ++r) {
      sums[r].setZero();
      for (Index n = 0; n < block.columns && r < count; ++n)
        sums[r].data()[n] = block.bias != nullptr ? block.bias[n] : block.c[first + r][block.c_offset + n];
    }

    const Operand* b = block.b;
    for (Index s = 0; s < block.segments; ++s) {
      std::array<const Operand*, rows> a;  // beyond the last row that one once more
      for (Index r = 0; r < rows; ++r)
        a[r] = block.a[s * block.a_pitch + first + (r < count ? r : count - 1)] + block.a_offset;
      for (Index i = 0; i < block.segment; i += pair, b += pair * columns)
        for (Index p = 0; p < pair; ++p) {
          Row of_panel;
          for (Index n = 0; n < columns; ++n) of_panel.data()[n] = static_cast<double>(b[n * pair + p]);
          sums[0] += static_cast<double>(a[0][i + p]) * of_panel;
          sums[1] += static_cast<double>(a[1][i + p]) * of_panel;
          sums[2] += static_cast<double>(a[2][i + p]) * of_panel;
          sums[3] += static_cast<double>(a[3][i + p]) * of_panel;
        }
    }

    for (Index r = 0; r < count; ++r)
      for (Index n = 0; n < block.columns; ++n) {
        double value = sums[r].data()[n];
        if (block.addend != nullptr) value += block.addend[first + r][block.c_offset + n];
        block.c[first + r][block.c_offset + n] = block.relu ? relu(value) : value;
      }
  }
}

template <class Operand>
inline constexpr GemmKernel<double, Operand> gemm{
    .rows = rows, .columns = columns, .depth = 512, .run = &gemm_block<Operand>};

inline constexpr KernelSet<double> kernel_set{.name = "eigen",
                                              .gemm = gemm<double>,
                                              .gemm_bf16 = gemm<BFloat16>,
                                              .round_to_bf16 = &round_to_bf16_reference<double>,
                                              .pool_roi_bin = &pool_roi_bin_reference<double>,
                                              .depthwise = &depthwise_reference<double>};

}  // namespace maskrcnn::kernels::eigen

namespace maskrcnn::inline MASKRCNN_FLAGS::kernels {

template <>
MASKRCNN_FUNCTION std::vector<const KernelSet<double>*> available_kernels<double>() {
  return {&eigen::kernel_set};
}

template <>
MASKRCNN_FUNCTION const KernelSet<double>& best_kernels<double>() {
  return eigen::kernel_set;
}

}  // namespace maskrcnn::kernels
