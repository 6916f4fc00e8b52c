#include <maskrcnn/core/thread_pool.hpp>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "support.hpp"

#if defined(__unix__) || defined(__APPLE__)
#include <sys/wait.h>
#include <unistd.h>
#define HAS_FORK 1
#endif

#ifdef __has_feature
#if __has_feature(thread_sanitizer)
// what the sanitizer of Clang reads at start (GCC's: TSAN_OPTIONS): threads in a child of fork() are what is tested
// here
extern "C" const char* __tsan_default_options();                                // NOLINT: its name
extern "C" const char* __tsan_default_options() { return "die_after_fork=0"; }  // NOLINT: its name
#endif
#endif

namespace {

namespace thread_pool = maskrcnn::thread_pool;

/// Loops of the pool by so many threads, however many processors there are and whatever other loops run on.
void pool_for(std::size_t count, const auto& body, int threads = 4) {
  const int before = thread_pool::thread_count();
  thread_pool::set_thread_count(threads);
  try {
    thread_pool::run_loop(count, body);
  } catch (...) {
    thread_pool::set_thread_count(before);
    throw;
  }
  thread_pool::set_thread_count(before);
}

bool every_index_is_visited_once(std::size_t count) {
  std::vector<int> visits(count);
  pool_for(count, [&](std::size_t i) { ++visits[i]; });
  return std::count(visits.begin(), visits.end(), 1) == static_cast<std::ptrdiff_t>(count);
}

/// Waits for what other threads do; false if it does not come.
bool comes(const auto& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace

TEST_CASE("the pool visits every index once") {
  for (int repetition = 0; repetition < 200; ++repetition)
    for (const std::size_t count : {0U, 1U, 2U, 3U, 100U}) CHECK(every_index_is_visited_once(count));
}

TEST_CASE("threads of the pool really help, also after they slept") {
  for (int repetition = 0; repetition < 3; ++repetition) {
    std::atomic<int> inside{0};
    std::atomic<bool> met{true};
    pool_for(
        3,
        [&](std::size_t) {
          ++inside;
          if (!comes([&] { return inside.load() == 3; })) met = false;
        },
        3);
    CHECK(met);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

TEST_CASE("of several exceptions in the pool the caller gets that of the smallest index, and the pool goes on") {
  for (int repetition = 0; repetition < 50; ++repetition)
    CHECK_THROWS_WITH_AS(pool_for(100,
                                  [](std::size_t i) {
                                    if (i >= 7) throw std::invalid_argument(std::to_string(i));
                                  }),
                         "7", std::invalid_argument);
  CHECK(every_index_is_visited_once(100));
}

TEST_CASE("a loop inside a body of the pool runs on the thread of that body") {
  std::atomic<int> same{0};
  pool_for(6, [&](std::size_t) {
    const auto outer = std::this_thread::get_id();
    thread_pool::run_loop(7, [&](std::size_t) { same += std::this_thread::get_id() == outer; });
  });
  CHECK(same == 42);
}

TEST_CASE("a caller goes on alone while another keeps all threads of the pool") {
  std::atomic<int> inside{0};
  std::atomic<bool> release{false};
  bool released = false;
  std::thread first([&] {
    pool_for(4, [&](std::size_t) {
      ++inside;
      if (!comes([&] { return release.load(); })) return;
    });
    released = true;
  });
  REQUIRE(comes([&] { return inside.load() == 4; }));
  CHECK(every_index_is_visited_once(1000));
  release = true;
  first.join();
  CHECK(released);
}

TEST_CASE("several callers use the pool at once") {
  bool fine[4] = {};
  std::vector<std::thread> callers;
  for (bool& one : fine)
    callers.emplace_back([&one] {
      bool all = true;
      for (int repetition = 0; repetition < 300; ++repetition) all = every_index_is_visited_once(50) && all;
      one = all;
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(std::count(std::begin(fine), std::end(fine), true) == 4);
}

TEST_CASE("the number of threads is the calling thread's own") {
  const int before = thread_pool::thread_count();
  thread_pool::set_thread_count(3);
  CHECK(thread_pool::thread_count() == 3);
  std::thread([] {
    thread_pool::set_thread_count(-5);
    CHECK(thread_pool::thread_count() == 1);
  }).join();
  CHECK(thread_pool::thread_count() == 3);
  thread_pool::set_thread_count(before);
}

#ifdef HAS_FORK
TEST_CASE("a child of fork has a pool of its own") {
  REQUIRE(every_index_is_visited_once(1000));
  // another thread keeps the pool busy: the child finds its locks in whatever state they are
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    while (!stop) pool_for(8, [](std::size_t) {});
  });
  for (int repetition = 0; repetition < 10; ++repetition) {
    const ::pid_t child = ::fork();
    if (child == 0) {
      ::alarm(30);  // kills the child if it hangs
      bool fine = every_index_is_visited_once(1000) && every_index_is_visited_once(1000);
      const ::pid_t grandchild = fine ? ::fork() : -1;
      if (grandchild == 0) {
        ::alarm(30);
        ::_exit(every_index_is_visited_once(1000) ? 0 : 1);
      }
      int status = 1;
      fine = fine && ::waitpid(grandchild, &status, 0) == grandchild && status == 0;
      ::_exit(fine ? 0 : 1);
    }
    REQUIRE(child > 0);
    int status = 1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  stop = true;
  busy.join();
  CHECK(every_index_is_visited_once(1000));
}
#endif
