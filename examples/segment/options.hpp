/// What the user of the tool asks for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "facts.hpp"
#include "image_options.hpp"

namespace segment {

struct Options {
  std::string weights;  ///< empty: the bundled model
  std::string output = ".";
  std::string json;     ///< empty: none
  std::string profile;  ///< empty: none
  std::string labels;   ///< empty: the model's names
  Facts facts;          ///< that are believed before the weights' own
  bool verify = false;  ///< run the weights' self-test first
  std::optional<int> threads;
  std::optional<double> score_threshold;
  std::optional<int> max_detections;
  std::string precision = "fp32";  ///< or "bf16"
  ImageOptions reading;
  std::vector<std::string> images;
};

/// Reads the command line. Empty if there is nothing to do: `exit_code` is then 0 (help and version were printed) or 2
/// (wrong usage, and a line that says so was printed).
[[nodiscard]] std::optional<Options> read_options(int argc, const char* const* argv, int& exit_code);

}  // namespace segment
