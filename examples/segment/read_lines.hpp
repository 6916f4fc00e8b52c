/// Text files with one entry a line: names of classes, of images.
#pragma once

#include <cstddef>
#include <maskrcnn/io/file_bytes.hpp>
#include <maskrcnn/io/text_bytes.hpp>
#include <string>
#include <vector>

namespace segment {

/// The lines of a file but the empty ones, without blanks around them, the '\r' of some systems, and a byte order mark.
/// @param subject first word of the messages: "labels"
/// @throws Error if the file cannot be read, is not a regular one, is larger than any such list, or is UTF-16
[[nodiscard]] inline std::vector<std::string> read_lines(const std::string& path, const char* subject) {
  static constexpr const char* blanks = " \t\r";
  std::vector<std::string> lines;
  std::string line;
  const auto take = [&] {
    const auto first = line.find_first_not_of(blanks), last = line.find_last_not_of(blanks);
    if (first != std::string::npos) lines.push_back(line.substr(first, last - first + 1));
    line.clear();
  };
  const auto bytes = maskrcnn::io::read_file(path, std::size_t{64} << 20U, subject);
  for (std::size_t i = maskrcnn::io::text_begin(bytes, path, subject); i < bytes.size(); ++i)
    if (bytes[i] == '\n')
      take();
    else
      line.push_back(static_cast<char>(bytes[i]));
  take();
  return lines;
}

}  // namespace segment
