/// What the user of maskrcnn-evaluate asks for.
#pragma once

#include <optional>
#include <string>

#include "facts.hpp"
#include "image_options.hpp"

namespace evaluation {

struct Options {
  std::string data;                       ///< a folder or a COCO instances file
  std::string images;                     ///< empty: the folder, or that of the COCO file
  std::string ids;                        ///< file with paths of images, or their ends; empty: all
  std::string weights;                    ///< empty: the bundled model
  std::string detections;                 ///< COCO results to score in place of a model's; empty: none
  std::string json, html;                 ///< empty: none
  std::string save_detections;            ///< empty: none
  std::optional<double> score_threshold;  ///< empty: the model's own, or 0.5
  std::optional<double> model_threshold;  ///< empty: the model's own, or what COCO's numbers need if that is less
  std::optional<int> max_detections;
  std::optional<int> threads;
  std::string precision = "fp32";  ///< or "bf16"
  segment::Facts facts;            ///< that are believed before the weights' own
  segment::ImageOptions reading;
  bool losses = true;
  int examples = 4;  ///< images in the page that came out best, and as many that came out worst
};

/// Reads the command line. Empty if there is nothing to do: `exit_code` is then 0 (help and version were printed) or 2
/// (wrong usage, and a line that says so was printed).
[[nodiscard]] std::optional<Options> read_options(int argc, const char* const* argv, int& exit_code);

}  // namespace evaluation
