/// How the tools are told to read images.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <maskrcnn/core/image_reading.hpp>
#include <maskrcnn/io/image_options.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <optional>
#include <string>

namespace segment {

/// What the user says; what is empty is the model's own.
struct ImageOptions {
  std::string exif_orientation{}, intensity{};
  std::optional<std::size_t> most_pixels{};

  /// Changes what the user says of a model's configuration, so that the model tells all of it.
  void apply_to(maskrcnn::ModelConfig& config) const {
    if (!exif_orientation.empty()) config.exif_orientation = maskrcnn::exif_orientation_named(exif_orientation);
    if (!intensity.empty()) config.intensity = *maskrcnn::intensity_named(intensity);
  }

  /// @param config of the model, as it was built; that of none, if there is no model
  [[nodiscard]] maskrcnn::io::ReadOptions read_options(maskrcnn::ModelConfig config) const {
    apply_to(config);
    maskrcnn::io::ReadOptions options = maskrcnn::io::read_options(config);
    if (most_pixels) options.most_pixels = *most_pixels;
    return options;
  }
};

inline void add_image_options(CLI::App& app, ImageOptions& options) {
  app.add_option(
         "--exif-orientation", options.exif_orientation,
         "whether images that their cameras have marked as turned are turned upright: apply or ignore (default: "
         "as the model was trained; detectron2: apply, torchvision: ignore)")
      ->type_name("WHAT")
      ->check(CLI::IsMember({"apply", "ignore"}));
  app.add_option("--intensity", options.intensity,
                 "make dim images, such as 12 bits in 16, fill the range, each channel for itself: none; minmax, from "
                 "its least to its largest value; percentile, from its percentile 1 to 99.8 (default: the model's, "
                 "else none)")
      ->type_name("HOW")
      ->check(CLI::IsMember({"none", "minmax", "percentile"}));
  app.add_option("--most-pixels", options.most_pixels,
                 "refuse images of more pixels (default: 268435456, as of 16384 x 16384; reading one takes up to ten "
                 "bytes a pixel)")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 40));
}

}  // namespace segment
