#include <maskrcnn/weights/parameters.hpp>

#include "support.hpp"

using maskrcnn::Parameters;

TEST_CASE("a place is a prefix, and values are widened") {
  const auto weights = test::conv_and_norm();
  const Parameters root(weights), conv = root / "net" / "conv";
  CHECK((root / "layer" / 3).path() == "layer.3.");
  CHECK(conv.contains("weight"));
  CHECK_FALSE(conv.contains("weights"));
  CHECK(conv.values<double>("bias", {4}) == std::vector<double>(conv.values<double>("bias", {Parameters::any})));
  CHECK(static_cast<float>(conv.values<double>("bias", {4})[3]) == conv.values<float>("bias", {4})[3]);
}

TEST_CASE("a tensor that is missing or of another shape is named, with what was expected and found") {
  const auto weights = test::conv_and_norm();
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

TEST_CASE("a tensor with what is no number is refused, whatever its type") {
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  for (const float bad : {nan, infinity, -infinity}) {
    const auto weights = test::MadeWeights().add("a", {4}, {0, 1, bad, nan}).weights();
    const std::string error = test::error_of([&] { (void)Parameters(weights).values<float>("a", {Parameters::any}); });
    CHECK(test::contains(error, "weights: 'a' has "));
    CHECK(test::contains(error, " as number 2, expected finite numbers (file made)"));
  }
  // of half precision: infinity, a NaN, and the largest number there is
  for (const auto& [bits, fine] : {std::pair{0x7C00U, false}, {0x7E00U, false}, {0x7BFFU, true}}) {
    const auto half = static_cast<std::uint16_t>(bits);
    const maskrcnn::Weights weights(
        "made", {{"a", {maskrcnn::DType::f16, "F16", {1}, reinterpret_cast<const std::byte*>(&half)}}}, {}, nullptr);
    CHECK((test::error_of([&] { (void)Parameters(weights).values<float>("a", {1}); }) == "(no error)") == fine);
  }
  const double large = 1e300;
  const maskrcnn::Weights weights(
      "made", {{"a", {maskrcnn::DType::f64, "F64", {1}, reinterpret_cast<const std::byte*>(&large)}}}, {}, nullptr);
  CHECK(Parameters(weights).values<double>("a", {1})[0] == large);
  CHECK(test::error_of([&] { (void)Parameters(weights).values<float>("a", {1}); }) ==
        "weights: 'a' has 1e+300 as number 0, expected finite numbers of the range of single precision (file made)");
}

TEST_CASE("tensors that nobody reads are found, whoever reads the others") {
  const auto weights = test::conv_and_norm();
  const Parameters root(weights), conv = root / "net" / "conv", norm = root / "net" / "norm";
  CHECK(test::error_of([&] { root.require_all_read(); }) ==
        "weights: 'net.conv.bias' of shape [4] is unknown to this model (file made)");
  (void)conv.stored("weight", {4, 2, 3, 3});
  (void)conv.values<float>("bias", {4});
  CHECK(test::contains(test::error_of([&] { root.require_all_read(); }), "'net.norm.bias' of shape [4] is unknown"));
  for (const char* const name : {"weight", "bias", "running_mean", "running_var"}) (void)norm.stored(name, {4});
  CHECK(test::error_of([&] { root.require_all_read(); }) == "(no error)");  // a counter is left, which is fine
}
