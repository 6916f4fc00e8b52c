#include <maskrcnn/evaluate/comparison_image.hpp>

#include "evaluate/report_data.hpp"

using maskrcnn::Image;
using maskrcnn::evaluate::draw_comparison;
using maskrcnn::evaluate::Measure;
using maskrcnn::evaluate::missed_colour;
using maskrcnn::evaluate::right_colour;
using maskrcnn::evaluate::wrong_colour;

namespace {

constexpr int scale = 5;  // images of 100 x 100 come out so many times as large

/// So bright that it is drawn on as it is.
[[nodiscard]] Image white() {
  Image image({100, 100});
  for (int y = 0; y < 100; ++y) std::fill_n(image.row(y), 300, std::uint8_t{255});
  return image;
}

[[nodiscard]] maskrcnn::io::Colour at(const Image& image, int x, int y) {
  const std::uint8_t* const pixel = image.row(y) + 3 * x;
  return {pixel[0], pixel[1], pixel[2]};
}

/// Whether an object that begins in column `x` and has pixels in row `y` is outlined in a colour.
[[nodiscard]] bool outlined(const Image& drawing, int x, int y, const maskrcnn::io::Colour& colour) {
  return at(drawing, scale * x, scale * y) == colour;
}

}  // namespace

TEST_CASE("objects are drawn in the colour of what came of them") {
  const auto data = test::report_data();
  const auto findings = test::report_findings();
  const Image image = white();
  const auto ground = at(image, 0, 0);
  for (const Measure measure : {Measure::box, Measure::mask}) {
    const auto first = draw_comparison(image, data, findings.objects, 0, 0.5, measure);
    CHECK(first.truth.size() == maskrcnn::Size{100 * scale, 100 * scale});
    CHECK(first.prediction.size() == first.truth.size());
    CHECK(outlined(first.truth, 10, 20, right_colour));
    CHECK(outlined(first.truth, 60, 70, missed_colour));
    CHECK(outlined(first.prediction, 10, 20, right_colour));
    CHECK(outlined(first.prediction, 60, 70, ground));
    CHECK(outlined(first.prediction, 5, 70, right_colour));  // in the crowd: nobody calls it wrong

    // objects of other images are not drawn
    const auto second = draw_comparison(image, data, findings.objects, 1, 0.5, measure);
    CHECK(outlined(second.truth, 10, 20, right_colour));
    CHECK(outlined(second.truth, 60, 65, ground));
    CHECK(outlined(second.prediction, 10, 20, right_colour));
    CHECK(outlined(second.prediction, 60, 65, wrong_colour));
  }
}

TEST_CASE("what scores less than a prediction is not drawn, and its object is missed") {
  const auto data = test::report_data();
  const auto findings = test::report_findings();
  const Image image = white();
  const auto above = draw_comparison(image, data, findings.objects, 3, 0.5, Measure::mask);
  CHECK(outlined(above.truth, 10, 15, missed_colour));
  CHECK(outlined(above.prediction, 10, 15, at(image, 0, 0)));
  const auto below = draw_comparison(image, data, findings.objects, 3, 0.3, Measure::mask);
  CHECK(outlined(below.truth, 10, 15, right_colour));
  CHECK(outlined(below.prediction, 10, 15, right_colour));
}

TEST_CASE("masks are filled, boxes are outlines") {
  const auto data = test::report_data();
  const auto findings = test::report_findings();
  const Image image = white();
  const auto ground = at(image, 0, 0);
  CHECK_FALSE(outlined(draw_comparison(image, data, findings.objects, 0, 0.5, Measure::mask).truth, 20, 20, ground));
  CHECK(outlined(draw_comparison(image, data, findings.objects, 0, 0.5, Measure::box).truth, 20, 20, ground));
}

TEST_CASE("a mask of an image of another size is drawn as its box, also where its width is negative") {
  auto data = test::dataset(1, {test::truth(1, 0, 10, 10, 20, 20)});
  data.truths[0].box = {30, 10, -20, 20};
  data.truths[0].mask = maskrcnn::evaluate::Region(maskrcnn::io::Rle{.size = {5000, 5000}, .counts = {0, 25'000'000}});
  const Image image = white();
  const Image drawn = draw_comparison(image, data, {}, 0, 0.5, Measure::mask).truth;
  CHECK(outlined(drawn, 10, 20, missed_colour));
  CHECK(outlined(drawn, 20, 20, at(image, 0, 0)));  // an outline
}

TEST_CASE("an image without objects is shown as it is") {
  const Image image = white();
  const auto drawn = draw_comparison(image, test::report_data(), {}, 2, 0.5, Measure::mask);
  bool plain = true;
  for (int y = 0; y < drawn.truth.height(); ++y)
    for (int x = 0; x < 3 * drawn.truth.width(); ++x)
      plain = plain && drawn.truth.row(y)[x] == 255 && drawn.prediction.row(y)[x] == 255;
  CHECK(plain);
}
