/// Image files: JPEG, PNG, BMP and PNM in, PNG and JPEG out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/image.hpp>
#include <maskrcnn/io/file_bytes.hpp>
#include <maskrcnn/io/output_file.hpp>
#include <maskrcnn/io/picture_checks.hpp>
#include <maskrcnn/io/pnm.hpp>
#include <maskrcnn/io/stb.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace maskrcnn::io {

/// The largest image file that is read, in bytes.
inline constexpr std::size_t max_file_bytes = std::size_t{512} << 20;
/// The largest picture that is read or written, in pixels (16384 x 16384).
inline constexpr std::size_t max_pixels = std::size_t{1} << 28;

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

inline void check_size(int width, int height, const std::string& path) {
  if (width < 1 || height < 1) fail("image: ", path, " is ", width, " x ", height, " pixels, expected at least 1 x 1");
  if (static_cast<std::size_t>(width) * static_cast<std::size_t>(height) > max_pixels)
    fail("image: ", path, " is ", width, " x ", height, " pixels, expected at most ", max_pixels, " in all");
}

struct Free {
  void operator()(void* pixels) const { std::free(pixels); }
};

/// Decodes what passed the checks.
/// @tparam Value std::uint8_t, or std::uint16_t for 16 bits a channel
/// @param channels 1: grey, 3: RGB
template <class Value>
[[nodiscard]] std::unique_ptr<Value, Free> decode(Bytes file, const std::string& path, const char* format,
                                                  const std::string& fault, int channels, Size& size) {
  const int length = static_cast<int>(file.size());  // fits: see max_file_bytes
  int in_file = 0;
  const auto refuse = [&](const std::string& reason) {
    fail("image: ", path, " is a truncated or corrupt ", format, ": ", reason);
  };
  const auto stb_reason = [] {
    const char* const reason = stb::stbi_failure_reason();
    return std::string(reason != nullptr ? reason : "no reason given");
  };
  stb::memory_limit = file.size() + (1U << 20);
  if (stb::stbi_info_from_memory(file.data(), length, &size.width, &size.height, &in_file) == 0)
    refuse(fault.empty() ? stb_reason() : fault);
  check_size(size.width, size.height, path);
  if (!fault.empty()) refuse(fault);
  // 32 bytes a pixel are enough for 16-bit RGBA, interlaced, and for progressive JPEG; blocks may stick out by 64
  // pixels
  const auto padded = [](int pixels) { return static_cast<std::size_t>(pixels) + 64; };
  stb::memory_limit = 32 * padded(size.width) * padded(size.height) + 2 * file.size() + (1U << 20);
  Value* decoded = nullptr;
  if constexpr (sizeof(Value) == 1)
    decoded = stb::stbi_load_from_memory(file.data(), length, &size.width, &size.height, &in_file, channels);
  else
    decoded = stb::stbi_load_16_from_memory(file.data(), length, &size.width, &size.height, &in_file, channels);
  std::unique_ptr<Value, Free> pixels(decoded);
  if (pixels == nullptr) refuse(stb_reason());
  check_size(size.width, size.height, path);
  return pixels;
}

/// As 8-bit RGB.
[[nodiscard]] inline Image decode_rgb(Bytes file, const std::string& path, const char* format,
                                      const std::string& fault) {
  Size size;
  const auto pixels = decode<std::uint8_t>(file, path, format, fault, 3, size);
  Image image(size);
  std::memcpy(image.row(0), pixels.get(),
              3 * static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height));
  return image;
}

}  // namespace image_file

/// Reads a JPEG, PNG, BMP or binary PNM file as 8-bit RGB. Grey is repeated in all three channels, alpha dropped, 16
/// bits reduced to their upper 8; orientation notes of cameras are not followed (all as Pillow's `convert("RGB")`).
/// @throws Error if the file cannot be read, is none of these, is truncated or corrupt, or has more than `max_pixels`
[[nodiscard]] inline Image read_image(const std::string& path) {
  using image_file::Format;
  const auto bytes = read_file(path, max_file_bytes, "image");
  const Bytes file(bytes);
  if (file.empty()) fail("image: ", path, " is empty");
  switch (image_file::format_of(file)) {
    case Format::jpeg:
      return image_file::decode_rgb(file, path, "JPEG", jpeg_fault(file));
    case Format::png:
      return image_file::decode_rgb(file, path, "PNG", png_fault(file));
    case Format::bmp:
      return image_file::decode_rgb(file, path, "BMP", bmp_fault(file));
    case Format::pnm: {
      const PnmHeader header = read_pnm_header(file, path);
      image_file::check_size(header.size.width, header.size.height, path);
      return read_pnm(file, header, path);
    }
    case Format::other:
      break;
  }
  fail("image: ", path, " is not a JPEG, PNG, BMP or binary PNM picture");
}

namespace image_file {

/// What one of stb's writers makes of `image`, by `write(collect, to, stride)`.
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

/// The bytes of a PNG file.
/// @param name of the picture, for messages
[[nodiscard]] inline std::string encode_png(const ImageView& image, const std::string& name = "a picture") {
  return image_file::encode(image, name, [&](auto collect, void* to) {
    const int stride = image.height() > 1 ? static_cast<int>(image.row(1) - image.row(0)) : 3 * image.width();
    return stb::stbi_write_png_to_func(collect, to, image.width(), image.height(), 3, image.row(0), stride);
  });
}

/// The bytes of a JPEG file.
/// @param quality from 1 to 100
[[nodiscard]] inline std::string encode_jpeg(const Image& image, int quality, const std::string& name = "a picture") {
  return image_file::encode(image, name, [&](auto collect, void* to) {
    return stb::stbi_write_jpg_to_func(collect, to, image.width(), image.height(), 3, image.row(0), quality);
  });
}

/// Writes an RGB picture as PNG; the file appears under its name when it is complete.
/// @throws Error with the system's reason, if it cannot be written
inline void write_png(const std::string& path, const ImageView& image) {
  OutputFile file(path, "image");
  file.write(encode_png(image, path));
  file.commit();
}

}  // namespace maskrcnn::io
