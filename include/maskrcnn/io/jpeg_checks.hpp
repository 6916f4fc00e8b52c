/// A look at a JPEG file before it is decoded: whole, and of no more scans than an image has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <maskrcnn/io/bytes.hpp>
#include <string>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

namespace jpeg_checks {

/// A progressive image comes in some ten scans; a file may say so little in each that hundreds of thousands fit in.
inline constexpr int max_scans = 200;

/// Where the next marker's code stands, behind its FF: neither 00 (a stuffed data byte), FF (fill), 01 nor a restart,
/// which are part of the data. The file's size, if there is none.
[[nodiscard]] inline std::size_t next_marker(Bytes file, std::size_t at) {
  for (; at + 1 < file.size(); ++at) {
    const std::uint8_t next = file[at + 1];
    if (file[at] == 0xFF && next > 0x01 && next != 0xFF && (next < 0xD0 || next > 0xD7)) return at + 1;
  }
  return file.size();
}

/// A segment: a marker and what belongs to it.
struct Segment {
  std::uint8_t marker = 0;
  Bytes content{};      ///< behind its length; the end-of-image marker has none
  std::size_t end = 0;  ///< where what follows begins
  std::string fault{};  ///< why there is no segment; empty: there is
};

/// The next segment from `at` on.
[[nodiscard]] inline Segment next_segment(Bytes file, std::size_t at) {
  const Segment cut{.fault = "the file ends before its end-of-image marker"};
  at = next_marker(file, at);
  if (at == file.size()) return cut;
  const std::uint8_t marker = file[at++];
  if (marker == 0xD9) return {.marker = marker, .end = at};
  if (file.size() - at < 2) return cut;
  const std::size_t length = big_endian(file.subspan(at), 2);
  if (length < 2) return {.fault = "a segment has length " + std::to_string(length)};
  if (length > file.size() - at) return cut;
  return {.marker = marker, .content = file.subspan(at + 2, length - 2), .end = at + length};
}

}  // namespace jpeg_checks

/// What is wrong with a JPEG file, or "": its segments must lead to the end-of-image marker.
[[nodiscard]] inline std::string jpeg_fault(Bytes file) {
  int scans = 0;
  for (std::size_t at = 2;;) {
    const auto segment = jpeg_checks::next_segment(file, at);
    if (!segment.fault.empty() || segment.marker == 0xD9) return segment.fault;
    if (segment.marker == 0xDA && ++scans > jpeg_checks::max_scans)
      return "it has more than " + std::to_string(jpeg_checks::max_scans) + " scans";
    at = segment.end;
  }
}

}  // namespace maskrcnn::io
