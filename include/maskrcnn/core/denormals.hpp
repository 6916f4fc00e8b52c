/// Denormals: floats below 1.2e-38, which processors take a hundred times as long for as for others, and which no
/// result of a network can hang on.
#pragma once

#include <cstdint>
#include <maskrcnn/core/compiled.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// While it lives, arithmetic of this thread takes denormals for zeros and makes zeros of them; then again whatever it
/// did before. Does nothing on processors other than x86 with SSE and 64-bit Arm.
class FlushDenormals {
 public:
  FlushDenormals() : before_(control()) {
    if ((before_ | flush) != before_) set_control(before_ | flush);
  }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;
  ~FlushDenormals() {
    if ((before_ | flush) != before_) set_control(before_);
  }

 private:
#if defined(__SSE__)
  using Control = std::uint32_t;
  static constexpr Control flush = 0x8040;  // of results, of operands
  [[nodiscard]] static Control control() { return __builtin_ia32_stmxcsr(); }
  static void set_control(Control control) { __builtin_ia32_ldmxcsr(control); }
#elif defined(__aarch64__)
  using Control = std::uint64_t;
  static constexpr Control flush = Control{1} << 24U;  // both
  [[nodiscard]] static Control control() {
    Control control = 0;
    asm volatile("mrs %0, fpcr" : "=r"(control));
    return control;
  }
  static void set_control(Control control) { asm volatile("msr fpcr, %0" : : "r"(control)); }
#else
  using Control = std::uint32_t;
  static constexpr Control flush = 0;
  [[nodiscard]] static Control control() { return 0; }
  static void set_control(Control) {}
#endif

  Control before_;
};

}  // namespace maskrcnn
