#include <maskrcnn/core/image.hpp>

#include "image_formats.hpp"
#include "support.hpp"

using maskrcnn::Image;
using maskrcnn::ImageView;
using maskrcnn::PixelFormat;

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

TEST_CASE("a view reads what hosts have: BGR, alpha, grey") {
  const std::uint8_t bgra[] = {1, 2, 3, 255, 4, 5, 6, 0};
  const ImageView view(bgra, {.height = 1, .width = 2}, {.format = PixelFormat::bgra});
  CHECK(view.stride() == 8);
  CHECK(view.layout().bytes == 4);
  const Image rgb = maskrcnn::to_rgb(view);
  CHECK(std::vector<std::uint8_t>(rgb.row(0), rgb.row(0) + 6) == std::vector<std::uint8_t>{3, 2, 1, 6, 5, 4});

  for (const PixelFormat format : test::every_format) {
    const Image image = test::noise({.height = 5, .width = 7}, format == PixelFormat::grey);
    const Image copy = maskrcnn::to_rgb(test::in_format(image, format).view());
    CAPTURE(maskrcnn::layout_of(format).name);
    CHECK(copy.size() == image.size());
    CHECK(std::equal(copy.row(0), copy.row(4) + 21, image.row(0)));
  }
}

TEST_CASE("images that cannot be are refused") {
  const std::uint8_t pixel[12] = {};
  CHECK(test::error_of([&] { ImageView(pixel, {.height = 0, .width = 1}); }) ==
        "image: expected at least one pixel, found 1 x 0");
  CHECK(test::contains(test::error_of([&] { ImageView(pixel, {.height = 1, .width = -4}); }), "found -4 x 1"));
  CHECK(test::contains(test::error_of([&] { ImageView(nullptr, {.height = 1, .width = 1}); }), "null pointer"));
  CHECK(test::error_of([&] { ImageView(pixel, {.height = 1, .width = 4}, 11); }) ==
        "image: expected rows of at least 12 bytes (4 RGB pixels), found a stride of 11");
  CHECK(test::error_of([&] {
          ImageView(pixel, {1, 4}, {.format = PixelFormat::rgba, .stride = 12});
        }) == "image: expected rows of at least 16 bytes (4 RGBA pixels), found a stride of 12");
  CHECK(test::error_of([&] {
          ImageView(pixel, {1, 4}, {.format = PixelFormat::grey, .stride = 3});
        }) == "image: expected rows of at least 4 bytes (4 grey pixels), found a stride of 3");
  CHECK(test::contains(test::error_of([] { Image({.height = 2, .width = 2}, {1, 2, 3}); }), "expected 12 bytes"));
  CHECK(test::contains(test::error_of([] { Image({.height = -1, .width = 2}); }), "found 2 x -1"));
  CHECK(test::contains(test::error_of([] { (void)Image().view(); }), "expected at least one pixel"));
}
