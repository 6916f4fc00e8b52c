#include <maskrcnn/weights/weights.hpp>

#include "support.hpp"

TEST_CASE("old names of official files become the current ones") {
  test::MadeWeights made;
  for (const char* name :
       {"backbone.fpn.inner_blocks.3.weight", "backbone.fpn.layer_blocks.0.bias", "rpn.head.conv.weight",
        "roi_heads.mask_head.mask_fcn1.weight", "roi_heads.mask_head.mask_fcn4.bias", "rpn.head.cls_logits.weight",
        "backbone.body.layer1.0.conv1.weight", "roi_heads.mask_head.2.0.weight",
        "backbone.fpn.inner_blocks.1.0.weight"})
    made.add(name, {1});
  const auto weights = made.weights();
  for (const char* name : {"backbone.fpn.inner_blocks.3.0.weight", "backbone.fpn.layer_blocks.0.0.bias",
                           "rpn.head.conv.0.0.weight", "roi_heads.mask_head.0.0.weight", "roi_heads.mask_head.3.0.bias",
                           "rpn.head.cls_logits.weight", "backbone.body.layer1.0.conv1.weight",
                           "roi_heads.mask_head.2.0.weight", "backbone.fpn.inner_blocks.1.0.weight"}) {
    CAPTURE(name);
    CHECK(weights.find(name) != nullptr);
  }
  CHECK(weights.tensors().size() == 9);
}

TEST_CASE("a tensor under its old and its new name is an error") {
  test::MadeWeights made;
  made.add("rpn.head.conv.weight", {1}, {1}).add("rpn.head.conv.0.0.weight", {1}, {2});
  CHECK(test::contains(test::error_of([&] { (void)made.weights(); }),
                       "is there under its old and its new name (file made)"));
}

TEST_CASE("metadata is there or not") {
  const auto weights = test::MadeWeights().say("key", "value").weights();
  CHECK(weights.metadata("key") == "value");
  CHECK_FALSE(weights.metadata("other").has_value());
  CHECK(weights.find("nothing") == nullptr);
}

TEST_CASE("weights keep the memory behind them") {
  maskrcnn::Weights copy = [] { return test::MadeWeights().add("a", {2}, {1.5F, 2.5F}).weights(); }();
  CHECK(copy.find("a")->element<double>(1) == 2.5);
}

TEST_CASE("metadata can be replaced, key by key; tensors and who named them stay") {
  const auto file = test::MadeWeights()
                        .add("proposal_generator.rpn_head.conv.weight", {1})
                        .say("min_size", "320")
                        .say("max_size", "640")
                        .weights();
  REQUIRE(file.naming().name == std::string("detectron2"));
  const auto changed = file.with_metadata({{"min_size", "400"}, {"mask_thresh", "0.4"}});
  CHECK(changed.metadata() ==
        maskrcnn::Weights::Metadata{{"mask_thresh", "0.4"}, {"max_size", "640"}, {"min_size", "400"}});
  CHECK(&changed.naming() == &file.naming());
  CHECK(changed.tensors().size() == 1);
  CHECK(file.metadata("min_size") == "320");
}
