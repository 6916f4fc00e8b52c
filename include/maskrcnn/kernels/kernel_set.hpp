/// What one instruction set offers: the table through which everything above calls the innermost loops.
#pragma once

#include <maskrcnn/kernels/depthwise.hpp>
#include <maskrcnn/kernels/gemm_block.hpp>
#include <maskrcnn/kernels/roi_bin.hpp>
#include <maskrcnn/kernels/winograd_tile.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS::kernels {

/// The kernels of one instruction set. Code is compiled once for each set, never per model.
template <Scalar T>
struct KernelSet {
  const char* name;  ///< as MASKRCNN_ISA spells it
  GemmKernel<T> gemm;
  GemmKernel<T, BFloat16> gemm_bf16;
  /// Whether a 3 x 3 convolution as bfloat16 products takes less time than by Winograd in T.
  bool bf16_beats_winograd = false;
  void (*round_to_bf16)(const T* from, Index count, BFloat16* to);
  void (*pool_roi_bin)(const RoiBin<T>&);
  void (*depthwise)(const DepthwiseRun<T>&);
  Index lanes = 1;  ///< channels that Winograd's transforms take at a time
  /// Winograd's transforms of 4 x 4 and 6 x 6 tiles; nothing on sets that are better off without.
  WinogradKernel<T> winograd_4x4{}, winograd_6x6{};
  /// Asks the system to let this process use registers that it does not let every process use, and says whether it
  /// does; from several threads at once if need be. Only bfloat16 products need them; null: nothing to ask for.
  bool (*permission)() = nullptr;
  /// What to use where that is refused; not null if `permission` is not.
  const KernelSet* otherwise = nullptr;

  template <Index Outputs>
  [[nodiscard]] const WinogradKernel<T>& winograd() const {
    static_assert(Outputs == 4 || Outputs == 6, "maskrcnn: Winograd's tiles have 4 x 4 or 6 x 6 outputs");
    if constexpr (Outputs == 4)
      return winograd_4x4;
    else
      return winograd_6x6;
  }

  /// The product of these operands.
  template <OperandOf<T> Operand>
  [[nodiscard]] const GemmKernel<T, Operand>& product() const {
    if constexpr (std::same_as<Operand, T>)
      return gemm;
    else
      return gemm_bf16;
  }
};

/// Rounds `count` numbers, one by one.
template <Scalar T>
void round_to_bf16_reference(const T* from, Index count, BFloat16* to) {
  for (Index i = 0; i < count; ++i) to[i] = BFloat16(from[i]);
}

}  // namespace maskrcnn::kernels
