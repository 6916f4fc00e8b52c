#include <maskrcnn/core/error.hpp>

#include <array>

#include "support.hpp"

TEST_CASE("fail joins its parts into one sentence") {
  CHECK(test::error_of([] { maskrcnn::fail("weights: ", 3, " of ", 2.5, " '", std::string("x"), "'"); }) ==
        "weights: 3 of 2.5 'x'");
}

TEST_CASE("shapes are written in brackets") {
  CHECK(maskrcnn::shape_text(std::array<int, 0>{}) == "[]");
  CHECK(maskrcnn::shape_text(std::vector<int>{5}) == "[5]");
  CHECK(maskrcnn::shape_text(std::vector<std::size_t>{64, 3, 7, 7}) == "[64,3,7,7]");
}
