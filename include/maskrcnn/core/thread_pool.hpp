/// The thread pool: what loops run on where the library is compiled without OpenMP. Use `parallel_for`.
#pragma once

#include <cstddef>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/function_ref.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS::thread_pool {

/// Calls `body(i)` once for each i in [0, count), on the calling thread and on those of the pool that are free; see
/// `parallel_for`. The first call starts the threads, the end of the program joins them. Callers at the same time share
/// them, and each goes on alone where none is free. A child of fork(), which has no thread but the one that forked,
/// starts its own.
void run_loop(std::size_t count, FunctionRef<void(std::size_t)> body);

/// How many threads a loop of the calling thread may use, itself included.
[[nodiscard]] int thread_count();

/// Sets `thread_count()` of the calling thread; less than 1 means 1.
void set_thread_count(int count);

}  // namespace maskrcnn::thread_pool

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/core/thread_pool.inl>
#endif
