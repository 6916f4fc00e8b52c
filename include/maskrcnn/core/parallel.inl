// Bodies of parallel.hpp: loops by OpenMP, or by the thread pool where there is none.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/parallel.hpp>

#ifdef _OPENMP
#include <omp.h>
#include <maskrcnn/core/denormals.hpp>

#include <exception>
#else
#include <maskrcnn/core/thread_pool.hpp>
#endif

namespace maskrcnn::inline MASKRCNN_FLAGS {

#ifdef _OPENMP

MASKRCNN_FUNCTION void run_loop(std::size_t count, FunctionRef<void(std::size_t)> body) {
  if (count <= 1 || omp_get_max_threads() <= 1) {
    const FlushDenormals flush;
    for (std::size_t i = 0; i < count; ++i) body(i);
    return;
  }
  std::exception_ptr error;
  std::size_t failed = count;
#pragma omp parallel
  {
    const FlushDenormals flush;
#pragma omp for schedule(dynamic, 1) nowait
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
  }
  if (error) std::rethrow_exception(error);
}

MASKRCNN_FUNCTION int thread_count() { return omp_get_max_threads(); }

MASKRCNN_FUNCTION void set_thread_count(int count) { omp_set_num_threads(count < 1 ? 1 : count); }

#else

MASKRCNN_FUNCTION void run_loop(std::size_t count, FunctionRef<void(std::size_t)> body) {
  thread_pool::run_loop(count, body);
}

MASKRCNN_FUNCTION int thread_count() { return thread_pool::thread_count(); }

MASKRCNN_FUNCTION void set_thread_count(int count) { thread_pool::set_thread_count(count); }

#endif

}  // namespace maskrcnn
