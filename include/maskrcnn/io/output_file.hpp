/// Output: a file that appears under its name only when it is complete.
#pragma once

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/io/file_bytes.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

/// Writes beside the wanted file, under its name and ".part", and renames at the end; a file that was there before
/// stays whole until then. Devices and pipes, which cannot be renamed over, are written directly.
class OutputFile {
 public:
  /// @param subject first word of the messages: "image"
  /// @throws Error with the system's reason, if the file cannot be created
  OutputFile(std::string path, const char* subject) : path_(std::move(path)), subject_(subject) {
    std::error_code error;
    // through a link to what it points at, so that the link stays
    std::filesystem::path target = path_;
    if (std::filesystem::is_symlink(target, error)) {
      const auto resolved = std::filesystem::weakly_canonical(target, error);
      if (!error) target = resolved;
    }
    target_ = target.string();
    const auto status = std::filesystem::status(target, error);
    if (std::filesystem::is_directory(status)) fail(subject_, ": cannot write ", path_, ": it is a directory");
    direct_ = std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
    written_ = direct_ ? target_ : target_ + ".part";
    errno = 0;
    file_.reset(std::fopen(written_.c_str(), "wb"));
    if (file_ == nullptr) fail_to_write(errno);
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  /// Without `commit()`, nothing stays.
  ~OutputFile() {
    if (file_ != nullptr) discard();
  }

  [[nodiscard]] const std::string& path() const { return path_; }

  /// @throws Error with the system's reason, if not all of it could be written
  void write(std::string_view bytes) {
    if (bytes.empty()) return;  // their address may be null, which fwrite does not take
    errno = 0;
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) fail_to_write(errno);
  }

  /// Hands what was written so far to the system.
  /// @throws Error with the system's reason
  void flush() {
    errno = 0;
    if (std::fflush(file_.get()) != 0) fail_to_write(errno);
  }

  /// Completes the file and gives it its name.
  /// @throws Error with the system's reason
  void commit() {
    flush();
    errno = 0;
    if (std::fclose(file_.release()) != 0) fail_to_write(errno);
    std::error_code error;
    if (!direct_) std::filesystem::rename(written_, target_, error);
    if (error) {
      const std::string reason = error.message();
      std::filesystem::remove(written_, error);
      fail(subject_, ": cannot write ", path_, ": ", reason);
    }
  }

 private:
  void discard() {
    file_.reset();
    std::error_code ignored;
    if (!direct_) std::filesystem::remove(written_, ignored);
  }
  [[noreturn]] void fail_to_write(int reason) {
    discard();
    fail(subject_, ": cannot write ", path_, ": ", reason != 0 ? std::strerror(reason) : "unknown reason");
  }

  std::string path_, target_, written_;
  const char* subject_;
  bool direct_ = false;
  FilePointer file_;
};

}  // namespace maskrcnn::io
