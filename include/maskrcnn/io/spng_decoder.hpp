/// PNG files by libspng. Included where MASKRCNN_IMAGE_LIBRARIES is defined.
#pragma once

#include <spng.h>

#include <cstddef>
#include <cstdint>
#include <maskrcnn/core/image.hpp>
#include <maskrcnn/io/image_source.hpp>
#include <memory>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::io::spng {

/// A decoder of one file.
class Decoder {
 public:
  explicit Decoder(const ImageSource& source) : source_(&source), codec_(::spng_ctx_new(0), &::spng_ctx_free) {
    if (codec_ == nullptr) source.refuse("out of memory");
    require(::spng_set_png_buffer(codec_.get(), source.file.data(), source.file.size()));
    // what colour profiles and texts may take
    require(::spng_set_chunk_limits(codec_.get(), source.file.size() + (1U << 20), source.file.size() + (1U << 26)));
    ::spng_ihdr header{};
    require(::spng_get_ihdr(codec_.get(), &header));
    source.check_size(header.width, header.height);
    size_ = {static_cast<int>(header.height), static_cast<int>(header.width)};
  }

  [[nodiscard]] Size size() const { return size_; }

  /// Decodes all pixels, row by row.
  /// @param format one of libspng's, SPNG_FMT_RGB8
  void read(void* to, std::size_t bytes, int format) {
    require(::spng_decode_image(codec_.get(), to, bytes, format, 0));
  }

 private:
  void require(int result) const {
    if (result != 0) source_->refuse(::spng_strerror(result));
  }

  const ImageSource* source_;
  std::unique_ptr<::spng_ctx, void (*)(::spng_ctx*)> codec_;
  Size size_;
};

/// A PNG file as 8-bit RGB.
/// @param source without a `png_fault`
/// @throws Error if it is corrupt, or has too many pixels
[[nodiscard]] inline Image png(const ImageSource& source) {
  Decoder decoder(source);
  Image image(decoder.size());
  decoder.read(image.row(0), 3 * static_cast<std::size_t>(image.width()) * static_cast<std::size_t>(image.height()),
               SPNG_FMT_RGB8);
  return image;
}

/// A grey PNG file of 8 or 16 bits.
/// @param source without a `png_fault`
/// @throws Error as `png` does
[[nodiscard]] inline GreyPixels grey_png(const ImageSource& source, int bits) {
  Decoder decoder(source);
  const Size size = decoder.size();
  const std::size_t count = static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height);
  GreyPixels grey{.size = size, .values = std::vector<std::uint16_t>(count)};
  if (bits == 16) {  // in the machine's order of bytes
    decoder.read(grey.values.data(), 2 * count, SPNG_FMT_PNG);
  } else {
    std::vector<std::uint8_t> narrow(count);
    decoder.read(narrow.data(), count, SPNG_FMT_PNG);
    grey.values.assign(narrow.begin(), narrow.end());
  }
  return grey;
}

}  // namespace maskrcnn::io::spng
