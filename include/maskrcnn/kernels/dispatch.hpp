/// The choice of kernels: the best that this processor has, unless the environment asks for less.
#pragma once

#include <cstdlib>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/kernels/amx.hpp>
#include <maskrcnn/kernels/portable.hpp>
#include <maskrcnn/kernels/x86.hpp>
#include <string_view>
#include <vector>

namespace maskrcnn::kernels {

/// Kernels that run on this processor, best first. The last is always the portable one; `double` has no other.
template <Scalar T>
[[nodiscard]] std::vector<const KernelSet<T>*> available_kernels() {
  std::vector<const KernelSet<T>*> kernels;
#ifdef MASKRCNN_X86
  if constexpr (std::same_as<T, float>) {
    __builtin_cpu_init();
    const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                            __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
    const bool has_bf16 = has_avx512 && __builtin_cpu_supports("avx512bf16");
#ifdef MASKRCNN_AMX
    if (has_bf16 && amx::available()) kernels.push_back(&amx::kernel_set);
#endif
    if (has_bf16) kernels.push_back(&avx512bf16::kernel_set);
    if (has_avx512) kernels.push_back(&avx512::kernel_set);
    if (has_avx2) kernels.push_back(&avx2::kernel_set);
  }
#endif
  kernels.push_back(&portable_kernels<T>);
  return kernels;
}

/// The kernels that layers built now will use: the best available, or those that the environment variable MASKRCNN_ISA
/// names (amx, avx512bf16, avx512, avx2, portable), so that one binary can be tested and compared on all its paths.
/// @throws Error if the variable names kernels that this processor does not have
template <Scalar T>
[[nodiscard]] const KernelSet<T>& best_kernels() {
  const auto kernels = available_kernels<T>();
  const char* const wanted = std::getenv("MASKRCNN_ISA");
  if (wanted == nullptr || *wanted == '\0' || std::same_as<T, double>) return *kernels.front();
  std::string names;
  for (const auto* kernel : kernels) {
    if (std::string_view(kernel->name) == wanted) return *kernel;
    names += names.empty() ? "" : ", ";
    names += kernel->name;
  }
  fail("MASKRCNN_ISA: expected one of ", names, " on this processor, found '", wanted, "'");
}

}  // namespace maskrcnn::kernels
