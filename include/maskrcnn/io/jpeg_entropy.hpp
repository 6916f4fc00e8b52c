/// The entropy-coded bits of a JPEG file, read with care: Huffman tables and the codes made of them (ITU T.81, annexes
/// C and F).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <maskrcnn/io/bytes.hpp>
#include <string>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS::io::jpeg_entropy {

/// What is wrong with a file; never leaves the check of it.
struct Fault {
  std::string reason;
  bool of_kind = false;  ///< whether the file may be whole, but is of a kind that is not read
};

/// A table of prefix codes. Before it is read, it has none.
class HuffmanTable {
 public:
  HuffmanTable() = default;

  /// @param table the segment's content behind the table's number: 16 counts of codes by length, then their symbols;
  ///              what follows stays
  /// @throws Fault if counts and symbols make no prefix code or do not fit
  explicit HuffmanTable(Bytes& table) {
    if (table.size() < 16) throw Fault{"a Huffman table is cut off"};
    std::size_t count = 0;
    for (std::size_t i = 0; i < 16; ++i) count += table[i];
    if (count > symbols_.size())
      throw Fault{"a Huffman table has " + std::to_string(count) + " codes, expected at most 256"};
    if (count > table.size() - 16) throw Fault{"a Huffman table is cut off"};
    std::uint32_t code = 0;
    std::size_t symbol = 0;
    for (unsigned length = 1; length <= 16; ++length) {
      const std::uint32_t here = table[length - 1];
      first_[length] = static_cast<std::int32_t>(symbol) - static_cast<std::int32_t>(code);
      for (std::uint32_t i = 0; i < here; ++i, ++symbol) {
        symbols_[symbol] = table[16 + symbol];
        if (length <= quick_bits && code + i < 1U << length)
          for (std::uint32_t rest = 0; rest < 1U << (quick_bits - length); ++rest)
            quick_[((code + i) << (quick_bits - length)) + rest] = {static_cast<std::uint8_t>(length),
                                                                    symbols_[symbol]};
      }
      code += here;
      if (code > 1U << length) throw Fault{"a Huffman table has more codes of a length than there are"};
      end_[length] = code << (16 - length);
      code <<= 1;
    }
    defined_ = true;
    table = table.subspan(16 + count);
  }

  [[nodiscard]] bool defined() const { return defined_; }

  /// Length and symbol of the code that 16 bits begin with; length 17, if it is none.
  [[nodiscard]] std::pair<unsigned, std::uint8_t> find(std::uint32_t bits) const {
    const auto [quick_length, quick_symbol] = quick_[bits >> (16 - quick_bits)];
    if (quick_length != 0) return {quick_length, quick_symbol};
    for (unsigned length = 1; length <= 16; ++length)
      if (bits < end_[length])
        return {length,
                symbols_[static_cast<std::size_t>(static_cast<std::int32_t>(bits >> (16 - length)) + first_[length])]};
    return {17, 0};
  }

 private:
  static constexpr unsigned quick_bits = 9;

  struct Quick {
    std::uint8_t length = 0, symbol = 0;
  };

  bool defined_ = false;
  std::array<std::uint8_t, 256> symbols_{};
  std::array<std::int32_t, 17> first_{};  ///< of each length: its first symbol's place less its first code
  std::array<std::uint32_t, 17> end_{};   ///< of each length: what follows its last code, in 16 bits
  std::array<Quick, 1U << quick_bits> quick_{};
};

/// Bits of a scan up to its next marker.
class BitReader {
 public:
  BitReader(Bytes file, std::size_t at) : file_(file), at_(at) {}

  /// @throws Fault if the code is none of the table's, or a marker comes first
  [[nodiscard]] std::uint8_t symbol(const HuffmanTable& table) {
    fill(16);
    const std::uint32_t bits =
        static_cast<std::uint32_t>(count_ >= 16 ? buffer_ >> (count_ - 16) : buffer_ << (16 - count_)) & 0xFFFFU;
    const auto [length, symbol] = table.find(bits);
    if (length > 16) throw Fault{"its data have a code that is none of the Huffman table's"};
    (void)take(length);
    return symbol;
  }

  /// @param count 0 to 15
  /// @throws Fault if a marker comes first
  [[nodiscard]] std::uint32_t bits(unsigned count) {
    fill(count);
    return take(count);
  }

  /// A number of `count` bits, negative if the first one is 0 (T.81, F.2.2.1).
  [[nodiscard]] std::int32_t number(unsigned count) {
    const auto value = static_cast<std::int32_t>(bits(count));
    return count > 0 && value < std::int32_t{1} << (count - 1) ? value - (std::int32_t{1} << count) + 1 : value;
  }

  /// Goes on behind a restart marker, which must be next, but for the rest of a byte.
  /// @param number 0 to 7, its own
  void restart(unsigned number) {
    std::size_t next = at_;
    while (next + 1 < file_.size() && file_[next] == 0xFF && file_[next + 1] == 0xFF) ++next;
    if (count_ > 7 || next + 1 >= file_.size() || file_[next] != 0xFF || file_[next + 1] != 0xD0 + number)
      throw Fault{"a restart marker is not where it should be"};
    *this = BitReader(file_, next + 2);
  }

  /// Where the scan's data end, as far as they were needed.
  [[nodiscard]] std::size_t position() const { return at_; }

 private:
  /// Reads until there are `wanted` bits, or the data end.
  void fill(unsigned wanted) {
    while (count_ < wanted && at_ < file_.size()) {
      const std::uint8_t byte = file_[at_];
      std::size_t next = at_ + 1;
      if (byte == 0xFF) {
        while (next < file_.size() && file_[next] == 0xFF) ++next;
        if (next == file_.size() || file_[next] != 0) return;  // a marker, which stays
        ++next;
      }
      at_ = next;
      buffer_ = buffer_ << 8 | byte;
      count_ += 8;
    }
  }
  [[nodiscard]] std::uint32_t take(unsigned count) {
    if (count > count_) throw Fault{"its data end before the image"};
    count_ -= count;
    const auto value = static_cast<std::uint32_t>(buffer_ >> count_) & ((1U << count) - 1);
    buffer_ &= (std::uint64_t{1} << count_) - 1;
    return value;
  }

  Bytes file_;
  std::size_t at_;
  std::uint64_t buffer_ = 0;
  unsigned count_ = 0;
};

}  // namespace maskrcnn::io::jpeg_entropy
