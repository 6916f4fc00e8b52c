// Bodies of thread_pool.hpp: loops, the threads that help with them, and what happens at fork() and at exit.
#pragma once

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/denormals.hpp>
#include <maskrcnn/core/thread_pool.hpp>
#include <memory>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif
#if __has_include(<pthread.h>)
#include <pthread.h>
#define MASKRCNN_HAS_ATFORK 1
#endif

namespace maskrcnn::inline MASKRCNN_FLAGS::thread_pool {

/// What a thread knows about itself.
struct ThreadState {
  bool in_loop = false;  // loops inside a body run where they are
  int count = 0;         // what set_thread_count asked for; 0: nothing
};

MASKRCNN_FUNCTION ThreadState& thread_state() {
  thread_local ThreadState state;
  return state;
}

/// Waits for something that is expected within microseconds. False: it has not come, and sleeping is in order.
template <class Condition>
[[nodiscard]] bool comes_soon(const Condition& condition) {
  for (int round = 0; round < 400; ++round) {
    if (condition()) return true;
    std::this_thread::yield();  // to whoever has work to do: the caller, if processors are few
  }
  return false;
}

/// One loop, on the stack of its caller.
class Loop {
 public:
  Loop(std::size_t count, FunctionRef<void(std::size_t)> body, int wanted)
      : open(wanted), count_(count), body_(body), failed_(count) {}

  /// Does what nobody has begun yet.
  void work() noexcept {
    const FlushDenormals flush;
    for (std::size_t i = 0; (i = next_.fetch_add(1, std::memory_order_relaxed)) < count_;) {
      try {
        body_(i);
      } catch (...) {
        const std::lock_guard lock(error_mutex_);
        if (i >= failed_) continue;
        failed_ = i;
        error_ = std::current_exception();
      }
    }
  }

  [[nodiscard]] bool all_begun() const { return next_.load(std::memory_order_relaxed) >= count_; }

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

  int open;                     // how many threads may still come to help
  std::atomic<int> helpers{0};  // how many are here

 private:
  std::size_t count_;
  FunctionRef<void(std::size_t)> body_;
  alignas(64) std::atomic<std::size_t> next_{0};  // a cache line of its own: all threads write it, all read the rest
  alignas(64) std::mutex error_mutex_;
  std::size_t failed_;
  std::exception_ptr error_;
};

/// The threads and the loops that want help. It is never destroyed: at the end of the program it stops, and who comes
/// later works alone.
class Pool {
 public:
  explicit Pool(const Pool* before_fork) : before_fork_(before_fork) {}

  void run(Loop& loop) {
    offer(loop);
    loop.work();
    withdraw(loop);
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      ++offers_;
    }
    awake_.notify_all();
    for (std::thread& thread : threads_)
      if (thread.get_id() != std::this_thread::get_id()) thread.join();  // a body may have called exit()
  }

 private:
  void offer(Loop& loop) {
    int sleepers = 0;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      try {
        loops_.push_back(&loop);
        while (threads_.size() < static_cast<std::size_t>(loop.open)) threads_.emplace_back([this] { serve(); });
      } catch (const std::exception&) {  // the system has no more threads or memory: the loop needs none
      }
      ++offers_;
      sleepers = std::min(loop.open, sleeping_);
    }
    for (; sleepers > 0; --sleepers) awake_.notify_one();
  }

  void withdraw(Loop& loop) {
    {
      const std::lock_guard lock(mutex_);
      std::erase(loops_, &loop);
    }
    const auto alone = [&loop] { return loop.helpers.load() == 0; };
    if (comes_soon(alone)) return;
    std::unique_lock lock(mutex_);
    left_.wait(lock, alone);
  }

  /// The life of one thread.
  void serve() {
    thread_state().in_loop = true;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      if (Loop* const loop = neediest()) {
        --loop->open;
        ++loop->helpers;
        lock.unlock();
        loop->work();
        lock.lock();
        if (--loop->helpers == 0) left_.notify_all();  // from here on the loop may be gone
        continue;
      }
      const auto offered = [this, seen = offers_.load()] { return offers_.load() != seen; };
      lock.unlock();
      const bool soon = comes_soon(offered);
      lock.lock();
      if (soon) continue;
      ++sleeping_;
      awake_.wait(lock, offered);
      --sleeping_;
    }
  }

  /// The loop that lacks most helpers, so that callers at the same time get as many each; null if none needs any.
  [[nodiscard]] Loop* neediest() const {
    Loop* best = nullptr;
    for (Loop* const loop : loops_)
      if (loop->open > (best != nullptr ? best->open : 0) && !loop->all_begun()) best = loop;
    return best;
  }

  std::mutex mutex_;  // of all that follows, and of Loop::open
  std::condition_variable awake_, left_;
  std::vector<std::thread> threads_;
  std::vector<Loop*> loops_;
  int sleeping_ = 0;
  bool stopping_ = false;
  std::atomic<unsigned> offers_{0};  // changes with every loop, so that waiting threads notice without the mutex
  [[maybe_unused]] const Pool* before_fork_;  // whose threads are in the parent: of no use, but no leak either
};

/// The pool of this process, and the one of its parent before fork(). No locks here, and no statics that are
/// initialised under one: a child of fork() might find it locked.
struct Current {
  std::atomic<Pool*> pool{nullptr};
  std::atomic<const Pool*> before_fork{nullptr};
  std::atomic<bool> registered{false};
  std::atomic<int> default_thread_count{0};  // 0: not known yet
};

MASKRCNN_FUNCTION Current& current() {
  static constinit Current current;
  return current;
}

MASKRCNN_FUNCTION Pool& current_pool() {
  Pool* pool = current().pool.load();
  if (pool != nullptr) return *pool;
  if (!current().registered.exchange(true)) {
    (void)std::atexit([] {
      if (Pool* const started = current().pool.load()) started->stop();
    });
#ifdef MASKRCNN_HAS_ATFORK
    (void)::pthread_atfork(nullptr, nullptr, [] {
      if (const Pool* const lost = current().pool.exchange(nullptr)) current().before_fork.store(lost);
    });
#endif
  }
  auto fresh = std::make_unique<Pool>(current().before_fork.load());
  return current().pool.compare_exchange_strong(pool, fresh.get()) ? *fresh.release() : *pool;
}

/// OMP_NUM_THREADS, of which the first number counts, as in OpenMP; else the processors that this process may run on.
[[nodiscard]] MASKRCNN_FUNCTION int default_thread_count() {
  if (const char* const wanted = std::getenv("OMP_NUM_THREADS")) {
    const std::string_view text(wanted);
    int count = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), count).ec == std::errc{} && count > 0) return count;
  }
#if defined(__linux__)
  ::cpu_set_t processors;
  if (::sched_getaffinity(0, sizeof processors, &processors) == 0) return CPU_COUNT(&processors);
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

MASKRCNN_FUNCTION int thread_count() {
  if (const int wanted = thread_state().count) return wanted;
  std::atomic<int>& known = current().default_thread_count;
  if (known.load() == 0) known.store(default_thread_count());
  return known.load();
}

MASKRCNN_FUNCTION void set_thread_count(int count) { thread_state().count = std::max(count, 1); }

MASKRCNN_FUNCTION void run_loop(std::size_t count, FunctionRef<void(std::size_t)> body) {
  ThreadState& here = thread_state();
  const int threads = thread_count();
  if (count <= 1 || threads <= 1 || here.in_loop) {
    const FlushDenormals flush;
    for (std::size_t i = 0; i < count; ++i) body(i);
    return;
  }
  Loop loop(count, body, static_cast<int>(std::min(count, static_cast<std::size_t>(threads)) - 1));
  Pool& pool = current_pool();
  here.in_loop = true;
  pool.run(loop);  // keeps exceptions of the body, and has none of its own
  here.in_loop = false;
  loop.rethrow();
}

}  // namespace maskrcnn::thread_pool
