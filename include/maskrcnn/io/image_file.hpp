/// Image files: JPEG, PNG, BMP and PNM in, PNG and JPEG out.
///
/// Header-only, stb_image decodes, behind checks of ours. Where MASKRCNN_IMAGE_LIBRARIES is defined, as the CMake
/// target `maskrcnn::image_libraries` does, libjpeg-turbo and libspng do: several times as fast, safer, and pixels are
/// Pillow's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/image.hpp>
#include <maskrcnn/core/image_reading.hpp>
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
  /// Images of more are refused. The default is 16384 x 16384; memory for four to ten bytes a pixel is needed.
  std::size_t most_pixels = max_pixels;
  ExifOrientation exif_orientation = ExifOrientation::ignore;  ///< whether what a camera has turned is turned back
  Intensity intensity = Intensity::none;                       ///< whether dim images are made to fill the range
};

/// An image, and what its file says of it.
struct ImageFile {
  Image image{};
  int orientation = 1;           ///< as `image_orientation` has it, whether it was followed or not
  int bits = 8;                  ///< that a value has in the file, if they are more than 8
  std::uint8_t brightest = 255;  ///< the largest value of `image`, if `bits` are more than 8
};

/// Reads a JPEG, PNG, BMP or binary PNM file as 8-bit RGB. Grey is repeated in all three channels, alpha dropped; four
/// inks become what Pillow's `convert("RGB")` makes of them. Of 16 bits the upper 8 stay, as Pillow has it of RGB (grey
/// it cuts off at 255, torchvision's `decode_image` gives all 16), unless `intensity` spreads them, all 16; values of
/// PNM are scaled so that the file's largest possible one is white.
/// @throws Error that says whether the file is no such image, truncated or corrupt, of a kind that is not read, too
/// large for the limits here, or for the memory
[[nodiscard]] Image read_image(const std::string& path, const ReadOptions& options = {});

/// The same of a file in memory.
/// @param name for messages
[[nodiscard]] Image read_image(Bytes file, const std::string& name, const ReadOptions& options = {});

/// The same, with what the file says of its image.
[[nodiscard]] ImageFile read_image_file(const std::string& path, const ReadOptions& options = {});
[[nodiscard]] ImageFile read_image_file(Bytes file, const std::string& name, const ReadOptions& options = {});

/// How an image is turned in its JPEG or PNG file: Exif's orientation (in JPEG's APP1, in PNG's eXIf or in a text of
/// ImageMagick's), or XMP's where that says none, as Pillow's `getexif` finds it. 1 to 8; 1 is upright, and what files
/// without one are.
[[nodiscard]] int image_orientation(Bytes file);

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
