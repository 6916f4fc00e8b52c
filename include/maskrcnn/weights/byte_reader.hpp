/// Reading numbers and runs of bytes one after the other, never behind the end.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <maskrcnn/core/error.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// A position in a part of a weight file. Numbers are little-endian and may be unaligned.
class ByteReader {
 public:
  /// @param what names the part in messages: "the pickle"
  /// @param file names the file in messages
  ByteReader(std::span<const std::byte> bytes, std::string what, std::string file)
      : bytes_(bytes), what_(std::move(what)), file_(std::move(file)) {}

  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - position_; }
  [[nodiscard]] const std::string& file() const { return file_; }

  /// The next `count` bytes.
  /// @throws Error if fewer are left
  std::span<const std::byte> take(std::uint64_t count) {
    if (count > remaining())
      fail("weights: ", what_, " is cut off: expected ", count, " more bytes at byte ", position_, ", found ",
           remaining(), " (file ", file_, ")");
    const auto taken = bytes_.subspan(position_, static_cast<std::size_t>(count));
    position_ += taken.size();
    return taken;
  }

  /// The next number.
  template <std::unsigned_integral T>
  T number() {
    T value = 0;
    unsigned shift = 0;
    for (const std::byte byte : take(sizeof(T))) {
      value = static_cast<T>(value | static_cast<T>(std::to_integer<std::uint64_t>(byte) << shift));
      shift += 8;
    }
    return value;
  }

  /// The next `count` bytes as characters.
  std::string_view text(std::uint64_t count) { return text_of(take(count)); }

  /// The characters up to the next line feed, which is passed over.
  std::string_view line() {
    const auto rest = bytes_.subspan(position_);
    const auto end = std::find(rest.begin(), rest.end(), std::byte{'\n'});
    const auto length = static_cast<std::size_t>(end - rest.begin());
    const std::string_view text = this->text(length);
    (void)take(1);
    return text;
  }

  static std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

 private:
  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
  std::string what_, file_;
};

/// Text of a file, fit for a message: at most 80 characters, none of them unprintable.
[[nodiscard]] inline std::string printable(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, 80)) shown += c >= ' ' && c <= '~' ? c : '?';
  return text.size() > 80 ? shown + "..." : shown;
}

}  // namespace maskrcnn
