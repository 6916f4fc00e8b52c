/// The parallel loop: the only place of the library that knows threads.
#pragma once

#include <cstddef>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/loop_body.hpp>

// Units of one program may be compiled with and without OpenMP. What depends on that has a name that says so, or the
// linker would take one unit's functions for the other's. A compiled library has one kind of loop, whoever calls it.
#if defined(MASKRCNN_COMPILED)
#define MASKRCNN_LOOPS compiled_loops
#elif defined(_OPENMP)
#define MASKRCNN_LOOPS openmp_loops
#else
#define MASKRCNN_LOOPS thread_pool_loops
#endif

namespace maskrcnn::inline MASKRCNN_FLAGS {
inline namespace MASKRCNN_LOOPS {

/// `parallel_for` of a body whose type is forgotten.
void run_loop(std::size_t count, LoopBody body);

/// Calls `body(i)` once for each i in [0, count), spread over `thread_count()` threads: those of OpenMP, or of the
/// library's own pool (thread_pool.hpp) where it is compiled without OpenMP. Which thread gets which i is open; bodies
/// write to disjoint places, so results do not depend on it. A loop inside a body runs on the thread that has come to
/// it. If bodies throw, the caller gets the exception of the smallest i, whatever the number of threads.
template <class Body>
void parallel_for(std::size_t count, const Body& body) {
  run_loop(count, loop_body(body));
}

/// How many threads a `parallel_for` started here would use: what `set_thread_count` asked for, else what the
/// environment variable OMP_NUM_THREADS says, else the processors that this process may run on.
[[nodiscard]] int thread_count();

/// Sets the number of threads of the loops that the calling thread starts from now on; less than 1 means 1. With OpenMP
/// it is `omp_set_num_threads`.
void set_thread_count(int count);

}  // namespace MASKRCNN_LOOPS
}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/core/parallel.inl>
#endif
