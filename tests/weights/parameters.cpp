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
