/// What the tests of the evaluator share: regions drawn by hand, data sets of a few squares, golden lines.
#pragma once

#include <fstream>
#include <maskrcnn/evaluate/dataset.hpp>
#include <maskrcnn/evaluate/region.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support.hpp"

namespace test {

/// A region drawn as rows of text: '#' is inside.
[[nodiscard]] inline maskrcnn::evaluate::Region drawn(const std::vector<std::string>& rows) {
  const maskrcnn::Size size{static_cast<int>(rows.size()), static_cast<int>(rows.front().size())};
  maskrcnn::Mask mask(size, 0, 0, size);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      mask.patch_row(y)[x] = rows[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] == '#' ? 1 : 0;
  return maskrcnn::evaluate::Region(maskrcnn::io::encode_rle(mask));
}

/// A rectangle of whole pixels in an image of 100 x 100.
[[nodiscard]] inline maskrcnn::evaluate::Region square(int x, int y, int width, int height) {
  std::vector<std::uint32_t> borders;
  for (int column = x; column < x + width; ++column)
    for (const int row : {y, y + height}) borders.push_back(static_cast<std::uint32_t>(100 * column + row));
  return maskrcnn::evaluate::Region::between(borders, {100, 100});
}

[[nodiscard]] inline maskrcnn::evaluate::Truth truth(std::int64_t id, std::size_t image, int x, int y, int width,
                                                     int height, bool crowd = false) {
  const auto mask = square(x, y, width, height);
  return {.id = id,
          .image = image,
          .category = 0,
          .box = mask.bounds(),
          .area = double(mask.area()),
          .crowd = crowd,
          .mask = mask};
}

[[nodiscard]] inline maskrcnn::evaluate::Found found(double score, std::size_t image, int x, int y, int width,
                                                     int height) {
  const auto mask = square(x, y, width, height);
  return {
      .image = image, .category = 0, .score = score, .box = mask.bounds(), .area = double(mask.area()), .mask = mask};
}

/// Images of 100 x 100 and one category.
[[nodiscard]] inline maskrcnn::evaluate::Dataset dataset(std::size_t images,
                                                         const std::vector<maskrcnn::evaluate::Truth>& truths) {
  maskrcnn::evaluate::Dataset data{.name = "made", .categories = {{.id = 1, .name = "square"}}, .truths = truths};
  for (std::size_t i = 0; i < images; ++i)
    data.images.push_back({.id = static_cast<std::int64_t>(i + 1),
                           .file_name = std::string("p").append(std::to_string(i)).append(".png"),
                           .size = {100, 100}});
  return data;
}

/// The JSON lines of a golden file, written by golden/make_coco.py.
[[nodiscard]] inline std::vector<nlohmann::json> golden_lines(const char* name) {
  std::vector<nlohmann::json> lines;
  std::ifstream file(std::string(MASKRCNN_GOLDEN_DIR "/coco/").append(name));
  for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line));
  REQUIRE_FALSE(lines.empty());
  return lines;
}

}  // namespace test
