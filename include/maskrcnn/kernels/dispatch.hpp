/// The choice of kernels: the best that this processor has, unless the environment asks for less.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/kernels/kernel_set.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::kernels {

/// Kernels that this processor can run, best first, by its own answer and by what the system keeps of registers. The
/// last are those that any processor can: "generic", or "eigen" for `double`, which has no others. Header-only, whoever
/// computes in `double` includes kernels/eigen.hpp as well.
template <Scalar T>
[[nodiscard]] std::vector<const KernelSet<T>*> available_kernels();
template <>
[[nodiscard]] std::vector<const KernelSet<float>*> available_kernels<float>();
template <>
[[nodiscard]] std::vector<const KernelSet<double>*> available_kernels<double>();

/// The best available kernels, or those that the environment variable MASKRCNN_ISA names (amx, avx512bf16, avx512,
/// avx2, generic), so that one binary can be tested and compared on all its paths. To be called once for a model, which
/// hands them to its layers.
/// @throws Error if the variable names kernels that this processor does not have
template <Scalar T>
[[nodiscard]] const KernelSet<T>& best_kernels();
template <>
[[nodiscard]] const KernelSet<float>& best_kernels<float>();
template <>
[[nodiscard]] const KernelSet<double>& best_kernels<double>();

/// The same kernels if the system lets this process use all of their registers, else the next best that it does.
/// Whoever multiplies bfloat16 numbers takes these; nothing else needs them. AMX is asked for here, once a process and
/// for as long as it lives; any number of threads may call.
template <Scalar T>
[[nodiscard]] const KernelSet<T>& permitted(const KernelSet<T>& kernels) {
  const KernelSet<T>* found = &kernels;
  while (found->permission != nullptr && !found->permission()) found = found->otherwise;
  return *found;
}

}  // namespace maskrcnn::kernels

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/kernels/dispatch.inl>
#endif
