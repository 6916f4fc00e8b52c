/// What the decoders of image files share: the file, the limits, the words of a refusal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/io/bytes.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

/// The largest image file that is read, in bytes.
inline constexpr std::size_t max_file_bytes = std::size_t{512} << 20;
/// The largest image that is read or written, in pixels (16384 x 16384).
inline constexpr std::size_t max_pixels = std::size_t{1} << 28;

/// An image file on its way through a decoder.
struct ImageSource {
  Bytes file;
  std::string_view name;    ///< of the file, for messages
  const char* format = "";  ///< "JPEG"
  std::size_t most_pixels = max_pixels;

  /// @throws Error, always
  [[noreturn]] void refuse(std::string_view reason) const {
    fail("image: ", name, " is a truncated or corrupt ", format, ": ", reason);
  }

  /// @throws Error if an image of this size has no pixel, or too many
  void check_size(std::uint64_t width, std::uint64_t height) const {
    if (width < 1 || height < 1)
      fail("image: ", name, " is ", width, " x ", height, " pixels, expected at least 1 x 1");
    if (width > most_pixels || height > most_pixels / width)
      fail("image: ", name, " is ", width, " x ", height, " pixels, expected at most ", most_pixels, " in all");
  }
};

/// Pixels of one channel as a file has them, 8 or 16 bits, row by row.
struct GreyPixels {
  Size size;
  std::vector<std::uint16_t> values;
};

}  // namespace maskrcnn::io
