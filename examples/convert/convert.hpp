/// What maskrcnn-convert does.
#pragma once

#include <maskrcnn/weights/weights.hpp>
#include <string>

#include "facts.hpp"

namespace convert {

using segment::Facts;

struct Options {
  std::string in, out;
  std::string labels;      ///< empty: what the file says
  std::string test_image;  ///< empty: a made-up one
  Facts facts;             ///< metadata that override the checkpoint's and what is recognised
  bool half = false;
};

/// Writes `out` and says on standard output what is in it.
/// @throws Error if the checkpoint cannot be read, is of no known model or incomplete, if the file cannot be written,
/// or if what is read back from it does not find what the checkpoint finds; then no file stays
void run(const Options& options);

/// Says on standard output what a file is: format, model, classes, tensors; and what a model misses in it or cannot
/// use. Returns whether a model can be built of it.
/// @param facts metadata that override the file's
/// @throws Error if the file cannot be read
[[nodiscard]] bool inspect(const std::string& path, const Facts& facts);

}  // namespace convert
