#include <maskrcnn/core/number_text.hpp>

#include <array>
#include <cstdio>
#include <limits>

#include "support.hpp"

using maskrcnn::decimals;

TEST_CASE("decimals are printf's, digit by digit") {
  std::vector<double> values{0,     -0.0, 0.5,  1.5,   2.5,   0.125, 0.375,   0.0005,  0.99995, 0.9995,
                             999.5, 1e15, 1e22, -1e-9, 1e300, 0.05,  1.0 / 3, 2.0 / 3, 1e-320,  123456.789};
  for (const double value : test::random_numbers<double>(500, 1)) values.push_back(value);
  for (int i = 0; i <= 1000; ++i) values.push_back(i / 1000.0);
  for (const double value : values)
    for (int digits = 0; digits <= 6; ++digits) {
      std::array<char, 400> expected{};
      (void)std::snprintf(expected.data(), expected.size(), "%.*f", digits, value);
      CHECK(decimals(value, digits) == expected.data());
    }
  CHECK(decimals(-std::numeric_limits<double>::max(), 20).size() == 1 + 309 + 1 + 20);
}

TEST_CASE("a text is a number if all of it is") {
  using maskrcnn::number_in;
  CHECK(number_in("12.5") == 12.5);
  CHECK(number_in("-1e3") == -1000);
  CHECK(number_in("inf") == std::numeric_limits<double>::infinity());
  for (const char* const none : {"", " 1", "1 ", "1,5", "+1", "1e999", "0x10", "one", "1.5.2"})
    CHECK_FALSE(number_in(none).has_value());
}
