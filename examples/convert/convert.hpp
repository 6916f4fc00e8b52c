/// What maskrcnn-convert does.
#pragma once

#include <string>

namespace convert {

struct Options {
  std::string in, out;
  std::string labels;      ///< empty: what the file says
  std::string test_image;  ///< empty: a made-up one
  bool half = false;
};

/// Writes `out` and says on standard output what is in it.
/// @throws Error if the checkpoint cannot be read, is of no known model or incomplete, or the file cannot be written
void run(const Options& options);

/// Says on standard output what a file is: format, model, classes, tensors; and what a model misses in it or cannot
/// use. Returns whether a model can be built of it.
/// @throws Error if the file cannot be read
[[nodiscard]] bool inspect(const std::string& path);

}  // namespace convert
