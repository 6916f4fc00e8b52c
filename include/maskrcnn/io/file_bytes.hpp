/// Whole files: read into memory, with a limit.
#pragma once

#include <sys/stat.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <maskrcnn/core/error.hpp>
#include <memory>
#include <string>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

struct CloseFile {
  void operator()(std::FILE* file) const { (void)std::fclose(file); }
};
using FilePointer = std::unique_ptr<std::FILE, CloseFile>;

/// The bytes of a regular file of at most `limit` bytes. Folders, pipes and devices are refused, so nothing blocks.
/// @param subject first word of the messages: "image"
/// @throws Error with the system's reason, if it cannot be opened or read, or is too large
[[nodiscard]] inline std::vector<std::uint8_t> read_file(const std::string& path, std::size_t limit,
                                                         const char* subject) {
  struct stat status {};
  const bool known = ::stat(path.c_str(), &status) == 0;
  const auto kind = status.st_mode & S_IFMT;
  if (known && kind == S_IFDIR) fail(subject, ": ", path, " is a directory");
  if (known && kind != S_IFREG) fail(subject, ": ", path, " is not a regular file");
  errno = 0;
  const FilePointer file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) fail(subject, ": cannot open ", path, ": ", std::strerror(errno));
  const auto size = static_cast<std::uintmax_t>(status.st_size);
  if (size > limit) fail(subject, ": ", path, " has ", size, " bytes, expected at most ", limit);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
  errno = 0;
  const std::size_t read = std::fread(bytes.data(), 1, bytes.size(), file.get());
  if (std::ferror(file.get()) != 0) fail(subject, ": cannot read ", path, ": ", std::strerror(errno));
  bytes.resize(read);
  return bytes;
}

}  // namespace maskrcnn::io
