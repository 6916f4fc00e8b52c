#include <maskrcnn/core/detection.hpp>

#include "support.hpp"

TEST_CASE("a mask stores a patch and answers for the whole image") {
  maskrcnn::Mask mask({.height = 10, .width = 12}, 3, 4, {.height = 2, .width = 3});
  CHECK(mask.area() == 0);
  mask.patch_row(0)[0] = 1;
  mask.patch_row(1)[2] = 1;
  CHECK(mask.area() == 2);
  CHECK(mask(3, 4));
  CHECK(mask(5, 5));
  CHECK_FALSE(mask(4, 4));
  for (const auto& [x, y] : {std::pair{2, 4}, {6, 4}, {3, 3}, {3, 6}, {-1, -1}, {1000, 1000}}) CHECK_FALSE(mask(x, y));
  CHECK(mask.image_size() == maskrcnn::Size{.height = 10, .width = 12});
  CHECK(mask.left() == 3);
  CHECK(mask.top() == 4);
  CHECK(mask.patch_size() == maskrcnn::Size{.height = 2, .width = 3});
  CHECK(mask == maskrcnn::Mask(mask));
}

TEST_CASE("a mask answers for coordinates of any size, and lies in its image") {
  constexpr int least = std::numeric_limits<int>::min(), most = std::numeric_limits<int>::max();
  maskrcnn::Mask mask({.height = 10, .width = 12}, 3, 4, {.height = 2, .width = 3});
  for (const int x : {least, -1, 4, most})
    for (const int y : {least, -1, most}) CHECK_FALSE((mask(x, y) || mask(y, x)));
  for (const std::array<int, 4>& place : {std::array{-1, 0, 1, 1},
                                          {0, -1, 1, 1},
                                          {0, 0, -1, 1},
                                          {0, 0, 13, 1},
                                          {12, 0, 1, 1},
                                          {0, 10, 1, 1},
                                          {most, most, most, most},
                                          {least, least, least, least}}) {
    CAPTURE(place[0]);
    CHECK(test::contains(test::error_of([&] {
                           maskrcnn::Mask({.height = 10, .width = 12}, place[0], place[1],
                                          {.height = place[3], .width = place[2]});
                         }),
                         "mask: expected a patch inside the image of 12 x 10 pixels, found one of "));
  }
}

TEST_CASE("an empty mask is 0 everywhere") {
  const maskrcnn::Mask none;
  CHECK(none.area() == 0);
  CHECK_FALSE(none(0, 0));
  const maskrcnn::Mask outside({.height = 5, .width = 5}, 5, 0, {.height = 5, .width = 0});
  CHECK(outside.area() == 0);
  CHECK_FALSE(outside(5, 0));
}

TEST_CASE("detections come apart in a structured binding") {
  const maskrcnn::Detections detections(1, {.box = {1, 2, 3, 4}, .label = 7, .score = 0.5F, .mask = {}});
  for (const auto& [box, label, score, mask] : detections) {
    CHECK(box == maskrcnn::Box{1, 2, 3, 4});
    CHECK(label == 7);
    CHECK(score == 0.5F);
    CHECK(mask.area() == 0);
  }
}
