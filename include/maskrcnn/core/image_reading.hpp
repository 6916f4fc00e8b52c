/// How the pixels of an image file become those that a model sees, where readers of images differ.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <optional>
#include <string_view>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Whether an image that its camera has marked as turned (Exif's orientation, 2 to 8) is turned upright. `apply`:
/// Pillow's `ImageOps.exif_transpose`, and detectron2's reader; `ignore`: pixels as they are stored, as torchvision has
/// them.
enum class ExifOrientation { ignore, apply };

/// Whether the values of a channel are spread over the whole range. Microscopes keep 10, 12 or 14 bits in 16, and 8-bit
/// images of them may be dim. `none`: white is what the format says; `minmax`: a channel's least value becomes black,
/// its largest white; `percentile`: its percentiles 1 and 99.8 do (see `io/intensity.hpp`).
enum class Intensity { none, minmax, percentile };

/// As metadata and command lines say it.
[[nodiscard]] constexpr const char* name_of(ExifOrientation orientation) {
  return orientation == ExifOrientation::apply ? "apply" : "ignore";
}
[[nodiscard]] constexpr const char* name_of(Intensity intensity) {
  return intensity == Intensity::minmax ? "minmax" : intensity == Intensity::percentile ? "percentile" : "none";
}

/// The one that a name says; empty, if it is none.
[[nodiscard]] constexpr std::optional<ExifOrientation> exif_orientation_named(std::string_view name) {
  for (const auto orientation : {ExifOrientation::ignore, ExifOrientation::apply})
    if (name == name_of(orientation)) return orientation;
  return std::nullopt;
}
[[nodiscard]] constexpr std::optional<Intensity> intensity_named(std::string_view name) {
  for (const auto intensity : {Intensity::none, Intensity::minmax, Intensity::percentile})
    if (name == name_of(intensity)) return intensity;
  return std::nullopt;
}

}  // namespace maskrcnn
