#include <maskrcnn/layers/read_layers.hpp>

#include "support.hpp"

using maskrcnn::Parameters;

TEST_CASE_TEMPLATE("a folded batch norm is the convolution and then the norm", T, float, double) {
  const auto weights = test::conv_and_norm();
  const Parameters net = Parameters(weights) / "net";
  auto conv = maskrcnn::read_conv<T>(net / "conv", {.out = 4, .in = 2, .kernel = 3});
  const auto plain = conv;
  constexpr double epsilon = 1e-3;
  fold_batch_norm(conv, net / "norm", epsilon);
  const double scale = 2 / std::sqrt(4 + epsilon);  // channel 1: weight 2, variance 4, mean -1, bias 0.2
  for (std::size_t i = 18; i < 36; ++i)
    CHECK(conv.kernel[i] == doctest::Approx(static_cast<double>(plain.kernel[i]) * scale));
  CHECK(conv.bias[1] == doctest::Approx(0.2 + (static_cast<double>(plain.bias[1]) + 1) * scale));
}

TEST_CASE("a variance that leaves no scale is an error") {
  auto made = test::MadeWeights()
                  .add("n.weight", {1}, {1})
                  .add("n.bias", {1})
                  .add("n.running_mean", {1})
                  .add("n.running_var", {1}, {0});
  const auto weights = made.weights();
  maskrcnn::ConvWeights<float> conv{.kernel = {1}, .bias = {}, .out = 1, .in = 1};
  CHECK(test::error_of([&] { fold_batch_norm(conv, Parameters(weights) / "n", 0.0); }) ==
        "weights: batch norm 'n.' has variance 0 + epsilon 0 in channel 0, expected a positive sum");
  CHECK(test::error_of([&] { fold_batch_norm(conv, Parameters(weights) / "n", 1e-5); }) == "(no error)");
}
