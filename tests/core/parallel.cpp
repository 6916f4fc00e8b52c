#include <maskrcnn/core/parallel.hpp>

#include <stdexcept>

#include "support.hpp"

TEST_CASE("every index is visited once") {
  for (const std::size_t count : {0U, 1U, 2U, 1000U}) {
    std::vector<int> visits(count);
    maskrcnn::parallel_for(count, [&](std::size_t i) { ++visits[i]; });
    CHECK(std::count(visits.begin(), visits.end(), 1) == static_cast<std::ptrdiff_t>(count));
  }
}

TEST_CASE("an exception of a body reaches the caller") {
  for (const std::size_t count : {1U, 100U})
    CHECK_THROWS_WITH_AS(maskrcnn::parallel_for(count,
                                                [](std::size_t i) {
                                                  if (i % 10 == 0) throw std::invalid_argument("body");
                                                }),
                         "body", std::invalid_argument);
}

TEST_CASE("of several exceptions the caller gets that of the smallest index") {
  for (int repetition = 0; repetition < 20; ++repetition)
    CHECK_THROWS_WITH_AS(maskrcnn::parallel_for(100,
                                                [](std::size_t i) {
                                                  if (i >= 7) throw std::invalid_argument(std::to_string(i));
                                                }),
                         "7", std::invalid_argument);
}

TEST_CASE("bodies take denormals for zeros, on every thread, and nobody else does") {
  volatile float tiny = 1e-40F, one = 1;
  for (const std::size_t count : {1U, 64U}) {
    std::vector<int> zeros(count), nested(count);
    maskrcnn::parallel_for(count, [&](std::size_t i) {
      zeros[i] = tiny * one == 0.0F ? 1 : 0;
      maskrcnn::parallel_for(1, [&](std::size_t) { nested[i] = tiny * one == 0.0F ? 1 : 0; });
    });
#if defined(__SSE__) || defined(__aarch64__)
    CHECK(std::count(zeros.begin(), zeros.end(), 1) == static_cast<std::ptrdiff_t>(count));
    CHECK(std::count(nested.begin(), nested.end(), 1) == static_cast<std::ptrdiff_t>(count));
#endif
    CHECK(tiny * one != 0.0F);
  }
  try {
    maskrcnn::parallel_for(1, [](std::size_t) { throw std::invalid_argument("body"); });
  } catch (const std::invalid_argument&) {
    CHECK(tiny * one != 0.0F);
  }
}

TEST_CASE("loops may be nested") {
  std::vector<int> visits(6 * 7);
  maskrcnn::parallel_for(
      6, [&](std::size_t i) { maskrcnn::parallel_for(7, [&](std::size_t j) { ++visits[7 * i + j]; }); });
  CHECK(std::count(visits.begin(), visits.end(), 1) == 42);
}

TEST_CASE("the number of threads may be chosen") {
  const int before = maskrcnn::thread_count();
  maskrcnn::set_thread_count(3);
  CHECK(maskrcnn::thread_count() == 3);
  maskrcnn::set_thread_count(0);
  CHECK(maskrcnn::thread_count() == 1);
  maskrcnn::set_thread_count(before);
  CHECK(maskrcnn::thread_count() == before);
}
