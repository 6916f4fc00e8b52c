/// Label images: the pixels of each object have the object's number. How cell and nucleus data sets come.
#pragma once

#include <cstdint>
#include <maskrcnn/core/box.hpp>
#include <maskrcnn/io/file_bytes.hpp>
#include <maskrcnn/io/image_file.hpp>
#include <string>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

/// Numbers of objects, row by row; 0 is the background.
struct LabelImage {
  Size size;
  std::vector<std::uint16_t> labels;
};

/// Reads a grey PNG of 8 or 16 bits, values as they are in the file.
/// @throws Error if the file cannot be read, is no such PNG, is truncated or corrupt, or has more pixels than
/// `options` allow
[[nodiscard]] inline LabelImage read_label_image(const std::string& path, const ReadOptions& options = {}) {
  GreyPixels grey = read_grey_png(read_file(path, max_file_bytes, "image"), path, options);
  return {grey.size, std::move(grey.values)};
}

}  // namespace maskrcnn::io
