// Bodies of image_file.hpp.
#pragma once

#include <cstdint>
#include <cstring>
#include <maskrcnn/io/file_bytes.hpp>
#include <maskrcnn/io/image_file.hpp>
#include <maskrcnn/io/output_file.hpp>
#include <maskrcnn/io/pnm.hpp>
#include <maskrcnn/io/stb_decoder.hpp>
#include <string_view>

#ifdef MASKRCNN_IMAGE_LIBRARIES
#include <maskrcnn/io/jpeg_turbo_decoder.hpp>
#include <maskrcnn/io/spng_decoder.hpp>
#endif

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

#ifdef MASKRCNN_IMAGE_LIBRARIES
inline namespace by_image_libraries {
namespace jpeg_decoder = jpeg_turbo;
namespace png_decoder = spng;
#else
inline namespace by_stb {
namespace jpeg_decoder = stb_decoder;
namespace png_decoder = stb_decoder;
#endif

namespace image_file {

enum class Format { jpeg, png, bmp, pnm, other };

[[nodiscard]] inline Format format_of(Bytes file) {
  const auto begins_with = [file](std::string_view magic) {
    return file.size() >= magic.size() && std::memcmp(file.data(), magic.data(), magic.size()) == 0;
  };
  if (begins_with("\xFF\xD8\xFF")) return Format::jpeg;
  if (begins_with("\x89PNG\r\n\x1A\n")) return Format::png;
  if (begins_with("BM")) return Format::bmp;
  if ((begins_with("P5") || begins_with("P6")) && file.size() > 2 &&
      (file[2] == '#' || (file[2] <= ' ' && file[2] > 0)))
    return Format::pnm;
  return Format::other;
}

[[nodiscard]] inline ImageSource whole_png(Bytes file, const std::string& name, const ReadOptions& options) {
  const ImageSource source{.file = file, .name = name, .format = "PNG", .most_pixels = options.most_pixels};
  if (const std::string fault = png_fault(file); !fault.empty()) source.refuse(fault);
  return source;
}

/// What one of stb's writers makes of `image`, by `write(collect, to)`.
template <class Write>
[[nodiscard]] std::string encode(const ImageView& image, const std::string& name, const Write& write) {
  // the encoders count bytes in `int`
  if (3 * static_cast<std::size_t>(image.width()) + 1 >
      std::size_t{0x7FFFFFFF} / static_cast<std::size_t>(image.height()))
    fail("image: ", name, " would be ", image.width(), " x ", image.height(), " pixels, too many for one file");
  std::string encoded;
  const auto collect = [](void* to, void* data, int size) {
    static_cast<std::string*>(to)->append(static_cast<const char*>(data), static_cast<std::size_t>(size));
  };
  if (write(collect, static_cast<void*>(&encoded)) == 0) fail("image: cannot encode ", name, ": out of memory");
  return encoded;
}

}  // namespace image_file

MASKRCNN_FUNCTION Image read_image(const std::string& path, const ReadOptions& options) {
  return read_image(read_file(path, max_file_bytes, "image"), path, options);
}

MASKRCNN_FUNCTION Image read_image(Bytes file, const std::string& name, const ReadOptions& options) {
  using image_file::Format;
  if (file.empty()) fail("image: ", name, " is empty");
  if (file.size() > max_file_bytes)
    fail("image: ", name, " has ", file.size(), " bytes, expected at most ", max_file_bytes);
  ImageSource source{.file = file, .name = name, .most_pixels = options.most_pixels};
  switch (image_file::format_of(file)) {
    case Format::jpeg:
      source.format = "JPEG";
      return jpeg_decoder::jpeg(source);
    case Format::png:
      return png_decoder::png(image_file::whole_png(file, name, options));
    case Format::bmp:
      source.format = "BMP";
      return stb_decoder::bmp(source);
    case Format::pnm: {
      const PnmHeader header = read_pnm_header(file, name);
      source.check_size(static_cast<std::uint64_t>(header.size.width), static_cast<std::uint64_t>(header.size.height));
      return read_pnm(file, header, name);
    }
    case Format::other:
      break;
  }
  fail("image: ", name, " is not a JPEG, PNG, BMP or binary PNM image");
}

MASKRCNN_FUNCTION GreyPixels read_grey_png(Bytes file, const std::string& name, const ReadOptions& options) {
  if (image_file::format_of(file) != image_file::Format::png || file.size() < 26)
    fail("image: expected a grey PNG with the numbers of objects, found something else in ", name);
  // the header comes first: width, height, depth, colour (PNG specification, 11.2.2)
  const int bits = file[24], colour = file[25];
  if (colour != 0 || (bits != 8 && bits != 16))
    fail("image: expected a grey PNG of 8 or 16 bits with the numbers of objects, found ", bits,
         " bits of colour type ", colour, " in ", name);
  return png_decoder::grey_png(image_file::whole_png(file, name, options), bits);
}

MASKRCNN_FUNCTION std::string encode_png(const ImageView& image, const std::string& name) {
  const std::size_t row_bytes = 3 * static_cast<std::size_t>(image.width());
  // the encoder takes RGB, and multiplies rows by strides in `int`
  if (image.format() != PixelFormat::rgb || image.stride() != row_bytes) return encode_png(to_rgb(image), name);
  return image_file::encode(image, name, [&](auto collect, void* to) {
    return stb::stbi_write_png_to_func(collect, to, image.width(), image.height(), 3, image.row(0),
                                       static_cast<int>(row_bytes));
  });
}

MASKRCNN_FUNCTION std::string encode_jpeg(const Image& image, int quality, const std::string& name) {
  return image_file::encode(image, name, [&](auto collect, void* to) {
    return stb::stbi_write_jpg_to_func(collect, to, image.width(), image.height(), 3, image.row(0), quality);
  });
}

MASKRCNN_FUNCTION void write_png(const std::string& path, const ImageView& image) {
  OutputFile file(path, "image");
  file.write(encode_png(image, path));
  file.commit();
}

}  // inline namespace by_image_libraries or by_stb

}  // namespace maskrcnn::io
