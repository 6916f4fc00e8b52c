#include <maskrcnn/core/frame.hpp>

#include "support.hpp"

TEST_CASE_TEMPLATE("a frame leads each axis back by its own ratio", T, float, double) {
  const maskrcnn::Frame frame{.original = {427, 640}, .resized = {800, 1199}, .padded = {800, 1216}};
  const auto box = frame.to_original(maskrcnn::BasicBox<T>{0, 100, 1199, 800});
  CHECK(box.x0 == 0);
  CHECK(box.y0 == doctest::Approx(100.0 * 427 / 800));
  CHECK(box.x1 == doctest::Approx(640));
  CHECK(box.y1 == doctest::Approx(427));
}
