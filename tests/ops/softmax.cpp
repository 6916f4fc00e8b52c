#include <maskrcnn/ops/softmax.hpp>

#include "support.hpp"

TEST_CASE_TEMPLATE("softmax sums to one, whatever the size of the logits", T, float, double) {
  for (const T offset : {T(0), T(1000), T(-1000)}) {
    std::vector<T> values{offset + 1, offset + 2, offset + 3};
    maskrcnn::softmax(std::span(values));
    CHECK(values[0] == doctest::Approx(0.09003057));
    CHECK(values[1] == doctest::Approx(0.24472847));
    CHECK(values[2] == doctest::Approx(0.66524096));
  }
  std::vector<T> apart{0, 2000}, none;
  maskrcnn::softmax(std::span(apart));
  CHECK(apart == std::vector<T>{0, 1});
  maskrcnn::softmax(std::span(none));
}

TEST_CASE_TEMPLATE("sigmoid saturates without overflow", T, float, double) {
  CHECK(maskrcnn::sigmoid(T{0}) == T(0.5));
  CHECK(maskrcnn::sigmoid(T{1}) == doctest::Approx(0.7310585786));
  CHECK(maskrcnn::sigmoid(T{1000}) == 1);
  CHECK(maskrcnn::sigmoid(T{-1000}) == 0);
}
