/// Parts of a file that must not overlap: tensors of safetensors, entries of a zip archive.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <maskrcnn/core/compiled.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Bytes of a file by name.
using NamedBytes = std::map<std::string_view, std::span<const std::byte>>;

/// Bytes `begin` to `end`, which is behind the last, and what lies there.
struct ByteRange {
  std::uint64_t begin = 0, end = 0;
  std::string_view name{};
};

/// The names of two ranges that share bytes, in the order of the file; nothing, if no two do. Each holds a byte at
/// least. Of equal ranges, the names decide.
[[nodiscard]] inline std::optional<std::pair<std::string_view, std::string_view>> overlap_of(
    std::vector<ByteRange> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const ByteRange& a, const ByteRange& b) {
    if (a.begin != b.begin) return a.begin < b.begin;
    return a.end != b.end ? a.end < b.end : a.name < b.name;
  });
  for (std::size_t i = 1; i < ranges.size(); ++i)
    if (ranges[i].begin < ranges[i - 1].end) return std::pair{ranges[i - 1].name, ranges[i].name};
  return std::nullopt;
}

}  // namespace maskrcnn
