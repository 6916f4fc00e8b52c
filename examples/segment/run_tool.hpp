/// What every tool does around its work: one line for each thing that failed, and the exit status.
#pragma once

#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include "report.hpp"

namespace segment {

/// "NAME: SENTENCE" on standard error, behind what standard output has.
inline void print_failure(const char* name, const std::string& sentence) {
  (void)std::fflush(stdout);
  std::fprintf(stderr, "%s: %s\n", name, printable(sentence).c_str());
}

/// What `work` returns or, if it throws, 1, the reason told.
template <class Work>
[[nodiscard]] int run_tool(const char* name, const Work& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    print_failure(name, "out of memory");
  } catch (const std::exception& problem) {
    print_failure(name, problem.what());
  }
  return 1;
}

}  // namespace segment
