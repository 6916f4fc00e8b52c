#include <maskrcnn/layers/linear.hpp>

#include "support.hpp"

using maskrcnn::Activation;
using maskrcnn::Linear;

TEST_CASE_TEMPLATE("fully connected layers are torch's, on every kernel", T, float, double) {
  const test::Golden golden("linear");
  for (const auto* kernel : maskrcnn::kernels::available_kernels<T>())
    for (const std::string name : {"case0", "case1", "case2"}) {
      const auto shape = golden.shape(name + ".weight");
      const bool relu = golden.values<int>(name + ".geometry")[0] != 0;
      const Linear<T> layer({.weight = golden.values<T>(name + ".weight"),
                             .bias = golden.values<T>(name + ".bias"),
                             .out = shape[0],
                             .in = shape[1]},
                            relu ? Activation::relu : Activation::none, *kernel);
      maskrcnn::Tensor<T, 2> input({golden.shape(name + ".input")[0], shape[1]});
      const auto values = golden.values<T>(name + ".input");
      std::copy(values.begin(), values.end(), input.data());
      CAPTURE(name);
      CHECK(layer.in_features() == shape[1]);
      CHECK(layer.out_features() == shape[0]);
      CHECK(test::difference(layer(input).elements(), golden.values<T>(name + ".output")) < test::tolerance<T>);
    }
}

TEST_CASE("dimensions after the first count as one") {
  const Linear<float> layer({.weight = std::vector<float>(24, 1), .bias = {0, 1}, .out = 2, .in = 12});
  maskrcnn::Tensor<float, 4> input({3, 2, 2, 3});
  input.fill(2);
  const auto output = layer(input);
  CHECK(output.shape() == maskrcnn::Shape<2>{3, 2});
  CHECK(output(2, 0) == 24);
  CHECK(output(2, 1) == 25);
}

TEST_CASE("a fully connected layer refuses what does not fit") {
  CHECK(test::error_of([] {
          Linear<float>({.weight = std::vector<float>(6), .bias = std::vector<float>(2), .out = 3, .in = 2});
        }) == "linear: expected 6 weights and 3 biases, found 6 and 2");
  const Linear<float> layer({.weight = std::vector<float>(6), .bias = std::vector<float>(3), .out = 3, .in = 2});
  CHECK(test::error_of([&] {
          (void)layer(maskrcnn::Tensor<float, 2>({4, 3}));
        }) == "linear: expected 2 features a row, found shape [4,3]");
}
