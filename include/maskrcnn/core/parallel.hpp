/// The parallel loop: the only place of the library that knows OpenMP.
#pragma once

#include <cstddef>
#include <exception>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace maskrcnn {

/// Calls `body(i)` once for each i in [0, count), spread over the threads that OpenMP gives the caller (OMP_NUM_THREADS
/// or `omp_set_num_threads`). Which thread gets which i is open; bodies write to disjoint places, so results do not
/// depend on it. If bodies throw, the caller gets the exception of the smallest i, whatever the number of threads.
template <class Body>
void parallel_for(std::size_t count, const Body& body) {
#ifdef _OPENMP
  if (count > 1 && omp_get_max_threads() > 1) {
    std::exception_ptr error;
    std::size_t failed = count;
#pragma omp parallel for schedule(dynamic, 1)
    for (std::size_t i = 0; i < count; ++i) {
      try {
        body(i);
      } catch (...) {
#pragma omp critical(maskrcnn_parallel_for)
        if (i < failed) {
          failed = i;
          error = std::current_exception();
        }
      }
    }
    if (error) std::rethrow_exception(error);
    return;
  }
#endif
  for (std::size_t i = 0; i < count; ++i) body(i);
}

/// How many threads a `parallel_for` started here would use.
[[nodiscard]] inline int thread_count() {
#ifdef _OPENMP
  return omp_get_max_threads();
#else
  return 1;
#endif
}

}  // namespace maskrcnn
