// Bodies of dispatch.hpp, and with them the kernels of all instruction sets.
#pragma once

#include <cstdlib>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/kernels/dispatch.hpp>
#include <maskrcnn/kernels/isa/amx.hpp>
#include <maskrcnn/kernels/isa/avx2.hpp>
#include <maskrcnn/kernels/isa/avx512.hpp>
#include <maskrcnn/kernels/isa/avx512bf16.hpp>
#include <maskrcnn/kernels/isa/generic.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::kernels {

template <>
MASKRCNN_FUNCTION std::vector<const KernelSet<float>*> available_kernels<float>() {
  std::vector<const KernelSet<float>*> kernels;
#ifdef MASKRCNN_X86
  __builtin_cpu_init();  // whose answers know which registers the system keeps
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
#endif
  kernels.push_back(&generic::kernel_set);
  return kernels;
}

template <>
MASKRCNN_FUNCTION const KernelSet<float>& best_kernels<float>() {
  const auto kernels = available_kernels<float>();
  const char* const wanted = std::getenv("MASKRCNN_ISA");
  if (wanted == nullptr || *wanted == '\0') return *kernels.front();
  std::string names;
  for (const auto* kernel : kernels) {
    if (std::string_view(kernel->name) == wanted) return *kernel;
    names += names.empty() ? "" : ", ";
    names += kernel->name;
  }
  fail("MASKRCNN_ISA: expected one of ", names, " on this processor, found '", wanted, "'");
}

}  // namespace maskrcnn::kernels
