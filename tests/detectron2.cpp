// Whole networks by detectron2's convention: slim models under detectron2's names, against detectron2 itself.

#include <maskrcnn/maskrcnn.hpp>
#include <maskrcnn/model/any_model.hpp>
#include <maskrcnn/model/architecture.hpp>
#include <maskrcnn/weights/coco_classes.hpp>
#include <type_traits>

#include "golden_detections.hpp"
#include "golden_steps.hpp"
#include "support.hpp"

using maskrcnn::BottleneckC4;
using maskrcnn::BottleneckDc5;
using maskrcnn::BottleneckFpn;
using maskrcnn::Detectron2;
using maskrcnn::FasterRCNN;
using maskrcnn::MaskRCNN;
using maskrcnn::ResNetC4;
using maskrcnn::ResNetFpn;
using maskrcnn::ResNetSpec;

namespace {

[[nodiscard]] maskrcnn::Weights weights_of(const std::string& name) {
  const auto weights = maskrcnn::load_weights(MASKRCNN_GOLDEN_DIR "/detectron2_" + name + "_model.safetensors");
  CHECK(weights.naming().name == std::string("detectron2"));
  return weights;
}

/// A model of `T` on the image of a golden file.
template <template <maskrcnn::Backbone, maskrcnn::Convention> class Structure, maskrcnn::Backbone Backbone>
void compare(const std::string& name) {
  using T = typename Backbone::Scalar;
  constexpr bool exact = std::is_same_v<T, double>;
  CAPTURE(name);
  const test::Golden golden("detectron2_" + name);
  const Structure<Backbone, Detectron2> model(weights_of(name));
  test::check_detections(golden, exact ? "double" : "float", model(golden.image("case.image")),
                         {.pixels = exact ? 1e-4 : 1e-2, .score = exact ? 1e-5 : 1e-4, .mask_pixels = exact ? 0U : 2U});
}

constexpr ResNetSpec bottleneck{.block = maskrcnn::ResidualBlock::bottleneck};

}  // namespace

TEST_CASE("detectron2's models with a pyramid are found again") {
  compare<MaskRCNN, BottleneckFpn>("fpn");
  compare<MaskRCNN, ResNetFpn<double, bottleneck>>("fpn");
}

TEST_CASE("detectron2's heads of convolutions with norms, before RPN and box head, are found again") {
  compare<MaskRCNN, BottleneckFpn>("towers");
  compare<MaskRCNN, ResNetFpn<double, bottleneck>>("towers");
}

TEST_CASE("of a panoptic network, boxes and masks are found, and the rest is said to be passed over") {
  compare<MaskRCNN, BottleneckFpn>("panoptic");
  compare<MaskRCNN, ResNetFpn<double, bottleneck>>("panoptic");
  const auto notes = maskrcnn::ModelConfig::from(weights_of("panoptic")).notes;
  REQUIRE(notes.size() == 1);
  CHECK(notes[0] == "23 tensors passed over, of a part that no model here has: 'sem_seg_head.p2.0.norm.bias', ...");
}

TEST_CASE("heads of a cascade refine each other's boxes, and judge together") {
  compare<maskrcnn::CascadeMaskRCNN, BottleneckFpn>("cascade");
  compare<maskrcnn::CascadeMaskRCNN, ResNetFpn<double, bottleneck>>("cascade");
}

TEST_CASE("a cascade is recognised, and no other model runs its file") {
  const auto weights = weights_of("cascade");
  CHECK(maskrcnn::architecture_of(weights).name() == "cascade_mask_rcnn_resnet50_fpn");
  const auto named = weights.with_metadata({{"architecture", "cascade_mask_rcnn_resnet50_fpn"}});
  CHECK(maskrcnn::architecture_of(named).heads.cascade);
  CHECK(maskrcnn::architecture_of(named).heads.masks);
  CHECK(test::contains(test::error_of([&] { (void)MaskRCNN<BottleneckFpn, Detectron2>(named); }),
                       "run them with CascadeMaskRCNN<...>"));
  CHECK(test::contains(test::error_of([&] { (void)MaskRCNN<BottleneckFpn, Detectron2>(weights); }),
                       "'roi_heads.box_head.fc6.weight' is missing"));
  CHECK(test::contains(test::error_of([&] { (void)maskrcnn::CascadeRCNN<BottleneckFpn>(weights); }),
                       "is unknown to this model"));
  const maskrcnn::AnyModel model(weights);
  const test::Golden golden("detectron2_cascade");
  test::check_detections(golden, "float", model(golden.image("case.image")).objects(),
                         {.pixels = 1e-2, .score = 1e-4, .mask_pixels = 2});
}

TEST_CASE("proposals of a cascade may be none") {
  auto config = maskrcnn::ModelConfig::from(weights_of("cascade"));
  config.rpn_post_nms_top_n = 0;
  CHECK(maskrcnn::CascadeMaskRCNN<BottleneckFpn>(weights_of("cascade"),
                                                 config)(test::Golden("detectron2_cascade").image("case.image"))
            .empty());
}

TEST_CASE("models of group norms are found again, and the norms said to be assumed") {
  compare<MaskRCNN, BottleneckFpn>("gn");
  compare<MaskRCNN, ResNetFpn<double, bottleneck>>("gn");
  const auto weights = weights_of("gn");
  const auto config = maskrcnn::ModelConfig::from(weights);
  CHECK(config.group_norm_groups == 4);
  CHECK(config.bottleneck_stride == maskrcnn::BottleneckStride::in_3x3);
  CHECK(config.notes.size() == 1);
  const auto untold =
      maskrcnn::ModelConfig::from({"x.pkl", weights.tensors(), {{"convention", "detectron2"}}, nullptr});
  REQUIRE(untold.notes.size() == 2);
  CHECK(untold.notes[1] ==
        "69 norms without running statistics, the first 'backbone.body.bn1', are taken for group norms of 32 groups");
  CHECK(maskrcnn::ModelConfig::from({"183808979/x.pkl", weights.tensors(), {{"convention", "detectron2"}}, nullptr})
            .image_std == std::array{57.375, 57.12, 58.395});
}

TEST_CASE("models of deformable convolutions, with masks and without, are found again") {
  compare<MaskRCNN, BottleneckFpn>("dconv");
  compare<MaskRCNN, ResNetFpn<double, bottleneck>>("dconv");
  compare<MaskRCNN, BottleneckFpn>("modulated");
  compare<MaskRCNN, ResNetFpn<double, bottleneck>>("modulated");
}

TEST_CASE("models of RegNet X and Y are found again") {
  using maskrcnn::BackboneWithFpn, maskrcnn::RegNetBody;
  compare<MaskRCNN, maskrcnn::RegNetFpn>("regnetx");
  compare<MaskRCNN, BackboneWithFpn<double, RegNetBody>>("regnetx");
  compare<MaskRCNN, maskrcnn::RegNetFpn>("regnety");
  compare<MaskRCNN, BackboneWithFpn<double, RegNetBody>>("regnety");
}

TEST_CASE("ResNeXt's groups are the weights'") { compare<MaskRCNN, BottleneckFpn>("resnext"); }

TEST_CASE("C4 models run their last layer on every RoI") {
  compare<MaskRCNN, BottleneckC4>("c4");
  compare<MaskRCNN, ResNetC4<double, bottleneck>>("c4");
}

TEST_CASE("DC5 models dilate their last layer") { compare<MaskRCNN, BottleneckDc5>("dc5"); }

namespace {

/// A model whose tensors are those of another, and the numbers of its own that a configuration says.
template <class Model, class Change>
void compare_variant(const std::string& name, const std::string& base, const Change& change) {
  constexpr bool exact = std::is_same_v<typename Model::Scalar, double>;
  CAPTURE(name);
  const test::Golden golden("detectron2_" + name);
  const auto weights = weights_of(base);
  auto config = maskrcnn::ModelConfig::from(weights);
  change(config);
  test::check_detections(golden, exact ? "double" : "float", Model(weights, config)(golden.image("case.image")),
                         {.pixels = exact ? 1e-4 : 1e-2, .score = exact ? 1e-5 : 1e-4, .mask_pixels = exact ? 0U : 2U});
}

}  // namespace

TEST_CASE("RoIAlign may have as many samples as a file was trained with, aligned or not") {
  const auto change = [](maskrcnn::ModelConfig& config) {
    config.roi_align_aligned = false;
    config.box_sampling_ratio = config.mask_sampling_ratio = 2;
  };
  compare_variant<MaskRCNN<BottleneckFpn, Detectron2>>("unaligned", "fpn", change);
  compare_variant<MaskRCNN<ResNetFpn<double, bottleneck>, Detectron2>>("unaligned", "fpn", change);
}

TEST_CASE("layers may be dilated, as TridentNet's third is") {
  const auto change = [](maskrcnn::ModelConfig& config) { config.dilations = {1, 1, 2, 1}; };
  compare_variant<MaskRCNN<BottleneckC4, Detectron2>>("trident", "c4", change);
  compare_variant<MaskRCNN<ResNetC4<double, bottleneck>, Detectron2>>("trident", "c4", change);
}

TEST_CASE("files of the zoo that are not what their tensors look like are known by their path, and said") {
  const auto whole = weights_of("fpn");
  const auto config_of = [&](const std::string& path) {
    return maskrcnn::ModelConfig::from({path, whole.tensors(), {{"convention", "detectron2"}}, nullptr});
  };
  const auto plain = config_of("/models/model_final_f10217.pkl");
  CHECK(plain.notes.empty());
  CHECK(plain.min_size == 800);
  CHECK_FALSE(plain.roi_align_aligned.has_value());
  for (const char* path :
       {"/models/137781281/model_final.pkl", "model_final_62ca52.pkl", "137781054/model_final_7ab50c.pkl"}) {
    CAPTURE(path);
    const auto config = config_of(path);
    CHECK(config.roi_align_aligned == false);
    CHECK(config.box_sampling_ratio == 2);
    CHECK(config.mask_sampling_ratio == 2);
    REQUIRE(config.notes.size() == 1);
    CHECK(config.notes[0] ==
          "by its path, the file is detectron2's comparison with Detectron: RoIAlign of two samples, not aligned");
  }
  CHECK(config_of("/Cityscapes/mask_rcnn_R_50_FPN/142423278/model_final_af9cf5.pkl").min_size == 1024);
  CHECK(config_of("model_final_824ab5.pkl").max_detections == 300);
  CHECK(config_of("184226666/x.pkl").bottleneck_stride == maskrcnn::BottleneckStride::in_3x3);
  CHECK(config_of("model_final_5ce33e.pkl").image_std == std::array{57.375, 57.12, 58.395});
  CHECK(config_of("148572198/x.pkl").dilations == std::array{1, 1, 2, 1});
  // metadata decide before the path does
  CHECK(maskrcnn::ModelConfig::from(
            {"model_final_824ab5.pkl", whole.tensors(), {{"box_detections_per_img", "7"}}, nullptr})
            .max_detections == 7);
}

TEST_CASE("what old files have beside the network says how it was built") {
  const auto fpn = maskrcnn::ModelConfig::from(weights_of("fpn"));
  CHECK(fpn.anchor_sizes == std::vector<std::vector<double>>{{12}, {24}, {48}, {96}, {192}});
  CHECK(fpn.anchor_aspect_ratios == std::vector<std::vector<double>>(5, {0.5, 1, 2}));
  CHECK(maskrcnn::ModelConfig::from(weights_of("c4")).anchor_sizes ==
        std::vector<std::vector<double>>{{32, 64, 128, 256, 512}});
  CHECK(fpn.image_std == std::array<double, 3>{1, 1, 1});
  const auto made = [] { return test::MadeWeights().add("proposal_generator.x", {1}); };
  const std::string anchors = "proposal_generator.anchor_generator.cell_anchors.0";
  CHECK(maskrcnn::ModelConfig::from(made().add("pixel_std", {3, 1, 1}, {57, 58, 59}).weights()).image_std ==
        std::array<double, 3>{57, 58, 59});
  const auto error = [](const test::MadeWeights& file) {
    return test::error_of([&] { (void)maskrcnn::ModelConfig::from(file.weights()); });
  };
  CHECK(error(made().add("pixel_std", {3, 1, 1}, {0, 58, 59})) ==
        "model: expected positive image_std, found 0 (file made)");
  CHECK(error(made().add("pixel_mean", {4}, {1, 2, 3, 4})) ==
        "weights: 'pixel_mean' has shape [4] of F32, expected 3 floats, or a multiple of that (file made)");
  for (const std::vector<float>& wrong : {std::vector<float>{0, 0, 0, 0}, {-1, -1, 1, 3}, {1, 1, -1, -1}})
    CHECK(test::contains(error(made().add(anchors, {1, 4}, wrong)), "expects the corners of anchors around 0"));
  // two sizes of other ratios
  CHECK(test::contains(error(made().add(anchors, {3, 4}, {-1, -1, 1, 1, -1, -2, 1, 2, -8, -2, 8, 2})),
                       "every ratio of each size, found others"));
}

TEST_CASE("as many classes as LVIS has mean its thresholds") {
  for (const auto& [classes, limit] : {std::pair{1230U, 300}, {1203U, 300}, {1204U, 100}}) {
    const auto weights = test::MadeWeights()
                             .add("proposal_generator.x", {1})
                             .add("roi_heads.box_predictor.cls_score.bias", {classes + 1})
                             .weights();
    const auto config = maskrcnn::ModelConfig::from(weights);
    CHECK(config.max_detections == limit);
    CHECK(config.notes.size() == (limit == 300 ? 1U : 0U));
  }
}

TEST_CASE("boxes may be the same for all classes") { compare<FasterRCNN, BottleneckFpn>("agnostic"); }

TEST_CASE("detectron2's sizes are rounded, and limited twice") {
  test::check_sizes<Detectron2>(test::Golden("detectron2_steps"));
}

TEST_CASE("levels are detectron2's, exactly, around every boundary") {
  test::check_levels<Detectron2>(test::Golden("detectron2_steps"));
}

TEST_CASE("masks are pasted as detectron2 does") {
  const test::Golden golden("detectron2_steps");
  for (const std::string name : {"paste14", "paste28"}) {
    CAPTURE(name);
    const auto boxes = golden.boxes<float>(name + ".boxes");
    const auto masks = golden.values<float>(name + ".masks");
    const auto pasted = golden.packed_masks(name + ".pasted");
    const auto size = golden.shape(name + ".masks")[1];
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      CAPTURE(i);
      const maskrcnn::TensorView<const float, 2> mask(masks.data() + i * size * size, {size, size});
      const auto found = maskrcnn::sample_mask<float>(mask, boxes[i], golden.size(name + ".image"), 0.5F);
      CHECK(pasted.pixels_wrong(i, found) == 0);
    }
  }
}

TEST_CASE("anchors of one position are detectron2's: sizes first, not rounded") {
  maskrcnn::ModelConfig config;
  config.anchor_sizes = {{32, 64}};
  config.anchor_aspect_ratios = {{0.5, 1.0, 2.0}};
  const auto anchors = maskrcnn::base_anchors<float>(maskrcnn::anchor_options<Detectron2>(config), 0);
  REQUIRE(anchors.size() == 6);
  CHECK(test::pixels_apart<float>({anchors[0]}, {{-22.627417F, -11.313708F, 22.627417F, 11.313708F}}) < 1e-5);
  CHECK(anchors[1] == maskrcnn::Box{-16, -16, 16, 16});
  CHECK(anchors[4] == maskrcnn::Box{-32, -32, 32, 32});
}

TEST_CASE("labels of COCO's 80 classes are numbered as COCO numbers them") {
  const auto& names = maskrcnn::coco_thing_names();
  CHECK(names.size() == 80);
  CHECK(maskrcnn::coco_category_id(0, names) == 1);
  CHECK(maskrcnn::coco_category_id(79, names) == 90);
  CHECK(maskrcnn::coco_category_id(11, names) == 13);
  CHECK(maskrcnn::coco_category_id(80, names) == 80);
  CHECK(maskrcnn::coco_category_id(11, {"a", "b"}) == 11);
}
