/// Class names from a file.
#pragma once

#include <maskrcnn/core/error.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <string>
#include <vector>

#include "read_lines.hpp"

namespace segment {

/// Names by label, one a line; for a model whose first class is the background, whether the file names that or not.
/// @throws Error if the file cannot be read or has another number of names than the model has classes
[[nodiscard]] inline std::vector<std::string> read_labels(const std::string& path, const maskrcnn::Weights& weights) {
  std::vector<std::string> names = read_lines(path, "labels");
  const auto* const predictor = weights.find("roi_heads.box_predictor.cls_score.bias");
  const std::size_t classes = predictor == nullptr ? 0 : predictor->count();
  const bool background_last = maskrcnn::convention_of(weights) == "detectron2";
  const std::size_t expected = background_last && classes > 0 ? classes - 1 : classes;
  if (!background_last && names.size() + 1 == expected) names.insert(names.begin(), "__background__");
  if (names.size() != expected)
    maskrcnn::fail("labels: expected ", expected, " names",
                   background_last ? "" : ", or one less without the background", ", found ", names.size(), " (file ",
                   path, ")");
  return names;
}

}  // namespace segment
