#include <maskrcnn/ops/conv_transpose2d.hpp>

#include "support.hpp"

using maskrcnn::ConvTranspose2x2;

TEST_CASE_TEMPLATE("transposed convolutions are torch's, on every kernel", T, float, double) {
  const test::Golden golden("conv_transpose2d");
  for (const auto* kernel : maskrcnn::kernels::available_kernels<T>())
    for (const std::string name : {"case0", "case1", "case2"}) {
      const auto shape = golden.shape(name + ".weight");
      const ConvTranspose2x2<T> conv(shape[0], shape[1], golden.values<T>(name + ".weight"),
                                     golden.values<T>(name + ".bias"), golden.values<int>(name + ".geometry")[0] != 0,
                                     *kernel);
      const auto output = conv(golden.tensor<T>(name + ".input"));
      const auto expected = golden.tensor<T>(name + ".output");
      CAPTURE(name);
      CHECK(output.shape() == expected.shape());
      CHECK(test::difference(output.elements(), expected.elements()) < test::tolerance<T>);
    }
}

TEST_CASE("a transposed convolution refuses what does not fit") {
  CHECK(test::error_of([] { ConvTranspose2x2<float>(2, 3, std::vector<float>(23), std::vector<float>(3), false); }) ==
        "conv_transpose2x2: expected 24 weights and 3 biases, found 23 and 3");
  const ConvTranspose2x2<float> conv(2, 3, std::vector<float>(24), std::vector<float>(3), false);
  CHECK(test::contains(test::error_of([&] {
                         (void)conv(maskrcnn::Tensor<float, 4>({1, 2, 2, 5}));
                       }),
                       "expected 2 channels in and 3 out"));
}
