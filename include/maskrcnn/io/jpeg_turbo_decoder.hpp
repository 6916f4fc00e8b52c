/// JPEG files by libjpeg-turbo: the pixels that Pillow has of them. Included where MASKRCNN_IMAGE_LIBRARIES is defined.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>  // which jpeglib.h needs before it

#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <array>
#include <maskrcnn/core/image.hpp>
#include <maskrcnn/io/image_source.hpp>
#include <maskrcnn/io/jpeg_checks.hpp>
#include <string>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::io::jpeg_turbo {

/// How the library's functions are left when a file is refused: they are C, through which no exception may pass.
struct Escape {
  jpeg_error_mgr manager{};
  std::jmp_buf to{};
  std::array<char, JMSG_LENGTH_MAX> reason{};
  int code = 0;

  [[noreturn]] static void leave(j_common_ptr codec) {
    auto* const escape = reinterpret_cast<Escape*>(codec->err);  // its first member
    escape->code = codec->err->msg_code;
    codec->err->format_message(codec, escape->reason.data());
    std::longjmp(escape->to, 1);
  }

  /// The library warns of damage and fills the place with grey. That is refused; what costs no pixel passes: bytes
  /// between segments, marks of unknown versions.
  static void warn(j_common_ptr codec, int level) {
    if (level >= 0) return;
    constexpr std::array harmless{JWRN_EXTRANEOUS_DATA, JWRN_ADOBE_XFORM, JWRN_JFIF_MAJOR, JWRN_TOO_MUCH_DATA};
    if (std::find(harmless.begin(), harmless.end(), codec->err->msg_code) == harmless.end()) leave(codec);
  }
};

/// As libjpeg-turbo is built by default.
inline constexpr bool reads_arithmetic_codes = true;

/// A decoder of one file, and what frees it.
class Decoder {
 public:
  Decoder() {
    codec_.err = jpeg_std_error(&escape_.manager);
    escape_.manager.error_exit = &Escape::leave;
    escape_.manager.emit_message = &Escape::warn;
  }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder() { jpeg_destroy_decompress(&codec_); }

  /// Reads the headers: `width`, `height` and `channels` are then known. Nothing with a destructor may live here or in
  /// `read_rows`: a refusal jumps over it.
  /// @return whether there is an image; if not, `refuse` says why
  [[nodiscard]] bool begin(Bytes file) {
    if (setjmp(escape_.to) != 0) return false;
    jpeg_create_decompress(&codec_);
    jpeg_mem_src(&codec_, file.data(), static_cast<unsigned long>(file.size()));
    (void)jpeg_read_header(&codec_, TRUE);
    // as Pillow: four components stay what they are, and are mixed afterwards
    codec_.out_color_space = codec_.num_components == 4 ? JCS_CMYK : JCS_RGB;
    jpeg_calc_output_dimensions(&codec_);
    return true;
  }

  /// Decodes all rows, one behind the other.
  /// @param to width * height * channels bytes
  [[nodiscard]] bool read_rows(std::uint8_t* to) {
    if (setjmp(escape_.to) != 0) return false;
    (void)jpeg_start_decompress(&codec_);
    const std::size_t row = std::size_t{codec_.output_width} * channels();
    while (codec_.output_scanline < codec_.output_height) {
      JSAMPROW rows[] = {to + codec_.output_scanline * row};
      (void)jpeg_read_scanlines(&codec_, rows, 1);
    }
    (void)jpeg_finish_decompress(&codec_);
    return true;
  }

  [[nodiscard]] std::uint32_t width() const { return codec_.image_width; }
  [[nodiscard]] std::uint32_t height() const { return codec_.image_height; }
  [[nodiscard]] std::size_t channels() const { return codec_.num_components == 4 ? 4 : 3; }

  /// @throws Error with what really is the matter
  [[noreturn]] void refuse(const ImageSource& source) const {
    constexpr std::array kinds{
        JERR_ARITH_NOTIMPL,   JERR_BAD_PRECISION,        JERR_SOF_UNSUPPORTED, JERR_COMPONENT_COUNT,
        JERR_CCIR601_NOTIMPL, JERR_CONVERSION_NOTIMPL,   JERR_NOTIMPL,         JERR_NOT_COMPILED,
        JERR_IMAGE_TOO_BIG,   JERR_FRACT_SAMPLE_NOTIMPL, JERR_WIDTH_OVERFLOW};
    if (escape_.code == JERR_OUT_OF_MEMORY) source.out_of_memory();
    if (std::find(kinds.begin(), kinds.end(), escape_.code) != kinds.end()) source.refuse_kind(escape_.reason.data());
    source.refuse(escape_.reason.data());
  }

 private:
  jpeg_decompress_struct codec_{};
  Escape escape_;
};

/// Ink to light, as Pillow's `convert("RGB")` does it of files, whose four inks are stored inverted.
/// @param inks four bytes a pixel
inline void mix_inks(const std::vector<std::uint8_t>& inks, Image& image) {
  std::uint8_t* to = image.row(0);
  for (std::size_t i = 0; i < inks.size(); i += 4, to += 3) {
    const int black = inks[i + 3];
    for (std::size_t c = 0; c < 3; ++c) {
      const int product = (255 - inks[i + c]) * black + 128;
      to[c] = static_cast<std::uint8_t>(std::clamp(black - (((product >> 8) + product) >> 8), 0, 255));
    }
  }
}

/// A JPEG file as 8-bit RGB: baseline or progressive, by Huffman or arithmetic codes, of 1, 3 or 4 components.
/// @param source with a size
/// @throws Error if it is not whole, or is of a kind that libjpeg-turbo does not read
[[nodiscard]] inline Image jpeg(const ImageSource& source) {
  source.require_none(jpeg_fault(source.file));
  Decoder decoder;
  if (!decoder.begin(source.file)) decoder.refuse(source);
  if (decoder.width() != static_cast<std::uint32_t>(source.size.width) ||
      decoder.height() != static_cast<std::uint32_t>(source.size.height))
    source.refuse("its header is another for libjpeg-turbo");
  Image image(source.size);
  std::vector<std::uint8_t> inks(decoder.channels() == 4 ? 4 * pixels_of(source.size) : std::size_t{0});
  if (!decoder.read_rows(inks.empty() ? image.row(0) : inks.data())) decoder.refuse(source);
  if (!inks.empty()) mix_inks(inks, image);
  return image;
}

}  // namespace maskrcnn::io::jpeg_turbo
