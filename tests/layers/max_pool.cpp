#include <maskrcnn/layers/max_pool.hpp>

#include "support.hpp"

using maskrcnn::Index;

TEST_CASE_TEMPLATE("max pooling is torch's", T, float, double) {
  const test::Golden golden("max_pool");
  for (const std::string name : {"case0", "case1", "case2", "case3"}) {
    const auto geometry = golden.values<Index>(name + ".geometry");
    const auto output = maskrcnn::max_pool(golden.tensor<T>(name + ".input"),
                                           {.size = geometry[0], .stride = geometry[1], .padding = geometry[2]});
    const auto expected = golden.tensor<T>(name + ".output");
    CAPTURE(name);
    CHECK(output.shape() == expected.shape());
    CHECK(test::difference(output.elements(), expected.elements()) == 0);
  }
}

TEST_CASE("a window that does not meet the input is refused") {
  const maskrcnn::Tensor<float, 4> input({1, 2, 2, 1});
  CHECK(test::contains(test::error_of([&] { (void)maskrcnn::max_pool(input, {.size = 3, .stride = 1}); }),
                       "max_pool: expected a window that meets the input, found size 3, padding 0 on shape [1,2,2,1]"));
}
