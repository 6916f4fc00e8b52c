/// Zip archives: where each stored, that is uncompressed, entry lies in the file. Nothing is ever unpacked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <maskrcnn/weights/byte_ranges.hpp>
#include <maskrcnn/weights/byte_reader.hpp>
#include <maskrcnn/weights/weight_file.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// The entries of a zip archive, each checked against its local header, none overlapping another. Checksums are not
/// checked, as PyTorch itself may write none (`torch.serialization.set_crc32_options`) and checks none.
/// Source: PKWARE's APPNOTE.TXT 6.3.9, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16, 4.5.3.
class ZipArchive {
 public:
  /// @throws Error if the archive is malformed
  explicit ZipArchive(const WeightFile& file) : file_(file.name), bytes_(file.bytes) {
    const Directory directory = find_directory();
    ByteReader in(bytes_.subspan(static_cast<std::size_t>(directory.offset), static_cast<std::size_t>(directory.bytes)),
                  "the zip directory", file_);
    std::vector<ByteRange> places;  // from the local header to the end of the data
    std::optional<std::string_view> repeated;
    for (std::uint64_t i = 0; i < directory.entries; ++i) {
      const Entry entry = read_entry(in, directory.offset);
      if (!repeated && (entries_.contains(entry.name) || unreadable_.contains(entry.name))) repeated = entry.name;
      if (!entry.fault.empty()) {
        unreadable_.emplace(entry.name, entry.fault);
        continue;
      }
      const auto end = static_cast<std::uint64_t>(entry.bytes.data() + entry.bytes.size() - bytes_.data());
      places.push_back({.begin = entry.header, .end = end, .name = entry.name});
      entries_.emplace(entry.name, entry.bytes);
    }
    if (in.remaining() != 0)
      refuse("has ", in.remaining(), " bytes behind the ", directory.entries, " entries of its directory");
    if (const auto overlap = overlap_of(std::move(places)))
      refuse("has entries '", printable(overlap->first), "' and '", printable(overlap->second), "' that overlap");
    if (repeated) refuse("has two entries '", printable(*repeated), "'");
  }

  /// The names of all entries.
  [[nodiscard]] std::vector<std::string_view> names() const {
    std::vector<std::string_view> names;
    for (const auto& [name, bytes] : entries_) names.push_back(name);
    for (const auto& [name, fault] : unreadable_) names.push_back(name);
    return names;
  }

  /// The bytes of an entry; empty, if there is none of that name.
  /// @throws Error if it is compressed or encrypted
  [[nodiscard]] std::optional<std::span<const std::byte>> find(std::string_view name) const {
    if (const auto packed = unreadable_.find(name); packed != unreadable_.end())
      refuse("has entry '", printable(name), "' ", packed->second, ", expected it stored as PyTorch writes it");
    const auto found = entries_.find(name);
    return found == entries_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  static constexpr std::uint32_t local_signature = 0x04034B50, central_signature = 0x02014B50,
                                 end_signature = 0x06054B50, end64_signature = 0x06064B50,
                                 locator64_signature = 0x07064B50;
  static constexpr std::size_t end_bytes = 22, end64_bytes = 56, locator64_bytes = 20, local_bytes = 30;
  static constexpr std::uint32_t in_zip64 = 0xFFFFFFFF;  // "see the 64-bit field"

  struct Entry {
    std::string_view name;
    std::span<const std::byte> bytes;
    std::uint64_t header;  ///< where the local header begins
    std::string fault{};   ///< why it cannot be read
  };

  struct Directory {
    std::uint64_t entries = 0, bytes = 0, offset = 0;
  };

  template <class... Parts>
  [[noreturn]] void refuse(const Parts&... parts) const {
    fail("weights: the zip archive ", parts..., " (file ", file_, ")");
  }

  [[nodiscard]] ByteReader at(std::uint64_t offset, const char* what) const {
    if (offset > bytes_.size()) refuse("says that ", what, " begins at byte ", offset, " of ", bytes_.size());
    return {bytes_.subspan(static_cast<std::size_t>(offset)), what, file_};
  }

  /// The end record: the last one whose comment reaches to the end of the file.
  [[nodiscard]] std::size_t find_end() const {
    for (std::size_t comment = 0; comment <= 0xFFFF && comment + end_bytes <= bytes_.size(); ++comment) {
      const std::size_t place = bytes_.size() - end_bytes - comment;
      ByteReader in = at(place, "the end record");
      if (in.number<std::uint32_t>() != end_signature) continue;
      (void)in.take(16);
      if (in.number<std::uint16_t>() == comment) return place;
    }
    refuse("has no end record; is it cut off?");
  }

  [[nodiscard]] Directory find_directory() const {
    const std::size_t end = find_end();
    ByteReader in = at(end + 4, "the end record");
    const auto disk = in.number<std::uint16_t>(), directory_disk = in.number<std::uint16_t>(),
               entries_here = in.number<std::uint16_t>(), entries = in.number<std::uint16_t>();
    if (disk != directory_disk || (disk != 0 && disk != 0xFFFF) || entries != entries_here)
      refuse("is a part of several");
    Directory directory{.entries = entries, .bytes = in.number<std::uint32_t>(), .offset = in.number<std::uint32_t>()};
    std::uint64_t directory_end = end;
    if (end >= locator64_bytes + end64_bytes) {
      ByteReader locator = at(end - locator64_bytes, "the zip64 locator");
      if (locator.number<std::uint32_t>() == locator64_signature) {
        (void)locator.take(4);
        directory_end = locator.number<std::uint64_t>();
        directory = widen(directory, directory_end);
      }
    }
    if (directory.offset > directory_end || directory.bytes != directory_end - directory.offset)
      refuse("has a directory of ", directory.bytes, " bytes at byte ", directory.offset,
             ", expected it to end at byte ", directory_end);
    return directory;
  }

  /// The directory as the 64-bit end record at `place` has it, which must agree with the 32-bit one.
  [[nodiscard]] Directory widen(const Directory& narrow, std::uint64_t place) const {
    ByteReader in = at(place, "the zip64 end record");
    if (in.number<std::uint32_t>() != end64_signature) refuse("has no zip64 end record where it says");
    (void)in.take(20);  // its length, versions, disks
    const auto entries_here = in.number<std::uint64_t>();
    const Directory wide{.entries = in.number<std::uint64_t>(),
                         .bytes = in.number<std::uint64_t>(),
                         .offset = in.number<std::uint64_t>()};
    const auto agree = [](std::uint64_t small, std::uint64_t large, std::uint64_t elsewhere) {
      return small == large || small == elsewhere;
    };
    if (entries_here != wide.entries || !agree(narrow.entries, wide.entries, 0xFFFF) ||
        !agree(narrow.bytes, wide.bytes, in_zip64) || !agree(narrow.offset, wide.offset, in_zip64))
      refuse("has two end records that disagree");
    return wide;
  }

  /// The next entry of the directory, whose data must end before the directory begins.
  [[nodiscard]] Entry read_entry(ByteReader& in, std::uint64_t directory) const {
    if (in.number<std::uint32_t>() != central_signature) refuse("has a directory entry without its signature");
    (void)in.take(4);  // versions
    const auto flags = in.number<std::uint16_t>(), method = in.number<std::uint16_t>();
    (void)in.take(8);  // time, date, checksum
    std::uint64_t packed = in.number<std::uint32_t>(), size = in.number<std::uint32_t>();
    const auto name_bytes = in.number<std::uint16_t>(), extra_bytes = in.number<std::uint16_t>(),
               comment_bytes = in.number<std::uint16_t>();
    (void)in.take(8);  // disk, attributes
    std::uint64_t header = in.number<std::uint32_t>();
    const std::string_view name = in.text(name_bytes);
    ByteReader extra(in.take(extra_bytes), "a zip entry's extra field", file_);
    (void)in.take(comment_bytes);
    read_wide_fields(extra, size, packed, header);
    if ((flags & 1U) != 0) return {name, {}, header, "encrypted"};
    if (method != 0) return {name, {}, header, "compressed by method " + std::to_string(method)};
    if (packed != size) refuse("has entry '", printable(name), "' of ", size, " bytes stored in ", packed);
    return {name, local_data(name, header, size, directory), header};
  }

  /// 64-bit values, of those fields that say so, in this order.
  static void read_wide_fields(ByteReader& extra, std::uint64_t& size, std::uint64_t& packed, std::uint64_t& header) {
    while (extra.remaining() >= 4) {
      const auto id = extra.number<std::uint16_t>(), length = extra.number<std::uint16_t>();
      ByteReader field(extra.take(length), "a zip64 extra field", extra.file());
      if (id != 1) continue;
      for (std::uint64_t* value : {&size, &packed, &header})
        if (*value == in_zip64) *value = field.number<std::uint64_t>();
      return;
    }
  }

  /// The data behind the local header, which must say the same as the directory.
  [[nodiscard]] std::span<const std::byte> local_data(std::string_view name, std::uint64_t header, std::uint64_t size,
                                                      std::uint64_t directory) const {
    ByteReader in = at(header, "a local header");
    if (in.number<std::uint32_t>() != local_signature)
      refuse("has no local header for entry '", printable(name), "' at byte ", header);
    (void)in.take(2);
    const auto flags = in.number<std::uint16_t>(), method = in.number<std::uint16_t>();
    (void)in.take(8);
    const auto packed = in.number<std::uint32_t>(), unpacked = in.number<std::uint32_t>();
    const auto name_bytes = in.number<std::uint16_t>(), extra_bytes = in.number<std::uint16_t>();
    const bool later = (flags & 8U) != 0;  // sizes follow the data, and are 0 here
    const auto agrees = [&](std::uint32_t here) { return here == size || here == in_zip64 || (later && here == 0); };
    if (in.text(name_bytes) != name || method != 0 || (flags & 1U) != 0 || !agrees(packed) || !agrees(unpacked))
      refuse("has entry '", printable(name), "' with one description in its directory and another before its data");
    const std::uint64_t begin = header + local_bytes + name_bytes + extra_bytes;
    if (begin > directory || size > directory - begin)
      refuse("has entry '", printable(name), "' of ", size, " bytes at byte ", begin,
             ", expected it before the directory at ", directory);
    return bytes_.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(size));
  }

  std::string file_;
  std::span<const std::byte> bytes_;
  NamedBytes entries_;
  std::map<std::string_view, std::string> unreadable_;
};

}  // namespace maskrcnn
