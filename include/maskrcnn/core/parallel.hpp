/// The parallel loop: the only place of the library that knows threads.
#pragma once

#include <cstddef>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/function_ref.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// `parallel_for` of a body whose type is forgotten, so that whatever runs loops is compiled once.
void run_loop(std::size_t count, FunctionRef<void(std::size_t)> body);

/// Calls `body(i)` once for each i in [0, count), spread over `thread_count()` threads: those of OpenMP, or of the
/// library's own pool (thread_pool.hpp) where it is compiled without OpenMP. Which thread gets which i is open; bodies
/// write to disjoint places, so results do not depend on it. A loop inside a body runs on the thread that has come to
/// it. Bodies take denormals for zeros. If bodies throw, the caller gets the exception of the smallest i, whatever the
/// number of threads.
template <class Body>
void parallel_for(std::size_t count, const Body& body) {
  run_loop(count, body);
}

/// How many threads a `parallel_for` started here would use: what `set_thread_count` asked for, else what the
/// environment variable OMP_NUM_THREADS says, else the processors that this process may run on.
[[nodiscard]] int thread_count();

/// Sets the number of threads of the loops that the calling thread starts from now on; less than 1 means 1. With OpenMP
/// it is `omp_set_num_threads`.
void set_thread_count(int count);

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/core/parallel.inl>
#endif
