#include <maskrcnn/core/image.hpp>

#include "support.hpp"

using maskrcnn::Image;
using maskrcnn::ImageView;

TEST_CASE("an image owns its pixels, row by row") {
  Image image({.height = 2, .width = 3});
  CHECK(image.width() == 3);
  CHECK(image.height() == 2);
  image.row(1)[0] = 7;
  const ImageView view = image;
  CHECK(view.size() == image.size());
  CHECK(view.row(0)[0] == 0);
  CHECK(view.row(1)[0] == 7);
  CHECK(view.row(1) - view.row(0) == 9);
}

TEST_CASE("a view steps over padding between rows") {
  std::vector<std::uint8_t> pixels(2 * 16);
  pixels[16] = 5;
  const ImageView view(pixels.data(), {.height = 2, .width = 3}, 16);
  CHECK(view.row(1)[0] == 5);
}

TEST_CASE("pictures that cannot be are refused") {
  const std::uint8_t pixel[12] = {};
  CHECK(test::error_of([&] { ImageView(pixel, {.height = 0, .width = 1}); }) ==
        "image: expected at least one pixel, found 1 x 0");
  CHECK(test::contains(test::error_of([&] { ImageView(pixel, {.height = 1, .width = -4}); }), "found -4 x 1"));
  CHECK(test::contains(test::error_of([&] { ImageView(nullptr, {.height = 1, .width = 1}); }), "null pointer"));
  CHECK(test::error_of([&] { ImageView(pixel, {.height = 1, .width = 4}, 11); }) ==
        "image: expected rows of at least 12 bytes (4 RGB pixels), found a stride of 11");
  CHECK(test::contains(test::error_of([] { Image({.height = 2, .width = 2}, {1, 2, 3}); }), "expected 12 bytes"));
  CHECK(test::contains(test::error_of([] { Image({.height = -1, .width = 2}); }), "found 2 x -1"));
  CHECK(test::contains(test::error_of([] { (void)Image().view(); }), "expected at least one pixel"));
}
