/// Label images: the pixels of each object have the object's number. How cell and nucleus data sets come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/io/file_bytes.hpp>
#include <maskrcnn/io/image_file.hpp>
#include <maskrcnn/io/picture_checks.hpp>
#include <string>
#include <vector>

namespace maskrcnn::io {

/// Numbers of objects, row by row; 0 is the background.
struct LabelImage {
  Size size;
  std::vector<std::uint16_t> labels;
};

/// Reads a grey PNG of 8 or 16 bits, values as they are in the file.
/// @throws Error if the file cannot be read, is no such PNG, is truncated or corrupt, or has more than `max_pixels`
[[nodiscard]] inline LabelImage read_label_image(const std::string& path) {
  const auto bytes = read_file(path, max_file_bytes, "image");
  const Bytes file(bytes);
  if (image_file::format_of(file) != image_file::Format::png || file.size() < 26)
    fail("image: expected a grey PNG with the numbers of objects, found something else in ", path);
  // the header comes first: width, height, depth, colour (PNG specification, 11.2.2)
  const int depth = file[24], colour = file[25];
  if (colour != 0 || (depth != 8 && depth != 16))
    fail("image: expected a grey PNG of 8 or 16 bits with the numbers of objects, found ", depth,
         " bits of colour type ", colour, " in ", path);
  LabelImage image;
  const auto take = [&](const auto& pixels) {
    const std::size_t count = static_cast<std::size_t>(image.size.width) * static_cast<std::size_t>(image.size.height);
    image.labels.assign(pixels.get(), pixels.get() + count);
  };
  if (depth == 16)
    take(image_file::decode<std::uint16_t>(file, path, "PNG", png_fault(file), 1, image.size));
  else
    take(image_file::decode<std::uint8_t>(file, path, "PNG", png_fault(file), 1, image.size));
  return image;
}

}  // namespace maskrcnn::io
