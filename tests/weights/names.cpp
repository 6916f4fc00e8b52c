#include <maskrcnn/weights/names.hpp>

#include "support.hpp"

using maskrcnn::current_name;
using maskrcnn::Naming;

TEST_CASE("old names of torchvision become its current ones") {
  const auto name = [](const std::string& old) { return current_name(old, Naming::torchvision); };
  CHECK(name("backbone.fpn.inner_blocks.0.weight") == "backbone.fpn.inner_blocks.0.0.weight");
  CHECK(name("rpn.head.conv.bias") == "rpn.head.conv.0.0.bias");
  CHECK(name("roi_heads.mask_head.mask_fcn4.bias") == "roi_heads.mask_head.3.0.bias");
  CHECK(name("backbone.body.layer1.0.bn1.weight") == "backbone.body.layer1.0.bn1.weight");
}

TEST_CASE("names of detectron2 become torchvision's") {
  for (const auto& [theirs, ours] : std::map<std::string, std::string>{
           {"backbone.bottom_up.stem.conv1.weight", "backbone.body.conv1.weight"},
           {"backbone.bottom_up.stem.conv1.norm.running_var", "backbone.body.bn1.running_var"},
           {"backbone.bottom_up.res2.0.shortcut.weight", "backbone.body.layer1.0.downsample.0.weight"},
           {"backbone.bottom_up.res2.0.shortcut.norm.bias", "backbone.body.layer1.0.downsample.1.bias"},
           {"backbone.bottom_up.res4.22.conv3.norm.weight", "backbone.body.layer3.22.bn3.weight"},
           {"backbone.res5.1.conv2.weight", "backbone.body.layer4.1.conv2.weight"},
           {"roi_heads.res5.2.conv1.norm.bias", "backbone.body.layer4.2.bn1.bias"},
           {"backbone.fpn_lateral2.weight", "backbone.fpn.inner_blocks.0.0.weight"},
           {"backbone.fpn_output5.norm.weight", "backbone.fpn.layer_blocks.3.1.weight"},
           {"proposal_generator.rpn_head.conv.weight", "rpn.head.conv.0.0.weight"},
           {"proposal_generator.rpn_head.objectness_logits.bias", "rpn.head.cls_logits.bias"},
           {"proposal_generator.rpn_head.anchor_deltas.bias", "rpn.head.bbox_pred.bias"},
           {"proposal_generator.anchor_generator.cell_anchors.0", ""},
           {"pixel_mean", ""},
           {"roi_heads.box_head.fc2.weight", "roi_heads.box_head.fc7.weight"},
           {"roi_heads.box_predictor.bbox_pred.weight", "roi_heads.box_predictor.bbox_pred.weight"},
           {"roi_heads.mask_head.mask_fcn1.weight", "roi_heads.mask_head.0.0.weight"},
           {"roi_heads.mask_head.deconv.weight", "roi_heads.mask_predictor.conv5_mask.weight"},
           {"roi_heads.mask_head.predictor.bias", "roi_heads.mask_predictor.mask_fcn_logits.bias"},
           {"something.else", "something.else"},
           {"backbone.res", "backbone.res"},
           {"backbone.res9", "backbone.res9"},
       }) {
    const std::string name = theirs;
    CAPTURE(name);
    CHECK(current_name(name, Naming::detectron2) == ours);
  }
}
