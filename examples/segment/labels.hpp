/// Class names from a file.
#pragma once

#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/labels.hpp>
#include <maskrcnn/weights/weights.hpp>
#include <string>
#include <vector>

#include "read_lines.hpp"

namespace segment {

/// Names by label, one a line; for a model whose first class is the background, whether the file names that or not.
/// @throws Error if the file cannot be read or has another number of names than the model has classes
[[nodiscard]] inline std::vector<std::string> read_labels(const std::string& path, const maskrcnn::Weights& weights) {
  std::vector<std::string> names = read_lines(path, "labels");
  const maskrcnn::Labels labels = maskrcnn::labels_of(weights);
  const bool named_background = labels.begin() > 0;
  const std::size_t expected = labels.names();
  if (named_background && names.size() == labels.objects()) names.insert(names.begin(), "__background__");
  if (names.size() != expected)
    maskrcnn::fail("labels: expected ", expected, " names",
                   named_background ? ", or one less without the background" : "", ", found ", names.size(), " (file ",
                   path, ")");
  return names;
}

}  // namespace segment
