#include <limits>
#include <maskrcnn/evaluate/model_losses.hpp>
#include <maskrcnn/inspection.hpp>
#include <maskrcnn/io/rle.hpp>
#include <maskrcnn/maskrcnn.hpp>

#include "support.hpp"

namespace evaluate = maskrcnn::evaluate;
using maskrcnn::Box;
using maskrcnn::MaskPaste;

namespace {

using Model = maskrcnn::MaskRCNN<maskrcnn::ResNet50Fpn>;

[[nodiscard]] const Model& slim_model() {
  static const Model model(maskrcnn::load_weights(MASKRCNN_GOLDEN_DIR "/slim_model.safetensors"));
  return model;
}

[[nodiscard]] evaluate::ImageLosses losses_of(const Model& model, const maskrcnn::Image& image,
                                              const std::vector<evaluate::TrueObject>& objects) {
  return evaluate::losses_on(maskrcnn::InspectionOf(model, image), objects);
}

/// What the model itself finds, as if it were true.
[[nodiscard]] std::vector<evaluate::TrueObject> own_findings(const maskrcnn::Image& image) {
  std::vector<evaluate::TrueObject> objects;
  for (const auto& found : slim_model()(image))
    objects.push_back({.box = found.box, .label = found.label, .mask = found.mask});
  return objects;
}

/// Objects of a golden file, whose masks lie in their boxes.
[[nodiscard]] std::vector<evaluate::TrueObject> objects_of(const test::Golden& golden, maskrcnn::Size image) {
  const auto boxes = golden.boxes<float>("case.boxes");
  const auto labels = golden.values<int>("case.labels");
  const auto masks = golden.packed_masks("case.masks");
  std::vector<evaluate::TrueObject> objects;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const int left = static_cast<int>(boxes[i].x0), top = static_cast<int>(boxes[i].y0);
    maskrcnn::Mask mask(image, left, top, {static_cast<int>(boxes[i].y1) - top, static_cast<int>(boxes[i].x1) - left});
    for (int y = 0; y < mask.patch_size().height; ++y)
      for (int x = 0; x < mask.patch_size().width; ++x)
        mask.patch_row(y)[x] = masks(i, left + x, top + y, image.width) ? 1 : 0;
    objects.push_back({.box = boxes[i], .label = labels[i], .mask = std::move(mask)});
  }
  return objects;
}

}  // namespace

TEST_CASE("losses are torchvision's") {
  const test::Golden golden("image_losses");
  const maskrcnn::Image image = golden.image("case.image");
  const auto objects = objects_of(golden, image.size());
  const auto weights = maskrcnn::load_weights(MASKRCNN_GOLDEN_DIR "/slim_model.safetensors");
  auto config = maskrcnn::ModelConfig::from(weights);
  for (const MaskPaste paste : {MaskPaste::integer_box, MaskPaste::sampled}) {
    const std::string name = paste == MaskPaste::sampled ? "losses.sampled" : "losses.integer_box";
    CAPTURE(name);
    config.mask_paste = paste;
    const auto found = losses_of(Model(weights, config), image, objects).mean();
    const auto wanted = golden.values<double>(name);
    CHECK(found.classification == doctest::Approx(wanted[0]).epsilon(1e-5));
    CHECK(found.regression == doctest::Approx(wanted[1]).epsilon(1e-5));
    CHECK(found.mask == doctest::Approx(wanted[2]).epsilon(1e-5));
  }
}

TEST_CASE("RoIs are of the object that they overlap most, or of none") {
  const std::vector<Box> truths{{0, 0, 10, 10}, {20, 0, 30, 10}};
  const std::vector<Box> proposals{{21, 0, 31, 10}, {0, 0, 10, 4}, {0, 0, 10, 5}, {50, 50, 60, 60}};
  const auto sampled = evaluate::sample_rois(proposals, truths);
  // the first and the third, for an overlap of one half is enough, and the true boxes; then the background
  CHECK(sampled.objects == std::vector<std::size_t>{1, 0, 0, 1});
  REQUIRE(sampled.boxes.size() == 6);
  CHECK(sampled.boxes[1] == proposals[2]);
  CHECK(sampled.boxes[3] == truths[1]);
  CHECK(sampled.boxes[4] == proposals[1]);
  CHECK(sampled.boxes[5] == proposals[3]);

  const auto few = evaluate::sample_rois(proposals, truths, {.rois = 3, .foreground = 2, .overlap = 0.5});
  CHECK(few.objects == std::vector<std::size_t>{1, 0});
  CHECK(few.boxes.size() == 3);
  CHECK(evaluate::sample_rois(std::vector<Box>{}, {}).boxes.empty());
}

TEST_CASE("a mask as a RoI sees it") {
  maskrcnn::Mask mask({100, 100}, 20, 10, {8, 8});  // columns and rows 20 to 27, 10 to 17
  for (int y = 0; y < 8; ++y) std::fill_n(mask.patch_row(y), 8, std::uint8_t{1});
  std::array<float, 16> target{};
  evaluate::mask_target(mask, Box{21, 11, 25, 15}, 4, MaskPaste::integer_box, target.data());
  CHECK(std::all_of(target.begin(), target.end(), [](float value) { return value == 1; }));
  evaluate::mask_target(mask, Box{60, 60, 70, 70}, 4, MaskPaste::integer_box, target.data());
  CHECK(std::all_of(target.begin(), target.end(), [](float value) { return value == 0; }));
  // twice as wide as the mask from its left edge on: the right half is empty
  evaluate::mask_target(mask, Box{20, 11, 36, 15}, 4, MaskPaste::integer_box, target.data());
  CHECK(target[0] == 1);
  CHECK(target[3] == 0);
  // one and a half pixels of each bin: drawn into whole pixels, the mask seems to begin half a pixel early
  evaluate::mask_target(mask, Box{17, 11, 23, 15}, 4, MaskPaste::integer_box, target.data());
  const float shifted = target[2];
  evaluate::mask_target(mask, Box{17, 11, 23, 15}, 4, MaskPaste::sampled, target.data());
  CHECK(target[2] < shifted);
  // at the image's corner nothing is beyond the mask, so that its edge is not one
  maskrcnn::Mask corner({20, 20}, 12, 12, {8, 8});
  for (int y = 0; y < 8; ++y) std::fill_n(corner.patch_row(y), 8, std::uint8_t{1});
  for (const MaskPaste paste : {MaskPaste::integer_box, MaskPaste::sampled}) {
    evaluate::mask_target(corner, Box{14, 14, 20, 20}, 4, paste, target.data());
    CHECK(std::all_of(target.begin(), target.end(), [](float value) { return value == 1; }));
  }
}

TEST_CASE("boxes that are empty, or far beyond the image, are of no object") {
  const maskrcnn::Image image = test::Golden("end_to_end").image("case.image");
  auto objects = own_findings(image);
  const auto expected = losses_of(slim_model(), image, objects).mean();
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  for (const maskrcnn::Box& box :
       {Box{5, 5, 5, 9}, Box{9, 9, 5, 5}, Box{0, 0, 1e30F, 1e30F}, Box{-1e5F, -1e5F, 1e5F, 1e5F}, Box{nan, 0, 9, 9},
        Box{0, 0, 9, nan}, Box{-infinity, 0, infinity, 9}}) {
    auto more = objects;
    more.push_back(objects.front());
    more.back().box = box;
    CHECK(losses_of(slim_model(), image, more).mean().total() == expected.total());
  }
}

TEST_CASE("what a model finds costs it less than anything else") {
  const maskrcnn::Image image = test::Golden("end_to_end").image("case.image");
  auto objects = own_findings(image);
  REQUIRE(objects.size() > 1);
  const auto right = losses_of(slim_model(), image, objects).mean();
  CHECK(right.mask > 0);
  CHECK(right.regression > 0);
  CHECK(std::isfinite(right.total()));

  auto inverted = objects;
  for (auto& object : inverted) {
    const auto [height, width] = object.mask.patch_size();
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) object.mask.patch_row(y)[x] ^= 1;
  }
  const auto wrong_masks = losses_of(slim_model(), image, inverted).mean();
  CHECK(wrong_masks.mask > right.mask);
  CHECK(wrong_masks.classification == right.classification);
  CHECK(wrong_masks.regression == right.regression);

  for (auto& object : objects) object.mask = {};
  const auto boxes_only = losses_of(slim_model(), image, objects);
  CHECK(boxes_only.with_masks == 0);
  CHECK(boxes_only.mean().classification == right.classification);
  const auto nothing = losses_of(slim_model(), image, {}).mean();
  CHECK(nothing.regression == 0);
  CHECK(nothing.classification > 0);

  objects.front().label = 0;
  CHECK(test::contains(test::error_of([&] { (void)losses_of(slim_model(), image, objects); }),
                       "the background not among them, found 0"));
}
