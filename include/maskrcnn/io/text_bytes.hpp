/// Text files as bytes: where their text begins, and whether it is text that can be read.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/io/bytes.hpp>
#include <string>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

/// How many bytes stand before the text of a file: its byte order mark, which editors of Windows write, or none.
/// @param name    of the file, for the message
/// @param subject first word of the message: "labels"
/// @throws Error if the text is UTF-16 or UTF-32, with a byte order mark or without
[[nodiscard]] inline std::size_t text_begin(Bytes bytes, const std::string& name, const char* subject) {
  const auto begins_with = [bytes](std::initializer_list<int> mark) {
    return bytes.size() >= mark.size() && std::equal(mark.begin(), mark.end(), bytes.begin());
  };
  if (begins_with({0xEF, 0xBB, 0xBF})) return 3;
  const bool utf_32 = begins_with({0xFF, 0xFE, 0, 0}) || begins_with({0, 0, 0xFE, 0xFF});
  const bool marked = utf_32 || begins_with({0xFF, 0xFE}) || begins_with({0xFE, 0xFF});
  // every second byte of a text of plain letters is zero there
  const bool unmarked = bytes.size() >= 2 && (bytes[0] == 0) != (bytes[1] == 0);
  if (marked || unmarked)
    fail(subject, ": expected text in UTF-8, found ", utf_32 ? "UTF-32" : "UTF-16",
         unmarked ? " without a byte order mark" : "", "; save it as UTF-8 (file ", name, ")");
  return 0;
}

}  // namespace maskrcnn::io
