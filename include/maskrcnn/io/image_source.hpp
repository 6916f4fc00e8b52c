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
/// The largest image that is read unless the caller allows more, in pixels (16384 x 16384).
inline constexpr std::size_t max_pixels = std::size_t{1} << 28;

/// The largest side of an image, in pixels: the bytes of a row are counted in `int` here and there.
inline constexpr std::size_t max_side = std::size_t{1} << 28;

/// Why an image file is not read.
struct ImageFault {
  std::string reason{};  ///< empty: there is none
  bool of_kind = false;  ///< whether the file may be whole, but is of a kind that is not read
};

/// An image file on its way through a decoder.
struct ImageSource {
  Bytes file;
  std::string_view name;    ///< of the file, for messages
  const char* format = "";  ///< "JPEG"
  std::size_t most_pixels = max_pixels;
  Size size{};  ///< as its header says; 0 x 0 before that is read

  /// @throws Error, always: the file is not what it should be
  [[noreturn]] void refuse(std::string_view reason) const {
    fail("image: ", name, " is a truncated or corrupt ", format, ": ", reason);
  }

  /// @throws Error, always: the file may be whole, and other programs may read it
  [[noreturn]] void refuse_kind(std::string_view reason) const {
    fail("image: ", name, " is a ", format, " of a kind that is not read: ", reason);
  }

  /// @throws Error if there is a fault
  void require_none(const ImageFault& fault) const {
    if (fault.reason.empty()) return;
    if (fault.of_kind) refuse_kind(fault.reason);
    refuse(fault.reason);
  }

  /// @throws Error, always
  [[noreturn]] void out_of_memory() const {
    fail("image: ", name, ", ", size.width, " x ", size.height, " pixels, needs more memory than there is");
  }

  /// @param limit what it is that has one, and what to do
  /// @throws Error, always
  [[noreturn]] void too_large(std::uint64_t width, std::uint64_t height, std::size_t most,
                              std::string_view limit) const {
    fail("image: ", name, " is ", width, " x ", height, " pixels, expected at most ", most, " ", limit);
  }

  /// Takes the size that the file's header says.
  /// @throws Error if an image of this size has no pixel, or too many
  void set_size(std::uint64_t width, std::uint64_t height) {
    if (width < 1 || height < 1)
      fail("image: ", name, " is ", width, " x ", height, " pixels, expected at least 1 x 1");
    if (width > most_pixels || height > most_pixels / width)
      too_large(width, height, most_pixels,
                "in all: cut it into tiles, or raise the limit, ReadOptions::most_pixels (--most-pixels of the tools)");
    if (width > max_side || height > max_side) too_large(width, height, max_side, "a side: cut it into tiles");
    size = {static_cast<int>(height), static_cast<int>(width)};
  }
};

[[nodiscard]] constexpr std::size_t pixels_of(Size size) {
  return static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height);
}

/// Pixels of one channel as a file has them, 8 or 16 bits, row by row.
struct GreyPixels {
  Size size;
  std::vector<std::uint16_t> values;
};

/// Pixels of 16 bits a channel as a file has them, row by row.
struct WidePixels {
  std::size_t channels = 0;  ///< of which one value after the other stands here: grey is the first, RGB the first three
  std::vector<std::uint16_t> values{};
};

}  // namespace maskrcnn::io
