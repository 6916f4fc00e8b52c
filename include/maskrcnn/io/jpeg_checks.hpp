/// A look at a JPEG file before it is decoded: whole, and of no more scans than an image has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <maskrcnn/io/bytes.hpp>
#include <maskrcnn/io/image_source.hpp>
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

/// What the frame of a JPEG file says (ITU T.81, B.2.2).
struct JpegFrame {
  std::uint8_t marker = 0;  ///< C0 baseline, C1 extended, C2 progressive, C9 and CA the same by arithmetic codes, ...
  unsigned bits = 0, height = 0, width = 0, components = 0;
  ImageFault fault{};  ///< why there is none
};

/// The frame of a JPEG file, whose data are not looked at.
[[nodiscard]] inline JpegFrame jpeg_frame(Bytes file) {
  for (std::size_t at = 2;;) {
    const auto segment = jpeg_checks::next_segment(file, at);
    if (!segment.fault.empty()) return {.fault = {segment.fault}};
    const std::uint8_t marker = segment.marker;
    if (marker == 0xD9 || marker == 0xDA) return {.fault = {"it has no frame before its data"}};
    at = segment.end;
    const bool huffman_tables = marker == 0xC4, reserved = marker == 0xC8, arithmetic_conditions = marker == 0xCC;
    const bool lossless_by_context = marker == 0xF7;  // JPEG-LS
    if (!lossless_by_context && (marker < 0xC0 || marker > 0xCF || huffman_tables || reserved || arithmetic_conditions))
      continue;
    const Bytes frame = segment.content;
    if (frame.size() < 6) return {.fault = {"its frame is malformed"}};
    return {.marker = marker,
            .bits = frame[0],
            .height = big_endian(frame.subspan(1), 2),
            .width = big_endian(frame.subspan(3), 2),
            .components = frame[5]};
  }
}

/// Of what kind a JPEG file is, if it is none that is read.
/// @param arithmetic whether the decoder knows arithmetic codes
[[nodiscard]] inline ImageFault jpeg_kind(const JpegFrame& frame, bool arithmetic) {
  if (!frame.fault.reason.empty()) return frame.fault;
  const auto kind = [](const std::string& what) {
    return ImageFault{what + ", expected baseline or progressive, of 8 bits; save it as one of these, or as PNG", true};
  };
  switch (frame.marker) {
    case 0xC3:
    case 0xCB:
    case 0xF7:
      return kind("it is lossless");
    case 0xC5:
    case 0xC6:
    case 0xC7:
    case 0xCD:
    case 0xCE:
    case 0xCF:
      return kind("it is hierarchical");
    case 0xC9:
    case 0xCA:
      if (!arithmetic) return kind("it has arithmetic codes, for which libjpeg-turbo is needed");
      break;
    default:
      break;
  }
  if (frame.bits != 8) return kind("it has " + std::to_string(frame.bits) + " bits a sample");
  if (frame.components != 1 && frame.components != 3 && frame.components != 4)
    return kind("it has " + std::to_string(frame.components) + " components, not 1, 3 or 4");
  if (frame.height == 0 && frame.width != 0) return kind("its height comes after its data");
  return {};
}

/// What is wrong with a JPEG file: its segments must lead to the end-of-image marker.
[[nodiscard]] inline ImageFault jpeg_fault(Bytes file) {
  int scans = 0;
  for (std::size_t at = 2;;) {
    const auto segment = jpeg_checks::next_segment(file, at);
    if (!segment.fault.empty() || segment.marker == 0xD9) return {segment.fault};
    if (segment.marker == 0xDA && ++scans > jpeg_checks::max_scans)
      return {"it has more than " + std::to_string(jpeg_checks::max_scans) + " scans", true};
    at = segment.end;
  }
}

}  // namespace maskrcnn::io
