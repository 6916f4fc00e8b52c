/// COCO's run-length encoding of masks, as `pycocotools.mask` reads and writes it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/detection.hpp>
#include <maskrcnn/core/error.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

/// A mask as runs: pixels in column-major order (down the first column, then the second ...), alternately outside and
/// inside the object, beginning with outside (a run that may be 0 long). The runs add up to height * width.
struct Rle {
  Size size;
  std::vector<std::uint32_t> counts;

  friend bool operator==(const Rle&, const Rle&) = default;
};

/// Runs of a mask; time and memory depend on the stored patch, not on the image.
/// @throws Error if the image has 2^32 pixels or more
[[nodiscard]] inline Rle encode_rle(const Mask& mask) {
  const Size image = mask.image_size(), patch = mask.patch_size();
  const auto height = static_cast<std::uint64_t>(image.height),
             pixels = height * static_cast<std::uint64_t>(image.width);
  if (pixels > std::numeric_limits<std::uint32_t>::max())
    fail("rle: expected less than 2^32 pixels, found ", image.width, " x ", image.height);
  Rle rle{.size = image, .counts = {}};
  std::uint64_t begin = 0;  // of the current run
  bool inside = false;
  const auto close_run = [&](std::uint64_t end) {
    rle.counts.push_back(static_cast<std::uint32_t>(end - begin));
    begin = end;
    inside = !inside;
  };
  for (int x = 0; x < patch.width; ++x) {
    const std::uint64_t column =
        static_cast<std::uint64_t>(mask.left() + x) * height + static_cast<std::uint64_t>(mask.top());
    for (int y = 0; y < patch.height; ++y)
      if ((mask.patch_row(y)[x] != 0) != inside) close_run(column + static_cast<std::uint64_t>(y));
    // what is below and above the patch is outside; a patch of full height has neither, and a run may go on
    if (inside && patch.height < image.height) close_run(column + static_cast<std::uint64_t>(patch.height));
  }
  // a run that reached the bottom of the last column of the patch ends there
  if (inside) close_run(static_cast<std::uint64_t>(mask.left() + patch.width) * height);
  if (begin < pixels || rle.counts.empty()) close_run(pixels);
  return rle;
}

/// The mask of some runs, with a patch just as large as the object.
/// @throws Error if the runs do not add up to the size
[[nodiscard]] inline Mask decode_rle(const Rle& rle) {
  const auto height = static_cast<std::uint64_t>(std::max(rle.size.height, 0));
  const std::uint64_t pixels = height * static_cast<std::uint64_t>(std::max(rle.size.width, 0));
  std::uint64_t total = 0;
  for (const std::uint32_t count : rle.counts) total += count;
  if (total != pixels)
    fail("rle: expected runs of ", pixels, " pixels in all (", rle.size.width, " x ", rle.size.height, "), found ",
         total);

  /// Calls `use(x, y0, y1)` for each piece of a column that lies inside the object.
  const auto for_each_piece = [&](const auto& use) {
    std::uint64_t at = 0;
    for (std::size_t i = 0; i < rle.counts.size(); ++i) {
      const std::uint64_t end = at + rle.counts[i];
      while (i % 2 == 1 && at < end) {
        const std::uint64_t x = at / height, stop = std::min(end, (x + 1) * height);
        use(static_cast<int>(x), static_cast<int>(at - x * height), static_cast<int>(stop - x * height));
        at = stop;
      }
      at = end;
    }
  };
  int left = rle.size.width, right = 0, top = rle.size.height, bottom = 0;
  for_each_piece([&](int x, int y0, int y1) {
    left = std::min(left, x);
    right = std::max(right, x + 1);
    top = std::min(top, y0);
    bottom = std::max(bottom, y1);
  });
  if (right == 0) return Mask(rle.size, 0, 0, {0, 0});
  Mask mask(rle.size, left, top, {.height = bottom - top, .width = right - left});
  for_each_piece([&](int x, int y0, int y1) {
    for (int y = y0; y < y1; ++y) mask.patch_row(y - top)[x - left] = 1;
  });
  return mask;
}

/// COCO's text of some runs: from the fourth on the difference to the run two before, each number in groups of five
/// bits, lowest first, a sixth bit saying that more follow, as characters from '0' on (`rleToString` in COCO's
/// maskApi.c).
[[nodiscard]] inline std::string compress_rle(const Rle& rle) {
  std::string text;
  for (std::size_t i = 0; i < rle.counts.size(); ++i) {
    std::int64_t value = rle.counts[i];
    if (i > 2) value -= rle.counts[i - 2];
    bool more = true;
    while (more) {
      const auto group = static_cast<unsigned>(value & 0x1F);
      value >>= 5;
      // done when what is left is the sign of what was written
      more = (group & 0x10U) != 0 ? value != -1 : value != 0;
      text.push_back(static_cast<char>('0' + (group | (more ? 0x20U : 0U))));
    }
  }
  return text;
}

/// The runs of a text that `compress_rle` or pycocotools made.
/// @throws Error if the text is malformed
[[nodiscard]] inline Rle decompress_rle(std::string_view text, Size size) {
  Rle rle{.size = size, .counts = {}};
  for (std::size_t at = 0; at < text.size();) {
    std::int64_t value = 0;
    bool more = true;
    for (int shift = 0; more; shift += 5, ++at) {
      if (at == text.size()) fail("rle: the text ends inside a number");
      const int group = text[at] - '0';
      if (group < 0 || group > 0x3F || shift > 35)
        fail("rle: character ", at, " of the text is not part of a run length");
      value |= static_cast<std::int64_t>(group & 0x1F) << shift;
      more = (group & 0x20) != 0;
      if (!more && (group & 0x10) != 0) value -= std::int64_t{1} << (shift + 5);
    }
    if (rle.counts.size() > 2) value += rle.counts[rle.counts.size() - 2];
    if (value < 0 || value > std::numeric_limits<std::uint32_t>::max())
      fail("rle: run ", rle.counts.size(), " is ", value, " long, expected 0 to 2^32 - 1");
    rle.counts.push_back(static_cast<std::uint32_t>(value));
  }
  return rle;
}

}  // namespace maskrcnn::io
