#include <maskrcnn/core/box.hpp>

#include "support.hpp"

using maskrcnn::BasicBox;

TEST_CASE_TEMPLATE("a box is as wide as its corners are apart", T, float, double) {
  constexpr BasicBox<T> box{1, 2, 4, 8};
  CHECK(box.width() == 3);
  CHECK(box.height() == 6);
  CHECK(box.area() == 18);
}

TEST_CASE_TEMPLATE("clip clamps every corner to the image", T, float, double) {
  const maskrcnn::Size image{.height = 10, .width = 20};
  CHECK(clip(BasicBox<T>{-5, -6, 25, 12}, image) == BasicBox<T>{0, 0, 20, 10});
  CHECK(clip(BasicBox<T>{3, 4, 5, 6}, image) == BasicBox<T>{3, 4, 5, 6});
  CHECK(clip(BasicBox<T>{30, 40, 50, 60}, image) == BasicBox<T>{20, 10, 20, 10});
}

TEST_CASE_TEMPLATE("iou is the common area over the joint area", T, float, double) {
  CHECK(iou(BasicBox<T>{0, 0, 2, 2}, BasicBox<T>{0, 0, 2, 2}) == 1);
  CHECK(iou(BasicBox<T>{0, 0, 2, 2}, BasicBox<T>{1, 0, 3, 2}) == doctest::Approx(1.0 / 3));
  CHECK(iou(BasicBox<T>{0, 0, 2, 2}, BasicBox<T>{5, 5, 6, 6}) == 0);
  CHECK(iou(BasicBox<T>{0, 0, 2, 2}, BasicBox<T>{2, 0, 4, 2}) == 0);
  CHECK_FALSE(iou(BasicBox<T>{1, 1, 1, 1}, BasicBox<T>{1, 1, 1, 1}) > T{0});  // 0 / 0 is no overlap
}
