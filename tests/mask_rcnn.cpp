// The whole network: a slim ResNet-50-FPN with generated weights, in float and in double, against torchvision.

#include <maskrcnn/maskrcnn.hpp>

#include <algorithm>
#include <array>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/inspection.hpp>
#include <thread>

#include "golden_detections.hpp"
#include "support.hpp"

using maskrcnn::FasterRCNN;
using maskrcnn::Index;
using maskrcnn::MaskRCNN;
using maskrcnn::ResNet50Fpn;
using maskrcnn::Weights;

namespace {

[[nodiscard]] const Weights& slim_weights() {
  static const Weights weights = maskrcnn::load_weights(MASKRCNN_GOLDEN_DIR "/slim_model.safetensors");
  return weights;
}

[[nodiscard]] const MaskRCNN<ResNet50Fpn>& slim_model() {
  static const MaskRCNN<ResNet50Fpn> model(slim_weights());
  return model;
}

[[nodiscard]] const maskrcnn::Image& image() {
  static const maskrcnn::Image image = test::Golden("end_to_end").image("case.image");
  return image;
}

/// The slim weights with some tensors renamed, left out (no new name), or added.
[[nodiscard]] Weights changed(const std::map<std::string, std::string>& new_names, const std::string& added = "") {
  Weights::Tensors tensors;
  for (const auto& [name, tensor] : slim_weights().tensors()) {
    const auto found = new_names.find(name);
    const std::string& current = found == new_names.end() ? name : found->second;
    if (!current.empty()) tensors[current] = tensor;
  }
  if (!added.empty()) tensors[added] = tensors.begin()->second;
  return {"changed", tensors, slim_weights().metadata(), std::make_shared<Weights>(slim_weights())};
}

template <class T>
[[nodiscard]] auto found_in() {
  return MaskRCNN<maskrcnn::ResNetFpn<T, maskrcnn::resnet50>>(slim_weights())(image());
}

}  // namespace

TEST_CASE("more RoIs than go through a head at a time: each row as if it came alone") {
  const maskrcnn::InspectionOf seen(slim_model(), image());
  const auto size = seen.frame().resized;
  const auto many = [&](Index count) {
    std::mt19937 random{3};
    std::uniform_real_distribution<float> x(0, static_cast<float>(size.width - 40)),
        y(0, static_cast<float>(size.height - 40));
    std::vector<maskrcnn::Box> boxes(count);
    for (auto& box : boxes) {
      box = {x(random), y(random), 0, 0};
      box.x1 = box.x0 + 40;
      box.y1 = box.y0 + 20 + y(random) / 20;
    }
    return boxes;
  };
  const Index channels = slim_model().backbone().channels();
  const auto tail_of = [](const std::vector<maskrcnn::Box>& boxes) {
    return std::vector<maskrcnn::Box>(boxes.end() - 3, boxes.end());
  };

  const auto proposals = many(maskrcnn::rois_at_a_time<float>(7, channels) + 3);
  const auto all = seen.box_predictions(proposals), last = seen.box_predictions(tail_of(proposals));
  REQUIRE(all.size(0) == proposals.size());
  CHECK(std::ranges::equal(all.elements().last(last.count()), last.elements()));

  const auto boxes = many(maskrcnn::rois_at_a_time<float>(14, channels) + 3);
  const std::vector<int> labels(boxes.size(), 1);
  const auto masks = seen.mask_logits(boxes, labels);
  const auto last_masks = seen.mask_logits(tail_of(boxes), {1, 1, 1});
  REQUIRE(masks.size(0) == boxes.size());
  CHECK(test::difference(masks.elements().last(last_masks.count()), last_masks.elements()) < 1e-5);
}

TEST_CASE("in float, every detection is torchvision's") {
  test::check_detections(test::Golden("end_to_end"), "float", found_in<float>(), {.pixels = 1e-3, .score = 1e-4});
}

TEST_CASE("in double, every detection is torchvision's to the last stored digit") {
  test::check_detections(test::Golden("end_to_end"), "double", found_in<double>(), {.pixels = 2e-5, .score = 2e-7});
}

TEST_CASE("Faster R-CNN is the same without masks") {
  // only the detector's tensors
  std::map<std::string, std::string> without;
  for (const auto& [name, tensor] : slim_weights().tensors())
    if (name.find("roi_heads.mask_") == 0) without[name] = "";
  const Weights weights = changed(without).with_metadata({{"architecture", "faster_rcnn_resnet50_fpn"}});
  const FasterRCNN<ResNet50Fpn> model(weights);
  const auto boxes = model(image());
  const auto detections = slim_model()(image());
  REQUIRE(boxes.size() == detections.size());
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    CHECK(boxes[i].box == detections[i].box);
    CHECK(boxes[i].score == detections[i].score);
    CHECK(boxes[i].label == detections[i].label);
  }
  const auto whole = slim_weights().with_metadata({{"architecture", "faster_rcnn_resnet50_fpn"}});
  CHECK(test::contains(test::error_of([&] { FasterRCNN<ResNet50Fpn>{whole}; }), "is unknown to this model"));
}

TEST_CASE("old names of tensors load too") {
  const MaskRCNN<ResNet50Fpn> model(
      changed({{"backbone.fpn.inner_blocks.0.0.weight", "backbone.fpn.inner_blocks.0.weight"},
               {"backbone.fpn.layer_blocks.3.0.bias", "backbone.fpn.layer_blocks.3.bias"},
               {"rpn.head.conv.0.0.weight", "rpn.head.conv.weight"},
               {"roi_heads.mask_head.0.0.weight", "roi_heads.mask_head.mask_fcn1.weight"},
               {"roi_heads.mask_head.3.0.bias", "roi_heads.mask_head.mask_fcn4.bias"}}));
  CHECK(test::same(model(image()), slim_model()(image())));
}

TEST_CASE("tensors that are missing, unknown or of another shape are errors that name them") {
  const auto error = [](const Weights& weights) { return test::error_of([&] { MaskRCNN<ResNet50Fpn>{weights}; }); };
  CHECK(error(changed({{"rpn.head.cls_logits.weight", ""}})) ==
        "weights: 'rpn.head.cls_logits.weight' is missing, expected shape [3,16,1,1] (file changed)");
  CHECK(test::contains(error(changed({}, "roi_heads.keypoint_head.0.weight")),
                       "weights: 'roi_heads.keypoint_head.0.0.weight' of shape ["));
  CHECK(test::contains(error(changed({{"roi_heads.box_head.fc7.weight", "roi_heads.box_head.fc6.weight"},
                                      {"roi_heads.box_head.fc6.weight", "roi_heads.box_head.fc7.weight"}})),
                       "has shape [32,32], expected [any,784]"));
  auto config = maskrcnn::ModelConfig::from(slim_weights());
  config.anchor_sizes.pop_back();
  config.anchor_aspect_ratios.pop_back();
  CHECK(test::error_of([&] {
          MaskRCNN<ResNet50Fpn>{slim_weights(), config};
        }) == "model: expected anchor_sizes for the 5 levels of the backbone, found 4");
  config = maskrcnn::ModelConfig::from(slim_weights());
  config.class_names.pop_back();
  CHECK(test::error_of([&] {
          MaskRCNN<ResNet50Fpn>{slim_weights(), config};
        }) == "model: expected 5 class names, one for each label of the weights, found 4");
}

TEST_CASE("every single tensor is needed") {
  for (const auto& entry : slim_weights().tensors()) {
    const std::string& name = entry.first;
    const Weights weights = changed({{name, ""}});
    CAPTURE(name);
    CHECK(test::error_of([&] { MaskRCNN<ResNet50Fpn>{weights}; }) != "(no error)");
  }
}

TEST_CASE("a list of images gives a list of results") {
  const std::vector<maskrcnn::Image> images(2, image());
  const auto results = slim_model()(images);
  REQUIRE(results.size() == 2);
  CHECK(test::same(results[0], results[1]));
  CHECK(test::same(results[0], slim_model()(image())));
  const std::vector<maskrcnn::ImageView> views{image(), image()};
  CHECK(slim_model()(views).size() == 2);
  CHECK(slim_model()(std::vector<maskrcnn::Image>{}).empty());
}

TEST_CASE("the number of threads changes nothing") {
  const int before = maskrcnn::thread_count();
  maskrcnn::set_thread_count(1);
  const auto one = slim_model()(image());
  for (const int threads : {2, 5}) {
    maskrcnn::set_thread_count(threads);
    CHECK(test::same(slim_model()(image()), one));
  }
  maskrcnn::set_thread_count(before);
}

TEST_CASE("several threads may use one model") {
  const auto expected = slim_model()(image());
  std::array<bool, 3> fine{};
  std::vector<std::thread> threads;
  for (bool& mine : fine)
    threads.emplace_back(
        [&] { mine = test::same(slim_model()(image()), expected) && test::same(slim_model()(image()), expected); });
  for (auto& thread : threads) thread.join();
  CHECK(std::count(fine.begin(), fine.end(), true) == 3);
}

TEST_CASE("images of any shape work, and one after the other gives what each gives alone") {
  const MaskRCNN<ResNet50Fpn> model(slim_weights());
  for (const maskrcnn::Size size : {maskrcnn::Size{1, 1}, {1, 20000}, {20000, 1}, {7, 300}, {500, 400}}) {
    maskrcnn::Image image(size);
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < 3 * size.width; ++x) image.row(y)[x] = static_cast<std::uint8_t>((x * 7 + y * 13) % 256);
    CAPTURE(size.height);
    CAPTURE(size.width);
    for (const auto& [box, label, score, mask] : model(image)) {
      CHECK(box.x0 >= 0);
      CHECK(box.y1 <= doctest::Approx(size.height));
      CHECK(mask.image_size() == size);
    }
  }
  CHECK(test::same(model(image()), slim_model()(image())));
}

TEST_CASE("zero detections are a result") {
  auto config = maskrcnn::ModelConfig::from(slim_weights());
  config.box_score_threshold = 1.0;
  CHECK(MaskRCNN<ResNet50Fpn>(slim_weights(), config)(image()).empty());
  config.box_score_threshold = 0.05;
  config.max_detections = 0;
  CHECK(MaskRCNN<ResNet50Fpn>(slim_weights(), config)(image()).empty());
  config.max_detections = 3;
  CHECK(MaskRCNN<ResNet50Fpn>(slim_weights(), config)(image()).size() == 3);
  config.rpn_post_nms_top_n = 0;
  CHECK(MaskRCNN<ResNet50Fpn>(slim_weights(), config)(image()).empty());
}

TEST_CASE("RoIPool and RoIAlign by maximum take the place of RoIAlign by average") {
  const auto average = slim_model()(image());
  const auto of = [](const char* convention) { return slim_weights().with_metadata({{"convention", convention}}); };
  using maskrcnn::TorchvisionRoiAlignMax, maskrcnn::TorchvisionRoiPool;
  const auto maximum = MaskRCNN<ResNet50Fpn, TorchvisionRoiAlignMax>(of("torchvision_roi_align_max"))(image());
  const auto quantised = MaskRCNN<ResNet50Fpn, TorchvisionRoiPool>(of("torchvision_roi_pool"))(image());
  CHECK_FALSE(maximum.empty());
  CHECK_FALSE(quantised.empty());
  CHECK_FALSE(test::same(average, maximum));
  CHECK_FALSE(test::same(average, quantised));
}

TEST_CASE("a model of one type refuses the file of another kind") {
  const auto error = [](const maskrcnn::Weights& weights) {
    return test::error_of([&] { MaskRCNN<ResNet50Fpn>{weights}; });
  };
  CHECK(test::contains(error(slim_weights().with_metadata({{"convention", "torchvision_roi_pool"}})),
                       "expected weights of convention 'torchvision', found 'torchvision_roi_pool'"));
  CHECK(test::contains(error(maskrcnn::load_weights(MASKRCNN_GOLDEN_DIR "/detectron2_fpn_model.safetensors")),
                       "expected weights of convention 'torchvision', found 'detectron2'"));
  CHECK(test::contains(error(slim_weights().with_metadata({{"architecture", "faster_rcnn_resnet50_fpn"}})),
                       "'mask_rcnn_...', found 'faster_rcnn_resnet50_fpn'"));
}

TEST_CASE("an inspection finds what the model finds") {
  CHECK(test::same(maskrcnn::InspectionOf(slim_model(), image()).results(), slim_model()(image())));
}

TEST_CASE("RoIs of the caller's choice are checked") {
  const maskrcnn::InspectionOf seen(slim_model(), image());
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  for (const maskrcnn::Box& bad : {maskrcnn::Box{9, 1, 3, 5},
                                   {1, 9, 3, 5},
                                   {nan, 1, 3, 5},
                                   {1, 1, 3, nan},
                                   {1, 1, infinity, 5},
                                   {-infinity, 1, 2, 5},
                                   {0, 0, 1e30F, 1e30F}}) {
    CAPTURE(bad.x0);
    const std::vector<maskrcnn::Box> boxes{{1, 1, 5, 5}, bad};
    const std::string text = "model: expected RoIs [x0, y0, x1, y1] of pixels with x0 <= x1 and y0 <= y1, found [";
    CHECK(test::contains(test::error_of([&] { (void)seen.box_predictions(boxes); }), text));
    CHECK(test::contains(test::error_of([&] { (void)seen.mask_logits(boxes, {1, 1}); }), text));
  }
  CHECK(test::contains(test::error_of([&] {
                         (void)seen.mask_logits({{1, 1, 5, 5}}, {});
                       }),
                       "expected 1 labels, found 0"));
  CHECK(test::contains(test::error_of([&] { (void)seen.mask_logits({{1, 1, 5, 5}}, {99}); }), "found 99"));
  CHECK(test::contains(test::error_of([&] { (void)seen.mask_logits({{1, 1, 5, 5}}, {-1}); }), "found -1"));
  // outside of the image, and of no size: rules of the convention's, no error
  CHECK(seen.box_predictions({{-50, -50, -40, -40}, {3, 3, 3, 3}, {1e5F, 1e5F, 1e5F, 1e5F}}).size(0) == 3);
}

TEST_CASE("adaptive sampling of RoIs of any kind stays in bounds") {
  maskrcnn::Tensor<float, 3> map({6, 5, 2});
  std::ranges::fill(map.elements(), 0.0F);
  std::vector<float> to(7 * 7 * 2, 1);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const bool aligned : {false, true})
    for (const maskrcnn::Box& box : {maskrcnn::Box{9, 9, 3, 3},
                                     {nan, nan, nan, nan},
                                     {0, 0, 1e9F, 1e9F},
                                     {2, 2, 2, 2},
                                     {-1e9F, -1e9F, 1e9F, 1e9F}}) {
      maskrcnn::roi_align<float>(map.view(), box, 1, {.output = 7, .rule = {.samples = 0, .aligned = aligned}},
                                 to.data(), maskrcnn::kernels::best_kernels<float>());
      CHECK(std::all_of(to.begin(), to.end(), [](float value) { return value == 0; }));
    }
}

namespace {

/// A backbone that says one thing and does another.
struct Liar : maskrcnn::PyramidTraits {
  using Scalar = float;
  static constexpr std::size_t levels = 5, roi_levels = 4;
  static inline std::size_t made = 5;
  static inline Index made_channels = 16, made_side = 8;

  Liar(const maskrcnn::Parameters& at, const maskrcnn::BackboneOptions& options) : real(at, options) {}
  [[nodiscard]] Index channels() const { return real.channels(); }
  [[nodiscard]] maskrcnn::FeaturePyramid<float> operator()(const maskrcnn::Tensor<float, 4>& input) const {
    maskrcnn::FeaturePyramid<float> maps;
    for (std::size_t i = 0; i < made; ++i)
      maps.push_back(input.like(maskrcnn::Shape<4>{1, made_side, made_side, made_channels}));
    return maps;
  }

  ResNet50Fpn real;
};

}  // namespace

TEST_CASE("a backbone that returns other maps than it says is an error") {
  const MaskRCNN<Liar> model(slim_weights());
  const auto error = [&](std::size_t made, Index channels, Index side) {
    Liar::made = made;
    Liar::made_channels = channels;
    Liar::made_side = side;
    return test::error_of([&] { (void)model(image()); });
  };
  CHECK(error(5, 16, 8) == "(no error)");
  CHECK(error(4, 16, 8) == "model: expected 5 maps of the backbone, found 4");
  CHECK(error(6, 16, 8) == "model: expected 5 maps of the backbone, found 6");
  CHECK(error(0, 16, 8) == "model: expected 5 maps of the backbone, found 0");
  CHECK(error(5, 15, 8) == "model: expected maps of the backbone of shape [1,8,8,16], none empty, found [1,8,8,15]");
  CHECK(test::contains(error(5, 16, 0), "none empty, found [1,0,0,16]"));
}

TEST_CASE("memory that a model keeps can be had back") {
  const MaskRCNN<ResNet50Fpn> model(slim_weights());
  const auto found = model(image());
  CHECK(model.memory()->idle_bytes() > 0);
  model.trim();
  CHECK(model.memory()->idle_bytes() == 0);
  CHECK(test::same(model(image()), found));
}
