/// Text files with one entry a line: names of classes, of images.
#pragma once

#include <cstddef>
#include <maskrcnn/io/file_bytes.hpp>
#include <string>
#include <vector>

namespace segment {

/// The lines of a file but the empty ones, without the '\r' of some systems at their ends.
/// @param subject first word of the messages: "labels"
/// @throws Error if the file cannot be read, is not a regular one, or is larger than any such list
[[nodiscard]] inline std::vector<std::string> read_lines(const std::string& path, const char* subject) {
  std::vector<std::string> lines;
  std::string line;
  const auto take = [&] {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) lines.push_back(line);
    line.clear();
  };
  for (const auto byte : maskrcnn::io::read_file(path, std::size_t{64} << 20U, subject))
    if (byte == '\n')
      take();
    else
      line.push_back(static_cast<char>(byte));
  take();
  return lines;
}

}  // namespace segment
