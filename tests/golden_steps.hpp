/// Steps of a convention whose decisions must be equal: what golden files of the originals say of sizes and levels.
#pragma once

#include <maskrcnn/stage_options.hpp>

#include "support.hpp"

namespace test {

/// Rows of "sizes.table": height and width of an image, and of the resized one.
template <maskrcnn::Convention C>
void check_sizes(const Golden& golden) {
  const maskrcnn::Preprocess<float> preprocess(maskrcnn::preprocess_options<C>({}));
  const auto table = golden.values<int>("sizes.table");
  for (std::size_t i = 0; i < table.size(); i += 4) {
    CAPTURE(table[i]);
    CAPTURE(table[i + 1]);
    CHECK(preprocess.frame({table[i], table[i + 1]}).resized == maskrcnn::Size{table[i + 2], table[i + 3]});
  }
}

/// Which of P2..P5 each of "levels.boxes" is read from.
template <maskrcnn::Convention C>
void check_levels(const Golden& golden) {
  const auto boxes = golden.boxes<float>("levels.boxes");
  const auto expected = golden.values<std::size_t>("levels.levels");
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    CAPTURE(boxes[i].width());
    CAPTURE(boxes[i].height());
    CHECK(maskrcnn::roi_level(boxes[i], 1.0F / 4, 1.0F / 32, maskrcnn::roi_level_options<C>(4, 4)) == expected[i]);
  }
}

}  // namespace test
