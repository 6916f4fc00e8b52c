/// How an image is turned, as its metadata say: the orientation of Exif (tag 274) or, where Exif has none, of XMP. As
/// Pillow reads it, so that images come out as they do there; nothing in the bytes is believed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
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

/// Bytes of a value of each type of TIFF, 0 to 16; 0: there is no such type.
inline constexpr std::uint8_t type_bytes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8};

/// The value at a place, if its type is one of integers, but bytes; else 0.
/// @param number reads so many bytes from a place, in the data's order
template <class Number>
[[nodiscard]] std::int64_t integer(std::uint32_t type, std::size_t at, const Number& number) {
  constexpr std::uint32_t unsigned_16 = 3, unsigned_32 = 4, signed_8 = 6, signed_16 = 8, signed_32 = 9, directory = 13;
  switch (type) {
    case unsigned_16:
      return number(at, 2);
    case unsigned_32:
    case directory:
      return number(at, 4);
    case signed_8:
      return static_cast<std::int8_t>(number(at, 1));
    case signed_16:
      return static_cast<std::int16_t>(number(at, 2));
    case signed_32:
      return static_cast<std::int32_t>(number(at, 4));
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
  std::uint64_t elsewhere = 0;  // bytes of values that do not fit into their entries
  // entries of a directory that is cut off count as far as they are there
  for (std::size_t at = directory + 2; entries > 0 && data.size() - at >= exif::entry_bytes;
       at += exif::entry_bytes, --entries) {
    const std::uint32_t type = number(at + 2, 2);
    const std::uint64_t bytes =
        type < std::size(exif::type_bytes) ? std::uint64_t{number(at + 4, 4)} * exif::type_bytes[type] : 0;
    std::size_t value_at = at + 8;
    if (bytes > 4) {
      elsewhere += bytes;
      if (elsewhere > data.size()) continue;
      value_at = number(at + 8, 4);
      if (value_at > data.size() || bytes > data.size() - value_at) return std::nullopt;  // what follows makes no sense
    }
    if (number(at, 2) != exif::orientation_tag || bytes == 0) continue;
    const auto value = exif::integer(type, value_at, number);
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
