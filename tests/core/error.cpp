#include <maskrcnn/core/error.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <locale>
#include <sstream>

#include "support.hpp"

namespace {

/// What a stream of the C locale writes: the rule for every part of a sentence.
std::string streamed(const auto& value) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << value;
  return text.str();
}

void check_part(const auto& value) {
  CAPTURE(streamed(value));
  CHECK(test::error_of([&] { maskrcnn::fail(value); }) == streamed(value));
}

/// Thousands in groups, a comma before decimals: what a host may have set for its own output.
struct Grouping : std::numpunct<char> {
  [[nodiscard]] char do_thousands_sep() const override { return '.'; }
  [[nodiscard]] char do_decimal_point() const override { return ','; }
  [[nodiscard]] std::string do_grouping() const override { return "\3"; }
};

}  // namespace

TEST_CASE("fail joins its parts into one sentence") {
  CHECK(test::error_of([] { maskrcnn::fail("weights: ", 3, " of ", 2.5, " '", std::string("x"), "'"); }) ==
        "weights: 3 of 2.5 'x'");
}

TEST_CASE("parts are written as streams write them") {
  for (const double value : {0.0, -0.0, 0.5, 1e-5, 123456.0, 1234567.0, 1.0 / 3, -2e300, 5e-324, 1e5, 999999.5})
    check_part(value);
  using Limits = std::numeric_limits<double>;
  for (const double value : {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(), Limits::max()})
    check_part(value);
  check_part(0.1F);
  check_part(std::numeric_limits<std::int64_t>::min());
  check_part(std::numeric_limits<std::uint64_t>::max());
  check_part(std::numeric_limits<int>::min());
  check_part(short{-3});
  check_part(std::uint16_t{7});
  check_part(7UL);
  check_part(true);
  check_part('x');
  check_part("literal");
  check_part(std::string("string"));
  check_part(std::string_view("view"));
}

TEST_CASE("the locale of the program changes no sentence") {
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Grouping));
  const std::string text = test::error_of([] { maskrcnn::fail(1234567, " and ", 0.5); });
  const std::string shape = maskrcnn::shape_text(std::array{1000, 2000});
  std::locale::global(before);
  CHECK(text == "1234567 and 0.5");
  CHECK(shape == "[1000,2000]");
}

TEST_CASE("shapes are written in brackets") {
  CHECK(maskrcnn::shape_text(std::array<int, 0>{}) == "[]");
  CHECK(maskrcnn::shape_text(std::vector<int>{5}) == "[5]");
  CHECK(maskrcnn::shape_text(std::vector<std::size_t>{64, 3, 7, 7}) == "[64,3,7,7]");
}
