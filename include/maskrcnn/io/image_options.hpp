/// How image files are read for a model.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/io/image_file.hpp>
#include <maskrcnn/weights/model_config.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

/// As the model's images were read when it was trained: by its convention and its file's metadata.
/// @param config of a model: `io::read_image(path, io::read_options(model.config()))`
[[nodiscard]] inline ReadOptions read_options(const ModelConfig& config) {
  return {.exif_orientation = config.exif_orientation.value_or(ExifOrientation::ignore), .intensity = config.intensity};
}

}  // namespace maskrcnn::io
