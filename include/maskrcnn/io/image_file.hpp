/// Image files: JPEG, PNG, BMP and PNM in, PNG and JPEG out.
///
/// Header-only, stb_image decodes, behind checks of ours. Where MASKRCNN_IMAGE_LIBRARIES is defined, as the CMake
/// target `maskrcnn::image_libraries` does, libjpeg-turbo and libspng do: several times as fast, safer, and pixels are
/// Pillow's.
#pragma once

#include <cstddef>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/image.hpp>
#include <maskrcnn/io/bytes.hpp>
#include <maskrcnn/io/image_source.hpp>
#include <string>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

// all units of a program should be built one way; if two are not, their functions must not be taken for the same
#ifdef MASKRCNN_IMAGE_LIBRARIES
inline namespace by_image_libraries {
#else
inline namespace by_stb {
#endif

/// How an image file is read.
struct ReadOptions {
  std::size_t most_pixels = max_pixels;  ///< images of more are refused
};

/// Reads a JPEG, PNG, BMP or binary PNM file as 8-bit RGB. Grey is repeated in all three channels, alpha dropped, 16
/// bits reduced to their upper 8; four inks become what Pillow's `convert("RGB")` makes of them; orientation notes of
/// cameras are not followed.
/// @throws Error if the file cannot be read, is none of these, is truncated or corrupt, or has too many pixels
[[nodiscard]] Image read_image(const std::string& path, const ReadOptions& options = {});

/// The same of a file in memory.
/// @param name for messages
[[nodiscard]] Image read_image(Bytes file, const std::string& name, const ReadOptions& options = {});

/// A grey PNG of 8 or 16 bits, values as they are in the file.
/// @throws Error if it is no such PNG, truncated or corrupt, or has too many pixels
[[nodiscard]] GreyPixels read_grey_png(Bytes file, const std::string& name, const ReadOptions& options = {});

/// The bytes of an RGB PNG file.
/// @param name of the image, for messages
[[nodiscard]] std::string encode_png(const ImageView& image, const std::string& name = "an image");

/// The bytes of a JPEG file.
/// @param quality from 1 to 100
[[nodiscard]] std::string encode_jpeg(const Image& image, int quality, const std::string& name = "an image");

/// Writes an image as RGB PNG; the file appears under its name when it is complete.
/// @throws Error with the system's reason, if it cannot be written
void write_png(const std::string& path, const ImageView& image);

}  // inline namespace by_image_libraries or by_stb

}  // namespace maskrcnn::io

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/io/image_file.inl>
#endif
