/// A file, seen as bytes in memory.
#pragma once

#include <cstddef>
#include <cstring>
#include <maskrcnn/core/error.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#define MASKRCNN_HAS_MMAP 1
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#else
#include <filesystem>
#include <fstream>
#endif

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Read-only bytes of a file: mapped where the system can, else read. The file must not be changed while it is open.
class MappedFile {
 public:
  /// @throws Error if the file cannot be opened or read, or is not a regular file
  explicit MappedFile(const std::string& path) {
#ifdef MASKRCNN_HAS_MMAP
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) fail("weights: cannot open file ", path, ": ", std::strerror(errno));
    struct stat status {};
    const bool known = ::fstat(file, &status) == 0, regular = known && S_ISREG(status.st_mode);
    if (regular && status.st_size > 0) {
      size_ = static_cast<std::size_t>(status.st_size);
      void* const mapped = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
      data_ = mapped == MAP_FAILED ? nullptr : static_cast<const std::byte*>(mapped);
    }
    const std::string reason = std::strerror(errno);
    ::close(file);
    if (known && S_ISDIR(status.st_mode))
      fail("weights: ", path, " is a folder; name the file in it that has the tensors");
    if (!regular) fail("weights: ", path, " is not a regular file");
    if (size_ > 0 && data_ == nullptr) fail("weights: cannot map file ", path, ": ", reason);
#else
    if (!std::filesystem::is_regular_file(path)) fail("weights: ", path, " is missing or not a regular file");
    std::ifstream stream(path, std::ios::binary);
    buffer_.resize(static_cast<std::size_t>(std::filesystem::file_size(path)));
    if (!stream.read(reinterpret_cast<char*>(buffer_.data()), static_cast<std::streamsize>(buffer_.size())))
      fail("weights: cannot read file ", path);
    data_ = buffer_.data();
    size_ = buffer_.size();
#endif
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile() {
#ifdef MASKRCNN_HAS_MMAP
    if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
#endif
  }

  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
#ifndef MASKRCNN_HAS_MMAP
  std::vector<std::byte> buffer_;
#endif
};

}  // namespace maskrcnn
