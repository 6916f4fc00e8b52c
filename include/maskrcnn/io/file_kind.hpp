/// What a file is that is no image to be read here, as far as its first bytes tell: for messages that say what to do.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <maskrcnn/io/bytes.hpp>
#include <string>
#include <string_view>
#include <system_error>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

namespace file_kind {

using std::string_view_literals::operator""sv;

/// What files of a kind begin with, at a place; what they are, and what to do.
struct Kind {
  std::size_t at;
  std::string_view magic;
  const char* what;
};

// where one begins as another does, the longer comes first
inline constexpr std::array kinds{
    // images
    Kind{0, "\x89PNG"sv, "a PNG image whose line ends were changed on its way; copy it again, as binary"},
    Kind{0, "P1"sv, "a PBM image in text form; convert it to PNG"},
    Kind{0, "P2"sv, "a PGM image in text form; convert it to PNG, or to binary PGM (P5)"},
    Kind{0, "P3"sv, "a PPM image in text form; convert it to PNG, or to binary PPM (P6)"},
    Kind{0, "P4"sv, "a PBM image; convert it to PNG"},
    Kind{0, "P7"sv, "a PAM image; convert it to PNG"},
    Kind{0, "PF"sv, "a PFM image, whose values are floats; convert it to 16-bit PNG"},
    Kind{0, "Pf"sv, "a PFM image, whose values are floats; convert it to 16-bit PNG"},
    Kind{0, "GIF8"sv, "a GIF image; convert it to PNG"},
    Kind{8, "WEBP"sv, "a WebP image; convert it to PNG"},
    Kind{0, "II*\0\x10\0\0\0CR"sv, "a raw image of a camera; develop it to PNG"},
    Kind{0, "II*\0"sv, "a TIFF image; convert it to PNG, which keeps 8 and 16 bits"},
    Kind{0, "MM\0*"sv, "a TIFF image; convert it to PNG, which keeps 8 and 16 bits"},
    Kind{0, "II+\0"sv, "a BigTIFF image; convert what is to be looked at to PNG, in tiles if need be"},
    Kind{0, "MM\0+"sv, "a BigTIFF image; convert what is to be looked at to PNG, in tiles if need be"},
    Kind{4, "ftypavif"sv, "an AVIF image; convert it to PNG"},
    Kind{4, "ftypavis"sv, "an AVIF image; convert it to PNG"},
    Kind{4, "ftyphe"sv, "a HEIC image; convert it to PNG or JPEG"},
    Kind{4, "ftypmif1"sv, "a HEIF image; convert it to PNG or JPEG"},
    Kind{4, "ftypmsf1"sv, "a HEIF image; convert it to PNG or JPEG"},
    Kind{4, "ftypcrx"sv, "a raw image of a camera; develop it to PNG"},
    Kind{4, "ftyp"sv, "a video; extract its frames as PNG"},
    Kind{0, "\0\0\0\x0CjP  \r\n\x87\n"sv, "a JPEG 2000 image; convert it to PNG"},
    Kind{0, "\xFFO\xFFQ"sv, "a JPEG 2000 image; convert it to PNG"},
    Kind{0, "\0\0\0\x0CJXL \r\n\x87\n"sv, "a JPEG XL image; convert it to PNG"},
    Kind{0, "\xFF\x0A"sv, "a JPEG XL image; convert it to PNG"},
    Kind{0, "8BPS"sv, "a Photoshop image; save it as PNG"},
    Kind{0, "gimp xcf"sv, "a GIMP image; export it as PNG"},
    Kind{0, "\0\0\x01\0"sv, "an icon; convert it to PNG"},
    Kind{0, "icns"sv, "an icon; convert it to PNG"},
    Kind{0, "\x0A\x05\x01"sv, "a PCX image; convert it to PNG"},
    Kind{0, "\x01\xDA"sv, "an SGI image; convert it to PNG"},
    Kind{0, "v/1\x01"sv, "an OpenEXR image, whose values are floats; convert it to 16-bit PNG"},
    Kind{0, "#?RADIANCE"sv, "a Radiance image, whose values are floats; convert it to 16-bit PNG"},
    Kind{0, "qoif"sv, "a QOI image; convert it to PNG"},
    Kind{0, "DDS "sv, "a DDS texture; convert it to PNG"},
    Kind{0, "FUJIFILMCCD-RAW"sv, "a raw image of a camera; develop it to PNG"},
    Kind{0, "BA"sv, "an OS/2 array of bitmaps; convert it to PNG"},
    // of microscopes, hospitals, telescopes
    Kind{128, "DICM"sv, "a DICOM file; export its image as PNG, 16 bits if need be"},
    Kind{344, "n+1\0"sv, "a NIfTI volume; export its slices as PNG, 16 bits if need be"},
    Kind{344, "ni1\0"sv, "a NIfTI header, whose volume is in another file; export its slices as PNG"},
    Kind{0, "NRRD"sv, "an NRRD volume; export its slices as PNG, 16 bits if need be"},
    Kind{0, "\x89HDF\r\n\x1A\n"sv, "an HDF5 file; export its image as PNG, 16 bits if need be"},
    Kind{0, "ZISRAWFILE"sv, "a Zeiss CZI file; export its planes as PNG, 16 bits if need be"},
    Kind{0, "\xDA\xCE\xBE\x0A"sv, "a Nikon ND2 file; export its planes as PNG, 16 bits if need be"},
    Kind{0, "\x70\0\0\0"sv, "a Leica LIF file, it seems; export its planes as PNG, 16 bits if need be"},
    Kind{0, "\xD0\xCF\x11\xE0"sv, "an old Office or microscope file; export what it holds as PNG"},
    Kind{0, "SIMPLE  ="sv, "a FITS image; export it as 16-bit PNG"},
    Kind{0, "\x93NUMPY"sv, "a NumPy array; save it as PNG"},
    // documents, archives
    Kind{0, "%PDF"sv, "a PDF document; export its pages or images as PNG"},
    Kind{0, "%!PS"sv, "a PostScript document; export its pages as PNG"},
    Kind{0, "version https://git-lfs"sv, "a Git LFS pointer, not the file itself; `git lfs pull` fetches that"},
    Kind{0, "PK\x03\x04"sv, "a zip archive; unpack it"},
    Kind{0, "7z\xBC\xAF"sv, "a 7z archive; unpack it"},
    Kind{0, "Rar!"sv, "a RAR archive; unpack it"},
    Kind{0, "\x1F\x8B"sv, "compressed by gzip; unpack it"},
    Kind{0, "BZh"sv, "compressed by bzip2; unpack it"},
    Kind{0,
         "\xFD"
         "7zXZ"sv,
         "compressed by xz; unpack it"},
    Kind{0, "(\xB5/\xFD"sv, "compressed by zstd; unpack it"},
    Kind{257, "ustar"sv, "a tar archive; unpack it"},
};

[[nodiscard]] constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Whether a text begins with `word`, whatever the case.
[[nodiscard]] constexpr bool begins(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i)
    if (lower(text[i]) != word[i]) return false;
  return true;
}

/// Texts, of which white space and marks may come first.
[[nodiscard]] inline std::string_view text_kind(std::string_view head) {
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  while (!head.empty() && (head[0] == ' ' || (head[0] >= '\t' && head[0] <= '\r'))) head.remove_prefix(1);
  if (begins(head, "<svg") || (begins(head, "<?xml") && head.find("<svg") != std::string_view::npos))
    return "an SVG drawing; export it as PNG";
  if (begins(head, "<!doctype html") || begins(head, "<html"))
    return "an HTML page; was a login or an error downloaded in its place?";
  if (begins(head, "<")) return "an XML or HTML text";
  const bool printable = std::all_of(head.begin(), head.end(), [](char c) {
    return (c >= ' ' && c != '\x7F') || (c >= '\t' && c <= '\r') || (static_cast<unsigned char>(c) & 0x80U) != 0;
  });
  const bool ascii =
      std::none_of(head.begin(), head.end(), [](char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; });
  if (printable && ascii && (begins(head, "{") || begins(head, "["))) return "a JSON text";
  return printable && ascii ? "a text" : "";
}

}  // namespace file_kind

/// What a file seems to be, and what to do, "a GIF image; convert it to PNG"; "" if its first bytes do not tell.
[[nodiscard]] inline std::string_view file_kind_of(Bytes file) {
  constexpr std::size_t looked_at = 1024;
  const std::string_view head(reinterpret_cast<const char*>(file.data()), std::min(file.size(), looked_at));
  if (head.empty()) return "";
  for (const auto& [at, magic, what] : file_kind::kinds)
    if (head.size() >= at + magic.size() && head.substr(at, magic.size()) == magic) return what;
  if (std::all_of(head.begin(), head.end(), [](char c) { return c == 0; }))
    return "empty where it begins, nothing but zero bytes; was it copied or downloaded as a whole?";
  return file_kind::text_kind(head);
}

/// The same of a folder; "" if there is nothing to be said about it.
[[nodiscard]] inline std::string_view folder_kind_of(const std::string& path) {
  std::error_code error;
  for (const char* name : {".zattrs", ".zgroup", ".zarray", "zarr.json"})
    if (std::filesystem::exists(std::filesystem::path(path) / name, error))
      return "the folder of a Zarr array, such as OME-Zarr; export its planes as PNG, 16 bits if need be";
  return "";
}

}  // namespace maskrcnn::io
