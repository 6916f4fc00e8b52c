/// Whether two names are of one file: no output may overwrite an input or another output.
#pragma once

#include <filesystem>
#include <string>
#include <system_error>

namespace segment {

[[nodiscard]] inline bool same_file(const std::string& a, const std::string& b) {
  std::error_code error;
  return std::filesystem::equivalent(a, b, error) && !error;
}

/// The same for files of which one may not be there yet.
[[nodiscard]] inline bool same_place(const std::string& a, const std::string& b) {
  std::error_code error;
  const auto whole =
      [&error](const std::string& path) {  // absolute first: else a file that is not there stays relative
        return std::filesystem::weakly_canonical(std::filesystem::absolute(path), error);
      };
  return same_file(a, b) || (whole(a) == whole(b) && !error);
}

}  // namespace segment
