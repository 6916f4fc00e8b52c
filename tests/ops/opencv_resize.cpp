#include <maskrcnn/ops/opencv_resize.hpp>

#include "support.hpp"

namespace {

[[nodiscard]] bool same(const maskrcnn::Image& a, const maskrcnn::Image& b) {
  bool same = a.size() == b.size();
  for (int y = 0; same && y < a.height(); ++y) same = std::equal(a.row(y), a.row(y) + 3 * a.width(), b.row(y));
  return same;
}

}  // namespace

TEST_CASE("images are resized as OpenCV does, to the bit") {
  const test::Golden golden("opencv_resize");
  int cases = 0;
  for (; golden.has("case" + std::to_string(cases) + ".image"); ++cases) {
    const std::string name = "case" + std::to_string(cases);
    CAPTURE(name);
    const auto expected = golden.image(name + ".resized");
    CHECK(same(maskrcnn::opencv_resize(golden.image(name + ".image"), expected.size()), expected));
  }
  CHECK(cases == 19);
}

TEST_CASE("the order of an image's channels is minded") {
  const test::Golden golden("opencv_resize");
  for (const std::string name : {"case1", "case10"}) {  // the second by half
    const auto rgb = golden.image(name + ".image");
    std::vector<std::uint8_t> bgra;
    for (int y = 0; y < rgb.height(); ++y)
      for (int x = 0; x < rgb.width(); ++x)
        for (const int c : {2, 1, 0, 0}) bgra.push_back(rgb.row(y)[3 * x + c]);
    const maskrcnn::ImageView view(bgra.data(), rgb.size(), {.format = maskrcnn::PixelFormat::bgra});
    const auto expected = golden.image(name + ".resized");
    CHECK(same(maskrcnn::opencv_resize(view, expected.size()), expected));
  }
}
