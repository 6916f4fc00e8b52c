#include <maskrcnn/ops/resize.hpp>

#include "support.hpp"

using maskrcnn::Index;

TEST_CASE_TEMPLATE("taps stay inside and weigh one together", T, float, double) {
  for (const Index in : {1U, 2U, 3U, 7U, 30U})
    for (const Index out : {1U, 2U, 5U, 30U, 300U}) {
      const auto taps = maskrcnn::bilinear_taps<T>(in, out);
      CHECK(taps.size() == out);
      for (const auto& tap : taps) {
        CHECK(tap.low < in);
        CHECK(tap.high < in);
        CHECK(tap.high - tap.low <= 1);
        CHECK(tap.low_weight + tap.high_weight == 1);
        CHECK(tap.high_weight >= 0);
        CHECK(tap.low_weight >= 0);
      }
    }
}

TEST_CASE("equal sizes copy, double sizes interpolate at half-pixel centres") {
  for (Index i = 0; i < 5; ++i) {
    CHECK(maskrcnn::bilinear_taps<float>(5, 5)[i].low == i);
    CHECK(maskrcnn::bilinear_taps<float>(5, 5)[i].high_weight == 0);
  }
  const auto taps = maskrcnn::bilinear_taps<double>(2, 4);
  const double centres[] = {0.0, 0.25, 0.75, 1.0};
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(static_cast<double>(taps[i].low) + taps[i].high_weight * static_cast<double>(taps[i].high - taps[i].low) ==
          centres[i]);
}
