#include <maskrcnn/weights/model_config.hpp>
#include <maskrcnn/weights/naming/scheme.hpp>

#include "support.hpp"

namespace {

[[nodiscard]] const maskrcnn::NamingScheme& scheme(std::string_view name) {
  for (const auto& scheme : maskrcnn::naming_schemes())
    if (scheme.name == name) return scheme;
  FAIL("no scheme is called so");
  return maskrcnn::naming_schemes().front();
}

[[nodiscard]] maskrcnn::NamedTensors tensors(const std::vector<std::string>& names) {
  maskrcnn::NamedTensors tensors;
  for (const auto& name : names) tensors[name];
  return tensors;
}

}  // namespace

TEST_CASE("every scheme has a name and a convention of its own, and says what its files are built with") {
  std::set<std::string> names;
  for (const auto& scheme : maskrcnn::naming_schemes()) {
    CAPTURE(scheme.name);
    CHECK(names.insert(scheme.name).second);
    const auto weights = test::MadeWeights().say("convention", scheme.convention).weights();
    CHECK(&maskrcnn::family_of(weights) == &scheme);
    CHECK_NOTHROW(scheme.defaults(weights).validate("defaults"));
    // COCO's names fit COCO's box head: 80 classes, and what the family has besides them
    const std::size_t objects = scheme.coco_names().size() - (scheme.background == maskrcnn::BackgroundClass::first);
    CHECK((objects == 80 || objects == 90));
  }
}

TEST_CASE("every convention has a name of its own, and files of a scheme that is known") {
  const std::vector<std::pair<std::string, std::string>> conventions{
      {maskrcnn::Torchvision::name, maskrcnn::Torchvision::naming},
      {maskrcnn::TorchvisionRoiPool::name, maskrcnn::TorchvisionRoiPool::naming},
      {maskrcnn::TorchvisionRoiAlignMax::name, maskrcnn::TorchvisionRoiAlignMax::naming},
      {maskrcnn::Detectron2::name, maskrcnn::Detectron2::naming},
      {maskrcnn::MMDetection::name, maskrcnn::MMDetection::naming}};
  std::set<std::string> names;
  for (const auto& convention : conventions) {
    CAPTURE(convention.first);
    CHECK(names.insert(convention.first).second);
    CHECK(scheme(convention.second).name == convention.second);
  }
}

TEST_CASE("a file's scheme is recognised by the names of its tensors, torchvision's if by none") {
  const auto name = [](const std::vector<std::string>& names) { return maskrcnn::naming_of(tensors(names), {}).name; };
  CHECK(name({}) == std::string("torchvision"));
  CHECK(name({"backbone.fpn_lateral2.weight", "something"}) == std::string("torchvision"));
  CHECK(name({"backbone.body.conv1.weight", "rpn.head.conv.weight"}) == std::string("torchvision"));
  CHECK(name({"backbone.res2.weight", "proposal_generator.rpn_head.conv.weight"}) == std::string("detectron2"));
  CHECK(name({"proposal_generator.x", "rpn.x"}) == std::string("torchvision"));
  CHECK(name({"neck.x", "rpn_head.rpn_conv.weight"}) == std::string("mmdetection"));
  CHECK(name({"proposal_generators.x", "rpnx"}) == std::string("torchvision"));
}

TEST_CASE("metadata say the convention, else the tensors' names; converted files keep their family") {
  const auto made = [](const std::string& tensor) { return test::MadeWeights().add(tensor, {1}); };
  const std::string ours = "rpn.head.cls_logits.bias", theirs = "proposal_generator.rpn_head.conv.weight";
  const auto family = [](const test::MadeWeights& file) {
    const auto weights = file.weights();
    return maskrcnn::convention_of(weights) + " " + maskrcnn::family_of(weights).name;
  };
  CHECK(family(made(ours)) == "torchvision torchvision");
  CHECK(family(made(theirs)) == "detectron2 detectron2");
  CHECK(family(made(ours).say("convention", "detectron2")) == "detectron2 detectron2");
  CHECK(family(made(theirs).say("convention", "torchvision")) == "torchvision torchvision");
  CHECK(family(made(ours).say("convention", "torchvision_roi_pool")) == "torchvision_roi_pool torchvision");
  CHECK(family(made(theirs).say("convention", "nobody")) == "nobody torchvision");
}

TEST_CASE("old names of torchvision become its current ones") {
  const auto name = [](const std::string& old) { return scheme("torchvision").rename(old).value(); };
  CHECK(name("backbone.fpn.inner_blocks.0.weight") == "backbone.fpn.inner_blocks.0.0.weight");
  CHECK(name("rpn.head.conv.bias") == "rpn.head.conv.0.0.bias");
  CHECK(name("roi_heads.mask_head.mask_fcn4.bias") == "roi_heads.mask_head.3.0.bias");
  CHECK(name("roi_heads.keypoint_head.0.weight") == "roi_heads.keypoint_head.0.0.weight");
  CHECK(name("roi_heads.keypoint_head.14.bias") == "roi_heads.keypoint_head.7.0.bias");
  CHECK(name("backbone.body.block3.block3-0.proj.0.weight") ==
        "backbone.body.trunk_output.block3.block3-0.proj.0.weight");
  for (const char* kept :
       {"backbone.body.layer1.0.bn1.weight", "backbone.fpn.inner_blocks.0.0.weight", "rpn.head.conv.0.0.bias",
        "backbone.fpn.inner_blocks.10.weight", "roi_heads.mask_head.mask_fcn0.bias", "roi_heads.mask_head.0.0.weight",
        "backbone.fpn.layer_blocks.x.weight", "roi_heads.keypoint_head.99999999999999999999.weight",
        "backbone.fpn.inner_blocks.0.", "nothing", "", "roi_heads.keypoint_head.3.weight",
        "roi_heads.keypoint_head.3.0.weight", "roi_heads.keypoint_head.1000.bias", "roi_heads.keypoint_head.0.",
        "roi_heads.keypoint_predictor.kps_score_lowres.bias"}) {
    CAPTURE(kept);
    CHECK(name(kept) == kept);
  }
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
           {"backbone.bottom_up.res3.0.conv2_offset.bias", "backbone.body.layer2.0.conv2_offset.bias"},
           {"backbone.bottom_up.stem.conv.weight", "backbone.body.stem.0.weight"},
           {"backbone.bottom_up.stem.bn.running_mean", "backbone.body.stem.1.running_mean"},
           {"backbone.bottom_up.s1.b1.proj.weight", "backbone.body.trunk_output.block1.block1-0.proj.0.weight"},
           {"backbone.bottom_up.s4.b2.bn.bias", "backbone.body.trunk_output.block4.block4-1.proj.1.bias"},
           {"backbone.bottom_up.s3.b14.f.a_bn.weight", "backbone.body.trunk_output.block3.block3-13.f.a.1.weight"},
           {"backbone.bottom_up.s3.b3.f.b.weight", "backbone.body.trunk_output.block3.block3-2.f.b.0.weight"},
           {"backbone.bottom_up.s2.b1.f.se.f_ex.0.bias", "backbone.body.trunk_output.block2.block2-0.f.se.fc1.bias"},
           {"backbone.bottom_up.s2.b1.f.se.f_ex.2.weight",
            "backbone.body.trunk_output.block2.block2-0.f.se.fc2.weight"},
           {"backbone.fpn_lateral2.weight", "backbone.fpn.inner_blocks.0.0.weight"},
           {"backbone.fpn_output5.norm.weight", "backbone.fpn.layer_blocks.3.1.weight"},
           {"proposal_generator.rpn_head.conv.weight", "rpn.head.conv.0.0.weight"},
           {"proposal_generator.rpn_head.objectness_logits.bias", "rpn.head.cls_logits.bias"},
           {"proposal_generator.rpn_head.anchor_deltas.bias", "rpn.head.bbox_pred.bias"},
           {"proposal_generator.anchor_generator.cell_anchors.0", "rpn.anchor_generator.cell_anchors.0"},
           {"pixel_mean", "pixel_mean"},
           {"proposal_generator.rpn_head.conv.conv1.bias", "rpn.head.conv.1.0.bias"},
           {"roi_heads.box_head.fc2.weight", "roi_heads.box_head.fc7.weight"},
           {"roi_heads.box_head.fc3.bias", "roi_heads.box_head.fc8.bias"},
           {"roi_heads.box_head.conv1.weight", "roi_heads.box_head.0.0.weight"},
           {"roi_heads.box_head.conv4.norm.running_mean", "roi_heads.box_head.3.1.running_mean"},
           {"roi_heads.box_head.2.fc1.bias", "roi_heads.cascade.2.box_head.fc6.bias"},
           {"roi_heads.box_head.0.conv1.norm.bias", "roi_heads.cascade.0.box_head.0.1.bias"},
           {"roi_heads.box_predictor.1.cls_score.weight", "roi_heads.cascade.1.box_predictor.cls_score.weight"},
           {"sem_seg_head.p2.0.norm.weight", ""},
           {"roi_heads.box_predictor.bbox_pred.weight", "roi_heads.box_predictor.bbox_pred.weight"},
           {"roi_heads.mask_head.mask_fcn1.weight", "roi_heads.mask_head.0.0.weight"},
           {"roi_heads.mask_head.deconv.weight", "roi_heads.mask_predictor.conv5_mask.weight"},
           {"roi_heads.keypoint_head.conv_fcn8.weight", "roi_heads.keypoint_head.7.0.weight"},
           {"roi_heads.keypoint_head.score_lowres.bias", "roi_heads.keypoint_predictor.kps_score_lowres.bias"},
           {"roi_heads.mask_head.predictor.bias", "roi_heads.mask_predictor.mask_fcn_logits.bias"},
       }) {
    const std::string name = theirs;
    CAPTURE(name);
    CHECK(scheme("detectron2").rename(name) == ours);
  }
  for (const char* unknown :
       {"something.else", "backbone.res", "backbone.res9", "backbone.fpn_lateral1.weight", "backbone.s",
        "backbone.s1.b", "backbone.s1.b0.f.a.weight", "backbone.s1.b12345.f.a.weight", "backbone.s1.b1x.f.a.weight",
        "backbone.s1.b1.g.weight", "backbone.s1.b1", "backbone.s1.b1.", "roi_heads.box_head.0.0.fc1.weight",
        "roi_heads.box_head.0.nothing.weight"}) {
    CAPTURE(unknown);
    CHECK_FALSE(scheme("detectron2").rename(unknown).has_value());
  }
}

TEST_CASE("names of mmdetection become torchvision's") {
  for (const auto& [theirs, ours] : std::map<std::string, std::string>{
           {"backbone.conv1.weight", "backbone.body.conv1.weight"},
           {"backbone.bn1.running_var", "backbone.body.bn1.running_var"},
           {"backbone.gn1.weight", "backbone.body.bn1.weight"},
           {"backbone.layer1.0.downsample.1.bias", "backbone.body.layer1.0.downsample.1.bias"},
           {"backbone.layer3.22.gn3.weight", "backbone.body.layer3.22.bn3.weight"},
           {"roi_head.shared_head.layer4.2.bn1.bias", "backbone.body.layer4.2.bn1.bias"},
           {"neck.lateral_convs.0.conv.weight", "backbone.fpn.inner_blocks.0.0.weight"},
           {"neck.fpn_convs.3.bn.running_mean", "backbone.fpn.layer_blocks.3.1.running_mean"},
           {"rpn_head.rpn_conv.weight", "rpn.head.conv.0.0.weight"},
           {"rpn_head.rpn_conv.1.conv.bias", "rpn.head.conv.1.0.bias"},
           {"rpn_head.rpn_cls.bias", "rpn.head.cls_logits.bias"},
           {"rpn_head.rpn_reg.bias", "rpn.head.bbox_pred.bias"},
           {"roi_head.bbox_head.shared_fcs.0.weight", "roi_heads.box_head.fc6.weight"},
           {"roi_head.bbox_head.shared_fcs.1.bias", "roi_heads.box_head.fc7.bias"},
           {"roi_head.bbox_head.shared_convs.3.bn.bias", "roi_heads.box_head.3.1.bias"},
           {"roi_head.bbox_head.fc_cls.bias", "roi_heads.box_predictor.cls_score.bias"},
           {"roi_head.bbox_head.fc_reg.weight", "roi_heads.box_predictor.bbox_pred.weight"},
           {"roi_head.mask_head.convs.0.conv.weight", "roi_heads.mask_head.0.0.weight"},
           {"roi_head.mask_head.convs.2.gn.weight", "roi_heads.mask_head.2.1.weight"},
           {"roi_head.mask_head.upsample.weight", "roi_heads.mask_predictor.conv5_mask.weight"},
           {"roi_head.mask_head.conv_logits.bias", "roi_heads.mask_predictor.mask_fcn_logits.bias"},
           {"roi_head.bbox_head.2.fc_reg.bias", "roi_heads.cascade.2.box_predictor.bbox_pred.bias"},
           {"roi_head.bbox_head.0.shared_fcs.1.bias", "roi_heads.cascade.0.box_head.fc7.bias"},
           {"roi_head.mask_head.1.convs.3.conv.bias", "roi_heads.cascade.1.mask_head.3.0.bias"},
           {"roi_head.mask_head.1.upsample.bias", "roi_heads.cascade.1.mask_predictor.conv5_mask.bias"},
       }) {
    const std::string name = theirs;
    CAPTURE(name);
    CHECK(scheme("mmdetection").rename(name) == ours);
  }
  for (const char* unknown :
       {"something.else", "backbone.stem.0.weight", "neck.fpn_convs.x.conv.weight", "bbox_head.fc_cls.weight",
        "roi_head.bbox_head.shared_fcs.2.weight", "roi_head.shared_head.layer3.0.conv1.weight",
        "roi_head.mask_head.1.conv_res.conv.weight", "rpn_head.", "roi_head.bbox_head.1."}) {
    CAPTURE(unknown);
    CHECK_FALSE(scheme("mmdetection").rename(unknown).has_value());
  }
}
