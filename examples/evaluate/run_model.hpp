/// A model on all images of a data set.
#pragma once

#include <cstddef>
#include <maskrcnn/evaluate/dataset.hpp>
#include <maskrcnn/evaluate/image_losses.hpp>
#include <maskrcnn/io/image_file.hpp>
#include <string>
#include <vector>

#include "options.hpp"

namespace evaluation {

/// How the run went.
struct ModelRun {
  std::string weights;       ///< the file
  std::string architecture;  ///< its name
  std::size_t images = 0;
  double seconds = 0;  ///< that the model took for them, files not read in it
  int threads = 1;
  double score_threshold = 0.5;              ///< from which on an object counts as found, as the file has it
  std::size_t limit = 100;                   ///< objects per image that the model may find
  maskrcnn::io::ReadOptions read_options{};  ///< how images were read
  std::vector<std::string> notes{};          ///< and what came of it
  maskrcnn::evaluate::ImageLosses losses{};  ///< of all images; of none if they were not asked for

  [[nodiscard]] double images_per_second() const { return seconds > 0 ? static_cast<double>(images) / seconds : 0; }
};

/// Where an image of the data set is.
/// @throws Error if the data set does not say what it is called
[[nodiscard]] std::string path_of(const maskrcnn::evaluate::ImageInfo& image, const Options& options);

/// What the model of `options` finds. The category of a folder gets the name of the model's class, if it has but one.
/// @throws Error if the model or an image cannot be read, or an image has another size than the data set says
[[nodiscard]] maskrcnn::evaluate::Findings run_model(const Options& options, maskrcnn::evaluate::Dataset& data,
                                                     ModelRun& run);

}  // namespace evaluation
