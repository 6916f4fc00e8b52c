#include <maskrcnn/stages/preprocess.hpp>

#include <maskrcnn/stage_options.hpp>

#include "image_formats.hpp"
#include "support.hpp"

using maskrcnn::Index;
using maskrcnn::Preprocess;

TEST_CASE_TEMPLATE("images are normalised, resized and padded as torchvision does", T, float, double) {
  const test::Golden golden("preprocess");
  const Preprocess<T> preprocess({.min_size = 30, .max_size = 50});
  for (int i = 0; golden.has("case" + std::to_string(i) + ".image"); ++i) {
    const std::string name = "case" + std::to_string(i);
    const auto image = golden.image(name + ".image");
    const auto [tensor, frame] = preprocess(image);
    const auto expected = golden.tensor<T>(name + ".output");
    CAPTURE(name);
    CHECK(frame.original == image.size());
    CHECK(frame.resized == golden.size(name + ".resized"));
    CHECK(frame.padded == golden.size(name + ".padded"));
    CHECK(tensor.shape() == expected.shape());
    CHECK(test::difference(tensor.elements(), expected.elements()) < test::tolerance<T>);
  }
}

TEST_CASE("sizes are torchvision's, to the pixel") {
  const test::Golden golden("preprocess");
  const Preprocess<float> preprocess(maskrcnn::PreprocessOptions{});
  const auto table = golden.values<int>("sizes.table");
  for (std::size_t i = 0; i < table.size(); i += 6) {
    const auto frame = preprocess.frame({table[i], table[i + 1]});
    CAPTURE(table[i]);
    CAPTURE(table[i + 1]);
    CHECK(frame.resized == maskrcnn::Size{table[i + 2], table[i + 3]});
    CHECK(frame.padded == maskrcnn::Size{table[i + 4], table[i + 5]});
  }
}

TEST_CASE("extreme images keep at least a pixel") {
  const Preprocess<float> preprocess(maskrcnn::PreprocessOptions{});
  CHECK(preprocess.frame({1, 20000}).resized == maskrcnn::Size{1, 1333});
  CHECK(preprocess.frame({20000, 1}).resized == maskrcnn::Size{1333, 1});
  CHECK(preprocess.frame({1, 1}).resized == maskrcnn::Size{800, 800});
  const std::vector<std::uint8_t> line(3 * 20000, 255);
  const auto input = preprocess(maskrcnn::ImageView(line.data(), {1, 20000}));
  CHECK(input.tensor.shape() == maskrcnn::Shape<4>{1, 32, 1344, 3});
  CHECK(input.tensor(0, 0, 1332, 0) == doctest::Approx((1 - 0.485) / 0.229));
  CHECK(input.tensor(0, 0, 1333, 0) == 0);
  CHECK(input.tensor(0, 1, 0, 0) == 0);
}

TEST_CASE_TEMPLATE("the same image in any format is the same input, bit by bit", C, maskrcnn::Torchvision,
                   maskrcnn::Detectron2) {
  // larger, smaller, of the same height, of the same size
  for (const maskrcnn::Size size : {maskrcnn::Size{19, 23}, {61, 90}, {30, 47}, {30, 50}})
    for (const auto format : test::every_format) {
      maskrcnn::ModelConfig config;
      config.min_size = 30;
      config.max_size = 50;
      const Preprocess<float> preprocess(maskrcnn::preprocess_options<C>(config));
      const auto image = test::noise(size, format == maskrcnn::PixelFormat::grey);
      const auto host = test::in_format(image, format);
      const auto expected = preprocess(image), found = preprocess(host.view());
      CAPTURE(maskrcnn::layout_of(format).name);
      CHECK(found.frame.resized == expected.frame.resized);
      CHECK(std::ranges::equal(found.tensor.elements(), expected.tensor.elements()));
    }
}
