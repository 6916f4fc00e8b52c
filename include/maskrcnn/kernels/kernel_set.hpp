/// What one instruction set offers: the table through which everything above calls the innermost loops.
#pragma once

#include <maskrcnn/kernels/gemm_block.hpp>
#include <maskrcnn/kernels/roi_bin.hpp>
#include <maskrcnn/kernels/winograd_tile.hpp>

namespace maskrcnn::kernels {

/// The kernels of one instruction set. Code is compiled once for each set, never per model.
template <Scalar T>
struct KernelSet {
  const char* name;  ///< as MASKRCNN_ISA spells it
  GemmKernel<T> gemm;
  GemmKernel<T, BFloat16> gemm_bf16;
  void (*round_to_bf16)(const T* from, Index count, BFloat16* to);
  void (*pool_roi_bin)(const RoiBin<T>&);
  Index lanes = 1;               ///< channels that Winograd's transforms take at a time
  WinogradKernel<T> winograd{};  ///< nothing on sets that are better off without

  /// The product of these operands.
  template <OperandOf<T> Operand>
  [[nodiscard]] const GemmKernel<T, Operand>& product() const {
    if constexpr (std::same_as<Operand, T>)
      return gemm;
    else
      return gemm_bf16;
  }
};

}  // namespace maskrcnn::kernels
