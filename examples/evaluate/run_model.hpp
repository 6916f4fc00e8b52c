/// A model on all pictures of a data set.
#pragma once

#include <cstddef>
#include <maskrcnn/evaluate/dataset.hpp>
#include <maskrcnn/evaluate/picture_losses.hpp>
#include <string>

#include "options.hpp"

namespace evaluation {

/// How the run went.
struct ModelRun {
  std::string weights;       ///< the file
  std::string architecture;  ///< its name
  std::size_t pictures = 0;
  double seconds = 0;  ///< that the model took for them, files not read in it
  int threads = 1;
  double score_threshold = 0.5;                ///< from which on an object counts as found, as the file has it
  std::size_t limit = 100;                     ///< objects per picture that the model may find
  maskrcnn::evaluate::PictureLosses losses{};  ///< of all pictures; of none if they were not asked for

  [[nodiscard]] double pictures_per_second() const { return seconds > 0 ? static_cast<double>(pictures) / seconds : 0; }
};

/// Where a picture of the data set is.
[[nodiscard]] std::string path_of(const maskrcnn::evaluate::Picture& picture, const Options& options);

/// What the model of `options` finds. The category of a folder gets the name of the model's class, if it has but one.
/// @throws Error if the model or a picture cannot be read, or a picture has another size than the data set says
[[nodiscard]] maskrcnn::evaluate::Findings run_model(const Options& options, maskrcnn::evaluate::Dataset& data,
                                                     ModelRun& run);

}  // namespace evaluation
