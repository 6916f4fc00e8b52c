#include <maskrcnn/weights/parameters.hpp>

#include "support.hpp"

using maskrcnn::Parameters;

namespace {

[[nodiscard]] maskrcnn::Weights small() {
  return test::MadeWeights()
      .add_random("net.conv.weight", {4, 2, 3, 3}, 1)
      .add_random("net.conv.bias", {4}, 2)
      .add("net.norm.weight", {4}, {1, 2, 3, 4})
      .add("net.norm.bias", {4}, {0.1F, 0.2F, 0.3F, 0.4F})
      .add("net.norm.running_mean", {4}, {1, -1, 0.5F, 0})
      .add("net.norm.running_var", {4}, {1, 4, 0.25F, 2})
      .add("net.norm.num_batches_tracked", {1})
      .weights();
}

}  // namespace

TEST_CASE("a place is a prefix, and values are widened") {
  const auto weights = small();
  const Parameters root(weights), conv = root / "net" / "conv";
  CHECK((root / "layer" / 3).path() == "layer.3.");
  CHECK(conv.contains("weight"));
  CHECK_FALSE(conv.contains("weights"));
  CHECK(conv.values<double>("bias", {4}) == std::vector<double>(conv.values<double>("bias", {Parameters::any})));
  CHECK(static_cast<float>(conv.values<double>("bias", {4})[3]) == conv.values<float>("bias", {4})[3]);
}

TEST_CASE("a tensor that is missing or of another shape is named, with what was expected and found") {
  const auto weights = small();
  const Parameters conv = Parameters(weights) / "net" / "conv";
  CHECK(test::error_of([&] {
          (void)conv.stored("scale", {4, Parameters::any});
        }) == "weights: 'net.conv.scale' is missing, expected shape [4,any] (file made)");
  CHECK(test::error_of([&] {
          (void)conv.stored("weight", {4, 2, 1, 1});
        }) == "weights: 'net.conv.weight' has shape [4,2,3,3], expected [4,2,1,1] (file made)");
  CHECK(test::error_of([&] {
          (void)conv.stored("weight", {Parameters::any, 8});
        }) == "weights: 'net.conv.weight' has shape [4,2,3,3], expected [any,8] (file made)");
  CHECK(test::error_of([&] { (void)conv.values<float>("bias", {}); }) ==
        "weights: 'net.conv.bias' has shape [4], expected [] (file made)");
}

TEST_CASE("tensors that nobody reads are found, whoever reads the others") {
  const auto weights = small();
  const Parameters root(weights);
  CHECK(test::error_of([&] { root.require_all_read(); }) ==
        "weights: 'net.conv.bias' of shape [4] is unknown to this model (file made)");
  auto conv = read_conv<float>(root / "net" / "conv", {.kernel = 3});
  CHECK(test::contains(test::error_of([&] { root.require_all_read(); }), "'net.norm.bias' of shape [4] is unknown"));
  fold_batch_norm(conv, root / "net" / "norm", 0.0);
  CHECK(test::error_of([&] { root.require_all_read(); }) == "(no error)");  // a counter is left, which is fine
}

TEST_CASE_TEMPLATE("a folded batch norm is the convolution and then the norm", T, float, double) {
  const auto weights = small();
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
