// Bodies of dispatch.hpp, and with them the kernels of all instruction sets.
#pragma once

#include <concepts>
#include <cstdlib>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/kernels/amx.hpp>
#include <maskrcnn/kernels/dispatch.hpp>
#include <maskrcnn/kernels/portable.hpp>
#include <maskrcnn/kernels/x86.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace maskrcnn::kernels {

template <Scalar T>
std::vector<const KernelSet<T>*> available_kernels() {
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

template <Scalar T>
const KernelSet<T>& best_kernels() {
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

#ifdef MASKRCNN_COMPILED
template std::vector<const KernelSet<float>*> available_kernels<float>();
template std::vector<const KernelSet<double>*> available_kernels<double>();
template const KernelSet<float>& best_kernels<float>();
template const KernelSet<double>& best_kernels<double>();
#endif

}  // namespace maskrcnn::kernels
