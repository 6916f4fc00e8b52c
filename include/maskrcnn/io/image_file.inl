// Bodies of image_file.hpp.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <maskrcnn/io/file_bytes.hpp>
#include <maskrcnn/io/file_kind.hpp>
#include <maskrcnn/io/file_orientation.hpp>
#include <maskrcnn/io/image_file.hpp>
#include <maskrcnn/io/intensity.hpp>
#include <maskrcnn/io/output_file.hpp>
#include <maskrcnn/io/pnm.hpp>
#include <maskrcnn/io/stb_decoder.hpp>
#include <maskrcnn/io/turn.hpp>
#include <new>
#include <string_view>
#include <system_error>

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
  // two letters are few: a text may begin with them
  if (begins_with("BM") && (file.size() < 18 || little_endian(file.subspan(14)) < 256)) return Format::bmp;
  if ((begins_with("P5") || begins_with("P6")) && file.size() > 2 &&
      (file[2] == '#' || (file[2] <= ' ' && file[2] > 0)))
    return Format::pnm;
  return Format::other;
}

/// A PNG file that is whole, and its size.
inline void check_png(ImageSource& source) {
  source.format = "PNG";
  source.require_none(png_fault(source.file));
  const PngHeader header = png_header(source.file);
  source.set_size(header.width, header.height);
}

[[nodiscard]] inline ImageFile read_jpeg(ImageSource& source, const ReadOptions& options) {
  source.format = "JPEG";
  const JpegFrame frame = jpeg_frame(source.file);
  source.require_none(jpeg_kind(frame, jpeg_decoder::reads_arithmetic_codes));
  source.set_size(frame.width, frame.height);
  return {.image = spread_image(jpeg_decoder::jpeg(source), options.intensity)};
}

[[nodiscard]] inline ImageFile read_png(ImageSource& source, const ReadOptions& options) {
  check_png(source);
  const bool wide = png_header(source.file).bits == 16;
  if (!wide) return {.image = spread_image(png_decoder::png(source), options.intensity)};
  if (options.intensity == Intensity::none) return {.image = png_decoder::png(source), .bits = 16};
  const WidePixels pixels = png_decoder::wide_png(source);
  const auto value_of = [&](std::size_t i, std::size_t c) { return pixels.values[i * pixels.channels + c]; };
  const std::size_t channels = pixels.channels < 3 ? 1 : 3;  // without alpha
  return {.image = spread_image(source.size, channels, 65535, options.intensity, value_of), .bits = 16};
}

[[nodiscard]] inline ImageFile read_bmp(ImageSource& source, const ReadOptions& options) {
  source.format = "BMP";
  source.require_none(bmp_kind(source.file));
  if (const auto [width, height] = bmp_size(source.file); width > 0) source.set_size(width, height);
  return {.image = spread_image(stb_decoder::bmp(source), options.intensity)};
}

[[nodiscard]] inline ImageFile read_pnm(ImageSource& source, const std::string& name, const ReadOptions& options) {
  const PnmHeader header = read_pnm_header(source.file, name);
  source.set_size(static_cast<std::uint64_t>(header.size.width), static_cast<std::uint64_t>(header.size.height));
  return {.image = io::read_pnm(source.file, header, name, options.intensity),
          .bits = static_cast<int>(std::bit_width(header.maximum))};
}

[[nodiscard]] inline std::uint8_t brightest(const Image& image) {
  const std::uint8_t* const pixels = image.row(0);
  return *std::max_element(pixels, pixels + 3 * pixels_of(image.size()));
}

/// @param source of a file that is not empty
[[nodiscard]] inline ImageFile decode(ImageSource& source, const std::string& name, const ReadOptions& options) {
  switch (format_of(source.file)) {
    case Format::jpeg:
      return read_jpeg(source, options);
    case Format::png:
      return read_png(source, options);
    case Format::bmp:
      return read_bmp(source, options);
    case Format::pnm:
      return read_pnm(source, name, options);
    case Format::other:
      break;
  }
  const std::string_view kind = file_kind_of(source.file);
  fail("image: ", name, " is not a JPEG, PNG, BMP or binary PNM image", kind.empty() ? "" : ", but ", kind);
}

/// @throws Error if a file has more bytes than are read
inline void require_few_bytes(std::uintmax_t bytes, const std::string& name) {
  if (bytes > max_file_bytes)
    fail("image: ", name, " has ", bytes, " bytes, expected at most ", max_file_bytes,
         ": store it compressed, as PNG, or cut it into tiles");
}

/// What one of stb's writers makes of `image`, by `write(collect, to)`.
template <class Write>
[[nodiscard]] std::string encode(const ImageView& image, const std::string& name, const Write& write) {
  std::string encoded;
  const auto collect = [](void* to, void* data, int size) {
    static_cast<std::string*>(to)->append(static_cast<const char*>(data), static_cast<std::size_t>(size));
  };
  try {
    const stb::EncoderMemory memory;
    if (write(collect, static_cast<void*>(&encoded)) != 0) return encoded;
  } catch (const std::bad_alloc&) {
  }
  fail("image: cannot encode ", name, ", ", image.width(), " x ", image.height(), " pixels: out of memory");
}

/// @throws Error if the sides or the bytes are more than an encoder counts
inline void require_room(const ImageView& image, const std::string& name, const char* format, int longest,
                         std::size_t most_bytes) {
  const auto width = static_cast<std::size_t>(image.width()), height = static_cast<std::size_t>(image.height());
  if (std::max(image.width(), image.height()) > longest)
    fail("image: ", name, " would be ", width, " x ", height, " pixels, expected at most ", longest, " a side of a ",
         format, " that is written here");
  if (3 * width + 1 > most_bytes / height)
    fail("image: ", name, " would be ", width, " x ", height, " pixels, expected at most ", most_bytes / 3,
         " in all of a ", format, " that is written here");
}

}  // namespace image_file

MASKRCNN_FUNCTION Image read_image(const std::string& path, const ReadOptions& options) {
  return read_image_file(path, options).image;
}

MASKRCNN_FUNCTION Image read_image(Bytes file, const std::string& name, const ReadOptions& options) {
  return read_image_file(file, name, options).image;
}

MASKRCNN_FUNCTION ImageFile read_image_file(const std::string& path, const ReadOptions& options) {
  if (const std::string_view kind = folder_kind_of(path); !kind.empty()) fail("image: ", path, " is ", kind);
  std::error_code error;
  if (const auto bytes = std::filesystem::file_size(path, error); !error) image_file::require_few_bytes(bytes, path);
  return read_image_file(read_file(path, max_file_bytes, "image"), path, options);
}

MASKRCNN_FUNCTION ImageFile read_image_file(Bytes file, const std::string& name, const ReadOptions& options) {
  if (file.empty()) fail("image: ", name, " is empty");
  image_file::require_few_bytes(file.size(), name);
  ImageSource source{.file = file, .name = name, .most_pixels = options.most_pixels};
  try {
    ImageFile read = image_file::decode(source, name, options);
    if (read.bits > 8) read.brightest = image_file::brightest(read.image);
    read.orientation = image_orientation(file);
    if (options.exif_orientation == ExifOrientation::apply && read.orientation != 1)
      read.image = turned(read.image, read.orientation);
    return read;
  } catch (const std::bad_alloc&) {
    source.out_of_memory();
  }
}

MASKRCNN_FUNCTION int image_orientation(Bytes file) {
  switch (image_file::format_of(file)) {
    case image_file::Format::jpeg:
      return file_orientation::orientation_of(file_orientation::of_jpeg(file));
    case image_file::Format::png:
      return file_orientation::orientation_of(file_orientation::of_png(file));
    default:
      return 1;
  }
}

MASKRCNN_FUNCTION GreyPixels read_grey_png(Bytes file, const std::string& name, const ReadOptions& options) {
  if (file.empty()) fail("image: ", name, " is empty");
  if (image_file::format_of(file) != image_file::Format::png) {
    const std::string_view kind = file_kind_of(file);
    fail("image: expected a grey PNG with the numbers of objects, found ", kind.empty() ? "something else" : kind,
         " in ", name);
  }
  ImageSource source{.file = file, .name = name, .most_pixels = options.most_pixels};
  try {
    image_file::check_png(source);
    const auto [width, height, bits, colour] = png_header(file);
    if (colour != 0 || (bits != 8 && bits != 16))
      fail("image: expected a grey PNG of 8 or 16 bits with the numbers of objects, found ", bits,
           " bits of colour type ", colour, " in ", name);
    return png_decoder::grey_png(source, bits);
  } catch (const std::bad_alloc&) {
    source.out_of_memory();
  }
}

MASKRCNN_FUNCTION std::string encode_png(const ImageView& image, const std::string& name) {
  const std::size_t row_bytes = 3 * static_cast<std::size_t>(image.width());
  // the encoder takes RGB, and multiplies rows by strides in `int`
  if (image.format() != PixelFormat::rgb || image.stride() != row_bytes) return encode_png(to_rgb(image), name);
  // sums of a row's bytes, and the growing buffer of compressed ones, twice as large each time, must fit an `int`
  image_file::require_room(image, name, "PNG", 0x7FFFFFFF / (3 * 128), std::size_t{0x7FFFFFFF} / 8 * 5);
  return image_file::encode(image, name, [&](auto collect, void* to) {
    return stb::stbi_write_png_to_func(collect, to, image.width(), image.height(), 3, image.row(0),
                                       static_cast<int>(row_bytes));
  });
}

MASKRCNN_FUNCTION std::string encode_jpeg(const Image& image, int quality, const std::string& name) {
  image_file::require_room(image, name, "JPEG", 65535, 0x7FFFFFFF);  // sides have 16 bits in its header
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
