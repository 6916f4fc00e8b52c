/// How an image is turned, as its metadata say: the orientation of Exif (tag 274) or, where Exif has none, of XMP. As
/// Pillow reads it, so that images come out as they do there; nothing in the bytes is believed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <maskrcnn/io/bytes.hpp>
#include <optional>
#include <string_view>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

namespace exif {

inline constexpr std::size_t header_bytes = 8, entry_bytes = 12;
inline constexpr std::uint32_t orientation_tag = 274;

[[nodiscard]] constexpr bool begins_with(Bytes bytes, std::string_view text) {
  if (bytes.size() < text.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (bytes[i] != static_cast<std::uint8_t>(text[i])) return false;
  return true;
}

/// What comes before the data in JPEG files, and now and then in others.
inline constexpr std::string_view mark{"Exif\0\0", 6};

/// The value of an entry, if it is one integer: its bytes are the entry's last four then.
/// @param number reads so many bytes of the entry from a place, in the data's order
template <class Number>
[[nodiscard]] std::int64_t integer(const Number& number) {
  constexpr std::uint32_t unsigned_16 = 3, unsigned_32 = 4, signed_8 = 6, signed_16 = 8, signed_32 = 9;
  if (number(4, 4) != 1) return 0;
  switch (number(2, 2)) {
    case unsigned_16:
      return number(8, 2);
    case unsigned_32:
      return number(8, 4);
    case signed_8:
      return static_cast<std::int8_t>(number(8, 1));
    case signed_16:
      return static_cast<std::int16_t>(number(8, 2));
    case signed_32:
      return static_cast<std::int32_t>(number(8, 4));
    default:
      return 0;
  }
}

}  // namespace exif

/// The orientation that Exif data say, 1 to 8; 1 also where it makes no sense. Empty, if they say none.
/// @param data with or without the mark "Exif" before it; a TIFF file whose first directory is looked at, and no other
[[nodiscard]] inline std::optional<int> exif_orientation(Bytes data) {
  for (int marks = 0; marks < 2 && exif::begins_with(data, exif::mark); ++marks) data = data.subspan(exif::mark.size());
  if (data.size() < exif::header_bytes) return std::nullopt;
  const bool little = data[0] == 'I' && data[1] == 'I';
  if (!little && !(data[0] == 'M' && data[1] == 'M')) return std::nullopt;
  // either order of these two bytes, as Pillow takes them; 43 would be BigTIFF
  if (!(data[2] == 42 && data[3] == 0) && !(data[2] == 0 && data[3] == 42)) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t count) {
    return little ? little_endian(data.subspan(at), count) : big_endian(data.subspan(at), count);
  };
  const std::size_t directory = number(4, 4);
  if (directory > data.size() || data.size() - directory < 2) return std::nullopt;
  std::size_t entries = number(directory, 2);
  // entries of a directory that is cut off count as far as they are there
  for (std::size_t at = directory + 2; entries > 0 && data.size() - at >= exif::entry_bytes;
       at += exif::entry_bytes, --entries) {
    if (number(at, 2) != exif::orientation_tag) continue;
    const auto value = exif::integer([&](std::size_t in, std::size_t count) { return number(at + in, count); });
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return std::nullopt;
}

/// The orientation that an XMP text says: the first `tiff:Orientation`, as attribute or element. Empty, if it says
/// none.
[[nodiscard]] inline std::optional<int> xmp_orientation(std::string_view text) {
  constexpr std::string_view key = "tiff:Orientation";
  for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    std::string_view rest = text.substr(at + key.size());
    if (rest.starts_with("=\""))
      rest.remove_prefix(2);
    else if (rest.starts_with(">"))
      rest.remove_prefix(1);
    else
      continue;
    if (rest.empty() || rest[0] < '0' || rest[0] > '9') continue;
    return rest[0] >= '1' && rest[0] <= '8' ? rest[0] - '0' : 1;
  }
  return std::nullopt;
}

}  // namespace maskrcnn::io
