/// The orientation that an image file says: where JPEG and PNG files keep Exif and XMP data.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <maskrcnn/io/bytes.hpp>
#include <maskrcnn/io/exif.hpp>
#include <maskrcnn/io/jpeg_checks.hpp>
#include <maskrcnn/io/png_checks.hpp>
#include <maskrcnn/io/stb.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

namespace file_orientation {

[[nodiscard]] inline std::string_view text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The metadata of a file that tell its orientation, as far as they are there; the last of each, as in Pillow.
struct Metadata {
  std::optional<std::vector<std::uint8_t>> exif{};
  std::string xmp{};
};

/// What Exif says, else what XMP says, else 1.
[[nodiscard]] inline int orientation_of(const Metadata& metadata) {
  std::optional<int> orientation;
  if (metadata.exif) orientation = exif_orientation(*metadata.exif);
  if (!orientation) orientation = xmp_orientation(metadata.xmp);
  return orientation.value_or(1);
}

/// The metadata of a JPEG file, which come before its data. Exif data of several segments are one.
[[nodiscard]] inline Metadata of_jpeg(Bytes file) {
  constexpr std::string_view xmp{"http://ns.adobe.com/xap/1.0/\0", 29};
  Metadata metadata;
  for (std::size_t at = 2;;) {
    const auto segment = jpeg_checks::next_segment(file, at);
    if (!segment.fault.empty() || segment.marker == 0xD9 || segment.marker == 0xDA) return metadata;
    at = segment.end;
    if (segment.marker != 0xE1) continue;
    if (exif::begins_with(segment.content, exif::mark)) {
      const Bytes data = segment.content.subspan(exif::mark.size());
      if (!metadata.exif) metadata.exif.emplace();
      metadata.exif->insert(metadata.exif->end(), data.begin(), data.end());
    } else if (exif::begins_with(segment.content, xmp)) {
      metadata.xmp = text(segment.content.subspan(xmp.size()));
    }
  }
}

/// A text of a PNG file, maybe compressed, of at most a megabyte, as in Pillow; "" if it is longer or cannot be read.
[[nodiscard]] inline std::string inflated(Bytes bytes) {
  constexpr int most = 1 << 20;
  struct Free {
    void operator()(char* memory) const { std::free(memory); }
  };
  stb::set_memory_limit(most);
  int length = 0;
  const std::unique_ptr<char, Free> inflated(stb::stbi_zlib_decode_malloc_guesssize_headerflag(
      text(bytes).data(), static_cast<int>(bytes.size()), 1 << 12, &length, 1));
  return inflated == nullptr ? std::string() : std::string(inflated.get(), static_cast<std::size_t>(length));
}

/// A keyword's text in a chunk of PNG, not yet inflated (PNG specification, 11.3.3).
struct PngText {
  Bytes content{};
  bool compressed = false;

  [[nodiscard]] std::string read() const { return compressed ? inflated(content) : std::string(text(content)); }
};

/// The text of a chunk tEXt, zTXt or iTXt, if it has this keyword.
[[nodiscard]] inline std::optional<PngText> text_of_chunk(std::string_view type, Bytes content, std::string_view key) {
  const auto begins = exif::begins_with(content, key) && content.size() > key.size() && content[key.size()] == 0;
  if (!begins) return std::nullopt;
  Bytes rest = content.subspan(key.size() + 1);
  if (type == "tEXt") return PngText{rest, false};
  if (type == "zTXt" && !rest.empty() && rest[0] == 0) return PngText{rest.subspan(1), true};
  if (type != "iTXt" || rest.size() < 2) return std::nullopt;
  const bool compressed = rest[0] != 0;
  if (compressed && rest[1] != 0) return std::nullopt;
  rest = rest.subspan(2);
  for (int words = 0; words < 2; ++words) {  // the language, and the keyword in it
    const auto end = std::find(rest.begin(), rest.end(), std::uint8_t{0});
    if (end == rest.end()) return std::nullopt;
    rest = rest.subspan(static_cast<std::size_t>(end - rest.begin()) + 1);
  }
  return PngText{rest, compressed};
}

/// The bytes of a profile as ImageMagick writes it into a text: a line that is empty, one with its name, one with its
/// length, then lines of hexadecimal digits. Empty, if it is none.
[[nodiscard]] inline std::vector<std::uint8_t> profile_bytes(std::string_view profile) {
  for (int lines = 0; lines < 3; ++lines) {
    const std::size_t end = profile.find('\n');
    if (end == std::string_view::npos) return {};
    profile.remove_prefix(end + 1);
  }
  std::vector<std::uint8_t> bytes;
  int high = -1;
  for (const char c : profile) {
    if (c == '\n' || c == '\r' || c == ' ' || c == '\t') continue;
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return {};
    if (high >= 0) bytes.push_back(static_cast<std::uint8_t>(16 * high + digit));
    high = high < 0 ? digit : -1;
  }
  return high < 0 ? bytes : std::vector<std::uint8_t>();
}

/// The metadata of a PNG file: its chunk eXIf, else Exif data in a text; XMP in a text. Of many texts, one of each kind
/// is inflated.
[[nodiscard]] inline Metadata of_png(Bytes file) {
  Metadata metadata;
  std::optional<PngText> profile, xmp;
  for_each_png_chunk(file, [&](std::string_view type, Bytes content) {
    if (type == "eXIf") metadata.exif.emplace(content.begin(), content.end());
    if (const auto found = text_of_chunk(type, content, "Raw profile type exif")) profile = found;
    if (const auto found = text_of_chunk(type, content, "XML:com.adobe.xmp")) xmp = found;
  });
  if (!metadata.exif && profile) metadata.exif = profile_bytes(profile->read());
  if (xmp) metadata.xmp = xmp->read();
  return metadata;
}

}  // namespace file_orientation

}  // namespace maskrcnn::io
