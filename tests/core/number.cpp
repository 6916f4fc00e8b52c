#include <maskrcnn/core/number.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "support.hpp"

TEST_CASE_TEMPLATE("what is a number is told by bits", T, float, double) {
  using Limits = std::numeric_limits<T>;
  const T nan = Limits::quiet_NaN(), infinity = Limits::infinity();
  for (const T value : {T{0}, T(-0.0), T{1}, T{-1}, Limits::max(), Limits::lowest(), Limits::min(),
                        Limits::denorm_min(), infinity, -infinity, nan, -nan, Limits::signaling_NaN()}) {
    CAPTURE(value);
    CHECK(maskrcnn::is_nan(value) == std::isnan(value));
    CHECK(maskrcnn::is_finite(value) == std::isfinite(value));
    for (const T limit : {T{-1}, T{0}, T{1}, infinity}) {
      CHECK(maskrcnn::exceeds(value, limit) == (value > limit));
      CHECK(maskrcnn::reaches(value, limit) == (value >= limit));
      if (!std::isnan(value)) CHECK(maskrcnn::at_most(value, limit) == std::min(value, limit));
    }
  }
  CHECK(std::isnan(maskrcnn::at_most(nan, T{1})));
  CHECK(std::isnan(maskrcnn::clamped(nan, T{0}, T{1})));
  CHECK(maskrcnn::clamped(-infinity, T{0}, T{1}) == 0);
  CHECK(maskrcnn::clamped(infinity, T{0}, T{1}) == 1);
  CHECK(maskrcnn::clamped(T(0.5), T{0}, T{1}) == T(0.5));
}

TEST_CASE_TEMPLATE("ranks are in the order of the numbers, NaN below them", T, float, double) {
  using Limits = std::numeric_limits<T>;
  const std::vector<T> rising{
      -Limits::infinity(),  Limits::lowest(), -1,       -Limits::min(), -Limits::denorm_min(), 0,
      Limits::denorm_min(), Limits::min(),    T(0.999), T{1},           Limits::max(),         Limits::infinity()};
  for (std::size_t i = 1; i < rising.size(); ++i)
    CHECK(maskrcnn::rank_of(rising[i - 1]) < maskrcnn::rank_of(rising[i]));
  CHECK(maskrcnn::rank_of(T(-0.0)) == maskrcnn::rank_of(T{0}));
  for (const T nan : {Limits::quiet_NaN(), -Limits::quiet_NaN()})
    CHECK(maskrcnn::rank_of(nan) < maskrcnn::rank_of(-Limits::infinity()));
}
