#include <maskrcnn/stages/paste_masks.hpp>

#include <maskrcnn/stages/original_boxes.hpp>

#include "support.hpp"

using maskrcnn::Index;

TEST_CASE("masks are pasted as torchvision does, to the pixel") {
  const test::Golden golden("paste_masks");
  const auto boxes = golden.boxes<float>("case.boxes");
  const auto masks = golden.values<float>("case.masks");
  const auto corners = golden.values<std::int64_t>("case.corners");
  const auto pasted = golden.packed_masks("case.pasted");
  const auto image = golden.size("case.image");
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    CAPTURE(i);
    const auto target = maskrcnn::paste_target(boxes[i], 28);
    CHECK(target.left == corners[4 * i]);
    CHECK(target.top == corners[4 * i + 1]);
    CHECK(target.width == std::max<std::int64_t>(corners[4 * i + 2] - corners[4 * i] + 1, 1));
    CHECK(target.height == std::max<std::int64_t>(corners[4 * i + 3] - corners[4 * i + 1] + 1, 1));

    const auto mask = maskrcnn::paste_mask<float>({masks.data() + i * 784, {28, 28}}, target, image, 0.5F);
    CHECK(pasted.pixels_wrong(i, mask) == 0);
  }
}

TEST_CASE_TEMPLATE("huge and empty boxes cost no more than the image", T, float, double) {
  maskrcnn::Tensor<T, 2> ones({28, 28});
  ones.fill(1);
  const maskrcnn::Size image{20, 30};
  const auto whole = maskrcnn::paste_mask<T>(
      ones.view(), maskrcnn::paste_target(maskrcnn::BasicBox<T>{-500, -500, 500, 500}, 28), image, T(0.5));
  CHECK(whole.area() == 600);
  const auto outside = maskrcnn::paste_mask<T>(
      ones.view(), maskrcnn::paste_target(maskrcnn::BasicBox<T>{100, 100, 120, 120}, 28), image, T(0.5));
  CHECK(outside.area() == 0);
  const auto point = maskrcnn::paste_target(maskrcnn::BasicBox<T>{5, 5, 5, 5}, 28);
  CHECK(point.width == 1);
  CHECK(maskrcnn::paste_mask<T>(ones.view(), point, image, T(0.5)).area() == 1);
}

TEST_CASE("candidates become results in the original image, masks are drawn into it") {
  maskrcnn::Candidates<float> candidates{
      .boxes = {{0, 0, 40, 20}, {20, 10, 40, 20}}, .labels = {3, 1}, .scores = {0.9F, 0.8F}};
  const maskrcnn::Frame frame{.original = {10, 20}, .resized = {20, 40}, .padded = {32, 64}};
  maskrcnn::Tensor<float, 3> masks({2, 28, 28});
  masks.fill(1);
  const auto boxes = maskrcnn::original_boxes(candidates, frame, false);
  const auto results = maskrcnn::results_of<maskrcnn::Detection>(candidates, boxes);
  REQUIRE(results.size() == 2);
  CHECK(results[0].box == maskrcnn::Box{0, 0, 20, 10});
  CHECK(results[1].box == maskrcnn::Box{10, 5, 20, 10});
  CHECK(results[1].label == 1);
  CHECK(results[1].score == 0.8F);
  const auto drawn = maskrcnn::paste_masks(masks, boxes, frame.original, {});
  CHECK(drawn[0].area() == 190);  // its last column lies under one half
  CHECK(drawn[1](15, 7));
  CHECK_FALSE(drawn[1](5, 2));
  const auto sampled = maskrcnn::paste_masks(masks, boxes, frame.original, {.paste = maskrcnn::MaskPaste::sampled});
  CHECK(sampled[0].area() == 200);  // every pixel whose centre lies in the box, and no other
  CHECK(sampled[1].area() == 50);
  CHECK(maskrcnn::paste_masks(maskrcnn::Tensor<float, 3>(), {}, frame.original, {}).empty());
}

TEST_CASE("boxes that are cut off at the border leave nothing of those beyond it") {
  maskrcnn::Candidates<float> candidates{
      .boxes = {{-10, -10, 0, 0}, {30, 0, 50, 10}, {41, 2, 60, 9}}, .labels = {1, 2, 3}, .scores = {0.9F, 0.8F, 0.7F}};
  const maskrcnn::Frame frame{.original = {20, 40}, .resized = {20, 40}, .padded = {32, 64}};
  const auto boxes = maskrcnn::original_boxes(candidates, frame, true);
  REQUIRE(boxes.size() == 1);
  CHECK(boxes[0] == maskrcnn::Box{30, 0, 40, 10});
  CHECK(candidates.labels == std::vector<int>{2});
  CHECK(candidates.boxes[0] == maskrcnn::Box{30, 0, 50, 10});
}
