/// The choice of kernels: the best that this processor has, unless the environment asks for less.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/kernels/kernel_set.hpp>
#include <vector>

namespace maskrcnn::kernels {

/// Kernels that run on this processor, best first. The last is always the portable one; `double` has no other.
template <Scalar T>
[[nodiscard]] std::vector<const KernelSet<T>*> available_kernels();

/// The kernels that layers built now will use: the best available, or those that the environment variable MASKRCNN_ISA
/// names (amx, avx512bf16, avx512, avx2, portable), so that one binary can be tested and compared on all its paths.
/// @throws Error if the variable names kernels that this processor does not have
template <Scalar T>
[[nodiscard]] const KernelSet<T>& best_kernels();

}  // namespace maskrcnn::kernels

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/kernels/dispatch.inl>
#endif
