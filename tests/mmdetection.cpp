// Whole networks by mmdetection's convention: slim models in files as mmdetection saves them, against mmdetection
// itself.

#include <maskrcnn/maskrcnn.hpp>
#include <maskrcnn/model/any_model.hpp>
#include <maskrcnn/model/architecture.hpp>
#include <maskrcnn/ops/box_coder.hpp>
#include <maskrcnn/weights/checkpoint_meta.hpp>
#include <type_traits>

#include "golden_detections.hpp"
#include "golden_steps.hpp"
#include "support.hpp"

using maskrcnn::BottleneckC4;
using maskrcnn::BottleneckDc5;
using maskrcnn::BottleneckFpn;
using maskrcnn::ChannelOrder;
using maskrcnn::FasterRCNN;
using maskrcnn::MaskRCNN;
using maskrcnn::MMDetection;
using maskrcnn::ModelConfig;
using maskrcnn::ResNetFpn;
using maskrcnn::ResNetSpec;

namespace {

[[nodiscard]] maskrcnn::Weights weights_of(const std::string& name) {
  const auto weights = maskrcnn::load_weights(MASKRCNN_GOLDEN_DIR "/mmdetection_" + name + ".pth");
  CHECK(weights.naming().name == std::string("mmdetection"));
  return weights;
}

/// A model of `T` on the image of a golden file, loaded without a word.
template <template <maskrcnn::Backbone, maskrcnn::Convention> class Structure, maskrcnn::Backbone Backbone>
void compare(const std::string& name) {
  using T = typename Backbone::Scalar;
  constexpr bool exact = std::is_same_v<T, double>;
  CAPTURE(name);
  const test::Golden golden("mmdetection_" + name);
  const Structure<Backbone, MMDetection> model(weights_of(name));
  CHECK(model.config().notes.empty());
  test::check_detections(golden, exact ? "double" : "float", model(golden.image("case.image")),
                         {.pixels = exact ? 1e-4 : 1e-2, .score = exact ? 1e-5 : 1e-4, .mask_pixels = exact ? 0U : 2U});
}

constexpr ResNetSpec bottleneck{.block = maskrcnn::ResidualBlock::bottleneck};
using DoubleFpn = ResNetFpn<double, bottleneck>;

}  // namespace

TEST_CASE("mmdetection's models with a pyramid are found again, pytorch and caffe style, version 3 and 2") {
  for (const char* name : {"fpn", "caffe"}) {
    compare<MaskRCNN, BottleneckFpn>(name);
    compare<MaskRCNN, DoubleFpn>(name);
  }
}

TEST_CASE("mmdetection's cascades average logits of boxes, and masks of three heads") {
  compare<maskrcnn::CascadeMaskRCNN, BottleneckFpn>("cascade");
  compare<maskrcnn::CascadeMaskRCNN, DoubleFpn>("cascade");
}

TEST_CASE("mmdetection's ResNeXt reads BGR where its configuration says so") {
  compare<MaskRCNN, BottleneckFpn>("resnext");
  compare<MaskRCNN, DoubleFpn>("resnext");
}

TEST_CASE("mmdetection's Faster R-CNN without a pyramid: dilated C5, and C4") {
  compare<FasterRCNN, BottleneckDc5>("dc5");
  compare<FasterRCNN, BottleneckC4>("c4");
}

TEST_CASE("mmdetection's towers: convolutions and norms in every head") {
  compare<MaskRCNN, BottleneckFpn>("towers");
  compare<MaskRCNN, DoubleFpn>("towers");
}

TEST_CASE("files of mmdetection are loaded without being told what they are") {
  for (const auto& [file, architecture] :
       std::map<std::string, std::string>{{"fpn", "mask_rcnn_resnet50_fpn"},
                                          {"caffe", "mask_rcnn_resnet50_fpn"},
                                          {"cascade", "cascade_mask_rcnn_resnet50_fpn"},
                                          {"dc5", "faster_rcnn_resnet50_dc5"},
                                          {"c4", "faster_rcnn_resnet50_c4"}}) {
    const std::string name = file;
    CAPTURE(name);
    const auto model = maskrcnn::load_model(MASKRCNN_GOLDEN_DIR "/mmdetection_" + name + ".pth");
    CHECK(model.architecture().name() == architecture);
    CHECK(model.architecture().convention == "mmdetection");
  }
}

TEST_CASE("facts of an mmdetection model are those of its file") {
  const auto fpn = ModelConfig::from(weights_of("fpn"));
  CHECK(fpn.channel_order == ChannelOrder::rgb);
  CHECK(fpn.image_mean == std::array<double, 3>{123.675, 116.28, 103.53});
  CHECK(fpn.image_std == std::array<double, 3>{58.395, 57.12, 57.375});
  CHECK(fpn.bottleneck_stride == maskrcnn::BottleneckStride::in_3x3);
  CHECK(fpn.min_size == 128);
  CHECK(fpn.max_size == 200);
  CHECK(fpn.rpn_pre_nms_top_n == 200);
  CHECK(fpn.rpn_post_nms_top_n == 120);
  CHECK(fpn.max_detections == 40);
  CHECK(fpn.anchor_sizes == std::vector<std::vector<double>>{{12}, {24}, {48}, {96}, {192}});
  CHECK(fpn.class_names == std::vector<std::string>{"thing 0", "thing 1", "thing 2", "thing 3"});
  const auto caffe = ModelConfig::from(weights_of("caffe"));
  CHECK(caffe.channel_order == ChannelOrder::bgr);
  CHECK(caffe.image_std == std::array<double, 3>{1, 1, 1});
  CHECK(caffe.bottleneck_stride == maskrcnn::BottleneckStride::in_1x1);
  CHECK(caffe.min_size == 128);
  CHECK(ModelConfig::from(weights_of("dc5")).anchor_sizes == std::vector<std::vector<double>>{{32, 64, 128, 256, 512}});
}

namespace {

/// A file of mmdetection's names and, if there is one, a configuration.
[[nodiscard]] test::MadeWeights made(const std::string& config = "") {
  test::MadeWeights file;
  file.add("rpn_head.rpn_conv.weight", {1}).add("neck.lateral_convs.0.conv.weight", {1});
  if (!config.empty()) file.say(maskrcnn::checkpoint_meta::config_key, config);
  return file;
}

[[nodiscard]] std::string repeated(std::string_view part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += part;
  return text;
}

[[nodiscard]] ModelConfig config_of(const std::string& text) { return ModelConfig::from(made(text).weights()); }
[[nodiscard]] std::string error_of(const std::string& text) {
  return test::error_of([&] { (void)config_of(text); });
}

}  // namespace

TEST_CASE("without a configuration, the style of an mmdetection file is assumed, and said") {
  const auto from = [](const std::string& path) {
    const auto weights = made().weights();
    return ModelConfig::from({path, {{"rpn_head.x", {}}}, {}, nullptr});
  };
  const auto plain = from("mask_rcnn_r50_fpn_1x_coco_20200205-d4b0c5d6.pth");
  REQUIRE(plain.notes.size() == 1);
  CHECK(test::contains(plain.notes[0], "'pytorch' style is assumed"));
  CHECK(plain.image_std == std::array<double, 3>{58.395, 57.12, 57.375});
  const auto caffe = from("/caffe/mask_rcnn_r50_caffe_fpn_1x.pth");
  REQUIRE(caffe.notes.size() == 1);
  CHECK(test::contains(caffe.notes[0], "'caffe' style"));
  CHECK(caffe.channel_order == ChannelOrder::bgr);
  CHECK(from("/caffe/mask_rcnn_r50.pth").channel_order != ChannelOrder::bgr);  // the name of the file, not of a folder
  // a file that says its own pixels needs no word
  CHECK(ModelConfig::from(made().say("image_mean", "[1, 2, 3]").say("image_std", "[1, 1, 1]").weights()).notes.empty());
}

TEST_CASE("configurations of both versions are read, and what they ask for beyond a model's means is refused") {
  const auto engine = config_of(
      "model = dict(\n    backbone=dict(\n        style='caffe',\n        type='ResNet'),\n"
      "    data_preprocessor=dict(\n        mean=[\n            1.5,\n            2,\n            3,\n        ], "
      "std=[4, 5, 6]),\n"
      "    test_cfg=dict(rcnn=dict(score_thr=0.25, nms=dict(iou_threshold=0.4, type='nms'), max_per_img=7),\n"
      "        rpn=dict(nms_pre=50, max_per_img=60, nms=dict(type='nms', iou_threshold=0.65))))\n"
      "train_pipeline = [dict(type='Resize', scale=(1, 2))]\n"
      "test_pipeline = [dict(keep_ratio=True, scale=(\n        1000,\n        600,\n    ), type='Resize')]\n"
      "test_cfg = dict(type='TestLoop')\n");
  CHECK(engine.notes.empty());
  CHECK(engine.image_mean == std::array<double, 3>{1.5, 2, 3});
  CHECK(engine.channel_order == ChannelOrder::bgr);  // as it is where bgr_to_rgb is not said
  CHECK(engine.box_score_threshold == 0.25);
  CHECK(engine.box_nms_threshold == 0.4);
  CHECK(engine.rpn_nms_threshold == 0.65);
  CHECK(engine.rpn_post_nms_top_n == 60);
  CHECK(engine.max_detections == 7);
  CHECK((engine.min_size == 600 && engine.max_size == 1000));

  const std::string early =
      "model = dict(type='MaskRCNN', backbone=dict(type='ResNet', style=\"pytorch\"))  # a comment, style='caffe'\n"
      "img_norm_cfg = dict(mean=[3, 2, 1], std=[1, 1, 1], to_rgb=True)\n"
      "test_cfg = dict(rpn=dict(nms_pre=9, max_num=8, nms_thr=0.6), rcnn=dict(nms=dict(type='nms', iou_thr=0.3)))\n";
  const auto mmcv = config_of(early + "test_pipeline = [dict(type='MultiScaleFlipAug', img_scale=(1333, 800))]\n");
  CHECK(mmcv.notes.empty());
  CHECK(mmcv.channel_order == ChannelOrder::rgb);
  CHECK(mmcv.bottleneck_stride == maskrcnn::BottleneckStride::in_3x3);
  CHECK((mmcv.rpn_pre_nms_top_n == 9 && mmcv.rpn_post_nms_top_n == 8 && mmcv.rpn_nms_threshold == 0.6));
  CHECK(mmcv.box_nms_threshold == 0.3);

  // as the first files of version 2 have it: the texts of files, those that others derive from before them
  const auto derived =
      config_of("/configs/base.py\n" + early +
                "\n/configs/caffe.py\n_base_ = './base.py'\n"
                "model = dict(pretrained='open-mmlab://resnet50_caffe', backbone=dict(style='caffe'))\n"
                "img_norm_cfg = dict(mean=[5, 6, 7], std=[1.0, 1.0, 1.0], to_rgb=False)\n"
                "test_pipeline = [dict(type='Normalize', **img_norm_cfg)]\n"
                "test_cfg = dict(rcnn=dict(_delete_=True, max_per_img=3), rpn=dict(nms_thr=0.5))\n");
  CHECK(derived.notes.empty());
  CHECK(derived.bottleneck_stride == maskrcnn::BottleneckStride::in_1x1);
  CHECK(derived.channel_order == ChannelOrder::bgr);
  CHECK(derived.image_mean == std::array<double, 3>{5, 6, 7});
  CHECK((derived.rpn_pre_nms_top_n == 9 && derived.rpn_nms_threshold == 0.5));
  CHECK((derived.max_detections == 3 && derived.box_nms_threshold == 0.5));

  CHECK(error_of(early + "test_cfg = dict(rcnn=dict(nms=dict(type='soft_nms')), rpn=dict())\n") ==
        "weights: mmdetection's configuration in the file says type = soft_nms, expected nms (file made)");
  for (const auto& [text, expected] : std::map<std::string, std::string>{
           {"backbone=dict(style='tf')", "pytorch or caffe"},
           {"backbone=dict(strides=(1, 2, 2, 1))", "below a pyramid"},
           {"backbone=dict(conv_cfg=dict(type='ConvWS'))", "Conv2d or Conv"},
           {"neck=dict(type='PAFPN')", "FPN"},
           {"rpn_head=dict(anchor_generator=dict(type='LegacyAnchorGenerator'))", "AnchorGenerator"},
           {"rpn_head=dict(anchor_generator=dict(scales=[8], ratios=[1.0], strides=[8, 16]))", "4, 8, 16, 32, 64"},
           {"rpn_head=dict(bbox_coder=dict(target_stds=[1, 1, 2, 2]))", "stds of 1"},
           {"roi_head=dict(type='GridRoIHead')", "StandardRoIHead"},
           {"roi_head=dict(bbox_head=dict(bbox_coder=dict(target_stds=[0.05, 0.05, 0.1, 0.1])))", "0.1, 0.1, 0.2, 0.2"},
           {"roi_head=dict(bbox_head=[dict(bbox_coder=dict(target_stds=[0.1, 0.1, 0.2, 0.2])), "
            "dict(bbox_coder=dict(target_stds=[0.1, 0.1, 0.2, 0.2]))])",
            "0.05, 0.05, 0.1, 0.1 in a second stage"},
           {"roi_head=dict(bbox_head=dict(loss_cls=dict(use_sigmoid=True)))", "False"},
           {"roi_head=dict(bbox_head=dict(cls_predictor_cfg=dict(type='NormedLinear')))", "Linear"},
           {"roi_head=dict(mask_roi_extractor=dict(roi_layer=dict(type='RoIPool')))", "RoIAlign"},
       }) {
    const std::string model = text;
    CAPTURE(model);
    const std::string error = error_of("model = dict(" + model + ")\n");
    CHECK(test::contains(error, "weights: mmdetection's configuration in the file says "));
    CHECK(test::contains(error, expected));
  }
  CHECK(test::contains(error_of(early + "test_pipeline = [dict(type='Resize', keep_ratio=False)]\n"), "keep_ratio"));
}

TEST_CASE("what a configuration says in no plain way is noted and not guessed") {
  const auto notes_of = [](const std::string& text) {
    std::string notes;
    for (const std::string& note : config_of(text).notes) notes += note + "\n";
    return notes;
  };
  CHECK(test::contains(notes_of("model = dict(test_cfg=dict(rcnn=dict(score_thr=one / 3)))"),
                       "says score_thr = one / 3, which is no plain value and was not read"));
  CHECK(test::contains(notes_of("model = dict()"), "does not say the backbone's style"));
  CHECK(test::contains(notes_of("model = dict()"), "does not say all of mean, std and to_rgb"));
  CHECK(test::contains(notes_of("model = dict(roi_head=dict(bbox_roi_extractor=dict(roi_layer=dict(sample_num=2))))"),
                       "sample_num = 2"));
  // numbers that make no sense are errors, as those of metadata are
  CHECK(test::contains(error_of("test_pipeline = [dict(scale=(0, 5))]"), "expected min_size from 1 to 16384, found 0"));
  // hostile texts end, and say nothing
  for (const std::string& hostile :
       {std::string(100000, '('), std::string(100000, ')'), std::string("model = dict('"), std::string("model = '''"),
        std::string("model = "), std::string("model = dict("), std::string("= = = : : :"), repeated("model=", 200000),
        "model = dict(" + repeated("conv_cfg=", 100000), std::string(1, '\0'),
        "model = dict(test_cfg=" + std::string(5000, '[') + ")", std::string("model = (\\"),
        std::string("\xFF\xFE model = dict(style='\xFF')")}) {
    CAPTURE(hostile.substr(0, 40));
    CHECK(config_of(hostile).min_size == 800);
  }
}

TEST_CASE("class names of an mmdetection file are taken if there are as many as classes") {
  const auto config = [](const std::string& names) {
    return ModelConfig::from(made("model = dict()")
                                 .add("roi_head.bbox_head.fc_cls.bias", {3})
                                 .say(maskrcnn::checkpoint_meta::classes_key, names)
                                 .weights());
  };
  CHECK(config("cat\ndog").class_names == std::vector<std::string>{"cat", "dog"});
  CHECK(config("cat").class_names.empty());
  CHECK(config("cat").notes.back() == "the file's meta names 1 classes, its box head has 2: the names were not taken");
}

TEST_CASE("other networks of mmdetection are refused by name") {
  for (const auto& [tensor, what] :
       std::map<std::string, std::string>{{"roi_head.mask_iou_head.fcs.0.weight", "Mask Scoring R-CNN"},
                                          {"roi_head.semantic_head.convs.0.conv.weight", "a Hybrid Task Cascade"},
                                          {"roi_head.mask_head.1.conv_res.conv.weight", "a Hybrid Task Cascade"},
                                          {"roi_head.point_head.fcs.0.conv.weight", "PointRend"},
                                          {"bbox_head.fc_cls.weight", "a file of before version 2.0"},
                                          {"mask_head.convs.0.conv.weight", "a file of before version 2.0"}}) {
    const std::string name = tensor;
    CAPTURE(name);
    const auto error =
        test::error_of([&] { (void)ModelConfig::from(made("model = dict()").add(name, {1}).weights()); });
    CHECK(test::contains(error, "expected Mask, Faster or Cascade R-CNN of mmdetection 2 or 3, found " + what));
  }
}

TEST_CASE("mmdetection's sizes are of one scale, rounded") {
  test::check_sizes<MMDetection>(test::Golden("mmdetection_steps"));
}

TEST_CASE("levels are mmdetection's, exactly, around every boundary") {
  test::check_levels<MMDetection>(test::Golden("mmdetection_steps"));
}

TEST_CASE("mmdetection limits how boxes shrink as well as how they grow") {
  const test::Golden golden("mmdetection_steps");
  const auto boxes = golden.boxes<float>("decoded.boxes"), expected = golden.boxes<float>("decoded.result");
  const auto deltas = golden.values<float>("decoded.deltas");
  std::vector<maskrcnn::Box> found;
  for (std::size_t i = 0; i < boxes.size(); ++i)
    found.push_back(maskrcnn::decode_box(boxes[i], deltas.data() + 4 * i, maskrcnn::BoxWeights{}, true));
  CHECK(test::difference(test::numbers(found), test::numbers(expected)) < test::tolerance<float>);
}

TEST_CASE("masks of boxes without width or height are pasted as mmdetection does") {
  const test::Golden golden("mmdetection_steps");
  const auto boxes = golden.boxes<float>("flat.boxes");
  const auto masks = golden.values<float>("flat.masks");
  const auto pasted = golden.packed_masks("flat.pasted");
  const auto size = golden.shape("flat.masks")[1];
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    CAPTURE(i);
    const maskrcnn::TensorView<const float, 2> mask(masks.data() + i * size * size, {size, size});
    CHECK(pasted.pixels_wrong(i, maskrcnn::sample_mask<float>(mask, boxes[i], golden.size("flat.image"), 0.5F)) == 0);
  }
}
