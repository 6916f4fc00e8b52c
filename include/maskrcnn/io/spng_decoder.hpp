/// PNG files by libspng. Included where MASKRCNN_IMAGE_LIBRARIES is defined.
#pragma once

#include <spng.h>

#include <cstddef>
#include <cstdint>
#include <maskrcnn/core/image.hpp>
#include <maskrcnn/io/image_source.hpp>
#include <maskrcnn/io/png_checks.hpp>
#include <memory>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::io::spng {

/// A decoder of one file.
class Decoder {
 public:
  explicit Decoder(const ImageSource& source) : source_(&source), codec_(::spng_ctx_new(0), &::spng_ctx_free) {
    if (codec_ == nullptr) source.out_of_memory();
    require(::spng_set_png_buffer(codec_.get(), source.file.data(), source.file.size()));
    // what colour profiles and texts may take
    require(::spng_set_chunk_limits(codec_.get(), source.file.size() + (1U << 20), source.file.size() + (1U << 26)));
  }

  /// Decodes all pixels, row by row.
  /// @param format one of libspng's, SPNG_FMT_RGB8
  /// @param bytes  that they take
  void read(void* to, std::size_t bytes, int format) {
    std::size_t needed = 0;
    require(::spng_decoded_image_size(codec_.get(), format, &needed));
    if (needed != bytes) source_->refuse("its header is another for libspng");
    require(::spng_decode_image(codec_.get(), to, bytes, format, 0));
  }

 private:
  /// @throws Error with what really is the matter
  void require(int result) const {
    switch (result) {
      case SPNG_OK:
        return;
      case SPNG_EMEM:
        source_->out_of_memory();
      case SPNG_EOVERFLOW:
      case SPNG_EUSER_WIDTH:
      case SPNG_EUSER_HEIGHT:
        source_->refuse_kind("libspng decodes no image of this size; cut it into tiles");
      case SPNG_ECHUNK_LIMITS:
        source_->refuse_kind("its texts or its colour profile take far more memory than the file");
      case SPNG_ECHUNK_UNKNOWN_CRITICAL:
        source_->refuse_kind(::spng_strerror(result));
      default:
        source_->refuse(::spng_strerror(result));
    }
  }

  const ImageSource* source_;
  std::unique_ptr<::spng_ctx, void (*)(::spng_ctx*)> codec_;
};

/// A PNG file as 8-bit RGB, 16 bits reduced to their upper 8.
/// @param source without a `png_fault`, and with a size
/// @throws Error if it is corrupt
[[nodiscard]] inline Image png(const ImageSource& source) {
  Decoder decoder(source);
  Image image(source.size);
  decoder.read(image.row(0), 3 * pixels_of(source.size), SPNG_FMT_RGB8);
  return image;
}

/// A PNG file of 16 bits a channel.
/// @param source as of `png`
/// @throws Error as `png` does
[[nodiscard]] inline WidePixels wide_png(const ImageSource& source) {
  Decoder decoder(source);
  constexpr std::size_t channels_of_colour[] = {1, 0, 3, 0, 2, 0, 4};
  const int colour = png_header(source.file).colour;
  const std::size_t channels = colour <= 6 ? channels_of_colour[colour] : 0;
  if (channels == 0) source.refuse("it has 16 bits and no possible colour type");
  WidePixels wide{.channels = channels, .values = std::vector<std::uint16_t>(channels * pixels_of(source.size))};
  decoder.read(wide.values.data(), 2 * wide.values.size(), SPNG_FMT_PNG);  // in the machine's order of bytes
  return wide;
}

/// A grey PNG file of 8 or 16 bits.
/// @param source as of `png`
/// @throws Error as `png` does
[[nodiscard]] inline GreyPixels grey_png(const ImageSource& source, int bits) {
  if (bits == 16) return {source.size, wide_png(source).values};
  Decoder decoder(source);
  std::vector<std::uint8_t> narrow(pixels_of(source.size));
  decoder.read(narrow.data(), narrow.size(), SPNG_FMT_PNG);
  return {source.size, std::vector<std::uint16_t>(narrow.begin(), narrow.end())};
}

}  // namespace maskrcnn::io::spng
