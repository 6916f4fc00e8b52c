#include <maskrcnn/io/brighten.hpp>

#include "image_formats.hpp"
#include "support.hpp"

using maskrcnn::Image;
using maskrcnn::io::brightened;

namespace {

/// 20 x 50 pixels of one grey, the first `count` of them of another.
[[nodiscard]] Image image(std::uint8_t grey, int count, std::uint8_t other) {
  Image image({20, 50});
  for (int i = 0; i < 1000; ++i) std::fill_n(image.row(i / 50) + 3 * (i % 50), 3, i < count ? other : grey);
  return image;
}

[[nodiscard]] int first(const Image& image) { return *image.row(0); }
[[nodiscard]] int last(const Image& image) { return *(image.row(19) + 3 * 50 - 1); }

}  // namespace

TEST_CASE("dim images fill the range, in their own proportions") {
  const Image result = brightened(image(17, 20, 51));
  CHECK(first(result) == 255);
  CHECK(last(result) == 85);
}

TEST_CASE("a few bright pixels do not keep an image dim") {
  const Image result = brightened(image(51, 4, 200));
  CHECK(first(result) == 255);
  CHECK(last(result) == 255);
}

TEST_CASE("black stays black, noise is not blown up, bright images stay as they are") {
  CHECK(last(brightened(image(0, 0, 0))) == 0);
  CHECK(last(brightened(image(3, 0, 0))) == 24);
  CHECK(last(brightened(image(100, 500, 255))) == 100);
}

TEST_CASE("images in other formats are brightened as in RGB") {
  Image dim = test::noise({20, 50}, false);
  std::for_each(dim.row(0), dim.row(19) + 150, [](std::uint8_t& value) { value /= 4; });
  const Image expected = brightened(dim);
  const Image found = brightened(test::in_format(dim, maskrcnn::PixelFormat::bgra).view());
  CHECK(std::equal(expected.row(0), expected.row(19) + 150, found.row(0)));
}
