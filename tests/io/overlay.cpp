#include <maskrcnn/io/overlay.hpp>

#include "image_formats.hpp"
#include "support.hpp"

using maskrcnn::Detections;
using maskrcnn::Image;
using maskrcnn::io::draw_overlay;

namespace {

/// One object: a filled square of the image.
[[nodiscard]] Detections square(maskrcnn::Size image, int left, int top, int side) {
  maskrcnn::Mask mask(image, left, top, {side, side});
  for (int y = 0; y < side; ++y) std::fill_n(mask.patch_row(y), side, std::uint8_t{1});
  const auto edge = [](int at) { return static_cast<float>(at); };
  return {
      {.box = {edge(left), edge(top), edge(left + side), edge(top + side)}, .label = 1, .score = 0.9F, .mask = mask}};
}

[[nodiscard]] bool black(const Image& image, int x, int y) {
  const std::uint8_t* const pixel = image.row(y) + 3 * x;
  return pixel[0] == 0 && pixel[1] == 0 && pixel[2] == 0;
}

}  // namespace

TEST_CASE("objects are tinted, the rest of the image stays") {
  const maskrcnn::Size size{800, 900};  // large enough not to be enlarged
  const Image overlay = draw_overlay(Image(size), square(size, 300, 400, 200), {"__background__", "thing"});
  CHECK(overlay.size() == size);
  CHECK_FALSE(black(overlay, 400, 500));
  CHECK(black(overlay, 100, 100));
  CHECK(black(overlay, 700, 500));
}

TEST_CASE("small images are enlarged by a whole number") {
  const maskrcnn::Size size{100, 120};
  const Image overlay = draw_overlay(Image(size), Detections{}, {});
  CHECK(overlay.height() % size.height == 0);
  CHECK(overlay.height() / size.height == overlay.width() / size.width);
  CHECK(overlay.height() > size.height);
}

TEST_CASE("objects at, beyond and without a place in the image are drawn without a fault") {
  const maskrcnn::Size size{40, 30};
  for (const int side : {1, 2, 30}) {
    const Image overlay = draw_overlay(Image(size), square(size, 0, 0, side), {});
    const int scale = overlay.width() / size.width;
    CHECK(overlay.size() == maskrcnn::Size{scale * size.height, scale * size.width});
    CHECK_FALSE(black(overlay, 0, 0));
    CHECK(black(overlay, overlay.width() - 1, overlay.height() - 1));
  }
  const Detections odd{
      {.box = {-50, -50, 500, 500}, .label = 3, .score = 1, .mask = maskrcnn::Mask(size, 30, 40, {0, 0})},
      {.box = {5, 5, 5, 5}, .label = -1, .score = 0, .mask = {}}};
  const Image overlay = draw_overlay(Image(size), odd, {"a name with \xC3\xA4 and \xFF"});
  CHECK(overlay.width() * size.height == overlay.height() * size.width);
  const Image dot = draw_overlay(Image({1, 1}), Detections{}, {});
  CHECK(dot.width() == dot.height());
  CHECK(black(dot, 0, 0));
}

TEST_CASE("overlays of images in any format are those of the same image as RGB") {
  for (const maskrcnn::Size size : {maskrcnn::Size{40, 30}, {800, 600}})  // enlarged, and not
    for (const auto format : test::every_format) {
      const Image image = test::noise(size, format == maskrcnn::PixelFormat::grey);
      const Image expected = draw_overlay(image, square(size, 5, 5, 20), {});
      const Image found = draw_overlay(test::in_format(image, format).view(), square(size, 5, 5, 20), {});
      CHECK(std::equal(expected.row(0), expected.row(0) + std::ptrdiff_t{3} * expected.width() * expected.height(),
                       found.row(0)));
    }
}

TEST_CASE("keypoints that are sure are dots, those of people joined to a skeleton") {
  const maskrcnn::Size size{800, 900};
  maskrcnn::KeypointDetections one(1);
  one[0].box = {300, 200, 500, 700};
  one[0].keypoints.assign(17, {.x = 400, .y = 300, .score = -1});
  one[0].keypoints[11] = {.x = 350, .y = 400, .score = 2};  // left hip,
  one[0].keypoints[13] = {.x = 350, .y = 600, .score = 2};  // knee
  const maskrcnn::io::OverlayStyle style{.boxes = false, .tags = false};
  const Image person = draw_overlay(Image(size), one, {}, style);
  CHECK_FALSE(black(person, 350, 400));
  CHECK_FALSE(black(person, 350, 500));  // the thigh
  CHECK(black(person, 400, 300));        // not sure
  CHECK(black(person, 370, 500));
  one[0].keypoints.pop_back();  // somebody else's keypoints
  const Image other = draw_overlay(Image(size), one, {}, style);
  CHECK_FALSE(black(other, 350, 600));
  CHECK(black(other, 350, 500));
  // no numbers, far outside: nothing is drawn, nothing fails
  one[0].keypoints = {{.x = std::numeric_limits<float>::quiet_NaN(), .y = 3, .score = 9},
                      {.x = 1e30F, .y = -1e30F, .score = 9}};
  CHECK(black(draw_overlay(Image(size), one, {}, style), 400, 400));
}
