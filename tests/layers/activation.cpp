#include <maskrcnn/layers/activation.hpp>

#include "support.hpp"

using maskrcnn::Activation;

TEST_CASE_TEMPLATE("activations are torch's", T, float, double) {
  CHECK(maskrcnn::hard_sigmoid(T{-4}) == 0);
  CHECK(maskrcnn::hard_sigmoid(T{0}) == T{0.5});
  CHECK(maskrcnn::hard_sigmoid(T{5}) == 1);
  // functional.hardswish, in double
  const std::vector<double> x{-5, -3, -2.75, -1.5, -0.125, 0, 0.3, 1, 2.9, 3, 7.5};
  const std::vector<double> y{
      0, 0, -0.11458333333333333, -0.375, -0.059895833333333336, 0, 0.165, 2.0 / 3, 2.8516666666666666, 3, 7.5};
  for (std::size_t i = 0; i < x.size(); ++i) {
    CAPTURE(x[i]);
    CHECK(std::abs(static_cast<double>(maskrcnn::activated(static_cast<T>(x[i]), Activation::hard_swish)) - y[i]) <
          (std::is_same_v<T, float> ? 1e-6 : 1e-14));
    CHECK(maskrcnn::activated(static_cast<T>(x[i]), Activation::relu) == std::max(static_cast<T>(x[i]), T{0}));
    CHECK(maskrcnn::activated(static_cast<T>(x[i]), Activation::none) == static_cast<T>(x[i]));
  }
}

TEST_CASE("a whole tensor, of any size") {
  for (const maskrcnn::Index count : {1U, 16U, 17U, 32768U, 70001U})
    for (const Activation activation : {Activation::none, Activation::relu, Activation::hard_swish}) {
      auto x = test::random_tensor<float>(maskrcnn::Shape<4>{1, 1, 1, count}, 7);
      const auto before = x.clone();
      maskrcnn::activate(x, activation);
      bool same = true;
      for (maskrcnn::Index i = 0; i < count; ++i) {
        const float value = before.data()[i];
        const float expected = activation == Activation::none   ? value
                               : activation == Activation::relu ? maskrcnn::activated(value, Activation::relu)
                                                                : maskrcnn::activated(value, Activation::hard_swish);
        same = same && std::abs(x.data()[i] - expected) < 1e-6F;
      }
      CAPTURE(count);
      CHECK(same);
    }
}
