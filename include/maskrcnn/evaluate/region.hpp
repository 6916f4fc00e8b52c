/// Regions: masks as runs of pixels, to be measured and compared without ever becoming pixels.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/io/rle.hpp>
#include <span>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// Columns x to x + width, rows y to y + height, in pixels: how COCO writes boxes.
struct Rectangle {
  double x = 0, y = 0, width = 0, height = 0;

  [[nodiscard]] double area() const { return width * height; }

  friend bool operator==(const Rectangle&, const Rectangle&) = default;
};

/// Pixels `begin` to `end` - 1, counted down the first column, then the second, and so on.
struct Run {
  std::uint32_t begin = 0, end = 0;

  friend bool operator==(const Run&, const Run&) = default;
};

/// @throws Error if an image has no pixel, or 2^32 or more
inline void require_countable(Size size, const char* subject) {
  if (size.width < 1 || size.height < 1 ||
      static_cast<std::uint64_t>(size.width) * static_cast<std::uint64_t>(size.height) >
          std::numeric_limits<std::uint32_t>::max())
    fail(subject, ": expected an image of 1 to 2^32 - 1 pixels, found ", size.width, " x ", size.height);
}

/// A set of pixels of one image: sorted runs that do not touch each other.
class Region {
 public:
  Region() = default;

  /// @throws Error if the runs do not add up to the size
  explicit Region(const io::Rle& rle) : size_(rle.size) {
    require_countable(size_, "rle");
    const std::uint64_t pixels = static_cast<std::uint64_t>(size_.width) * static_cast<std::uint64_t>(size_.height);
    std::uint64_t at = 0;
    for (std::size_t i = 0; i < rle.counts.size(); ++i) {
      const std::uint64_t end = at + rle.counts[i];
      if (end > pixels) break;
      if (i % 2 == 1) append({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end)});
      at = end;
    }
    std::uint64_t total = 0;
    for (const std::uint32_t count : rle.counts) total += count;
    if (total != pixels)
      fail("rle: expected runs of ", pixels, " pixels in all (", size_.width, " x ", size_.height, "), found ", total);
    measure();
  }

  /// The pixels between each two consecutive borders, of which there may be any number at one place; those from an
  /// unpaired last one to the end of the image.
  static Region between(std::vector<std::uint32_t> borders, Size size) {
    Region region;
    region.size_ = size;
    const std::uint32_t pixels = static_cast<std::uint32_t>(size.width) * static_cast<std::uint32_t>(size.height);
    std::sort(borders.begin(), borders.end());
    if (borders.size() % 2 == 1) borders.push_back(pixels);
    for (std::size_t i = 0; i < borders.size(); i += 2) region.append({borders[i], borders[i + 1]});
    region.measure();
    return region;
  }

  /// All pixels of any of `regions`, which are of images of one size. pycocotools' `merge`.
  static Region united(std::span<const Region> regions) {
    Region all;
    if (regions.empty()) return all;
    if (regions.size() == 1) return regions.front();
    all.size_ = regions.front().size_;
    std::vector<Run> runs;
    for (const Region& region : regions) runs.insert(runs.end(), region.runs_.begin(), region.runs_.end());
    std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.begin < b.begin; });
    for (const Run& run : runs) all.append(run);
    all.measure();
    return all;
  }

  /// Of the image.
  [[nodiscard]] Size size() const { return size_; }
  [[nodiscard]] const std::vector<Run>& runs() const { return runs_; }
  /// Number of pixels.
  [[nodiscard]] std::uint32_t area() const { return area_; }
  /// The smallest rectangle around all pixels; all zeros if there are none. pycocotools' `toBbox`.
  [[nodiscard]] Rectangle bounds() const {
    if (runs_.empty()) return {};
    return {double(left_), double(top_), double(right_ - left_), double(bottom_ - top_)};
  }

  /// Number of pixels in both; the regions are of images of one size.
  [[nodiscard]] std::uint32_t intersection(const Region& other) const {
    if (left_ >= other.right_ || other.left_ >= right_ || top_ >= other.bottom_ || other.top_ >= bottom_) return 0;
    const auto first_after = [](const std::vector<Run>& runs, std::uint32_t begin) {
      return std::partition_point(runs.begin(), runs.end(), [begin](const Run& run) { return run.end <= begin; });
    };
    auto a = first_after(runs_, other.runs_.front().begin);
    auto b = first_after(other.runs_, runs_.front().begin);
    std::uint32_t pixels = 0;
    while (a != runs_.end() && b != other.runs_.end()) {
      const std::uint32_t begin = std::max(a->begin, b->begin), end = std::min(a->end, b->end);
      if (begin < end) pixels += end - begin;
      if (a->end < b->end)
        ++a;
      else
        ++b;
    }
    return pixels;
  }

  /// The same pixels as COCO's run lengths.
  [[nodiscard]] io::Rle rle() const {
    io::Rle rle{.size = size_, .counts = {}};
    std::uint32_t at = 0;
    for (const Run& run : runs_) {
      rle.counts.insert(rle.counts.end(), {run.begin - at, run.end - run.begin});
      at = run.end;
    }
    const std::uint32_t pixels = static_cast<std::uint32_t>(size_.width) * static_cast<std::uint32_t>(size_.height);
    if (at < pixels || rle.counts.empty()) rle.counts.push_back(pixels - at);
    return rle;
  }

  friend bool operator==(const Region& a, const Region& b) { return a.size_ == b.size_ && a.runs_ == b.runs_; }

 private:
  /// Adds a run that begins behind the beginning of the last one.
  void append(Run run) {
    if (run.begin >= run.end) return;
    if (!runs_.empty() && run.begin <= runs_.back().end)
      runs_.back().end = std::max(runs_.back().end, run.end);
    else
      runs_.push_back(run);
  }

  void measure() {
    runs_.shrink_to_fit();
    if (runs_.empty()) return;
    const auto height = static_cast<std::uint32_t>(size_.height);
    left_ = runs_.front().begin / height;
    right_ = (runs_.back().end - 1) / height + 1;
    top_ = height;
    for (const Run& run : runs_) {
      area_ += run.end - run.begin;
      const std::uint32_t column = run.begin / height * height;
      const bool one_column = run.end - column <= height;
      top_ = std::min(top_, one_column ? run.begin - column : 0);
      bottom_ = std::max(bottom_, one_column ? run.end - column : height);
    }
  }

  Size size_;
  std::vector<Run> runs_;
  std::uint32_t area_ = 0;
  std::uint32_t left_ = 0, top_ = 0, right_ = 0, bottom_ = 0;  // half-open
};

/// How well a found region or box fits a true one: intersection over union. A crowd, in which objects are not told
/// apart, fits as far as it covers what was found. 0 where nothing overlaps, and between regions of images of different
/// sizes. pycocotools' `iou`.
[[nodiscard]] inline double overlap(const Region& found, const Region& truth, bool crowd) {
  if (found.size() != truth.size()) return 0;
  const std::uint32_t common = found.intersection(truth);
  if (common == 0) return 0;
  // a union cannot have more pixels than the image
  const std::uint32_t all = crowd ? found.area() : found.area() + (truth.area() - common);
  return static_cast<double>(common) / static_cast<double>(all);
}

[[nodiscard]] inline double overlap(const Rectangle& found, const Rectangle& truth, bool crowd) {
  const double width = std::min(found.width + found.x, truth.width + truth.x) - std::max(found.x, truth.x);
  const double height = std::min(found.height + found.y, truth.height + truth.y) - std::max(found.y, truth.y);
  if (!(width > 0 && height > 0)) return 0;
  const double common = width * height;
  return common / (crowd ? found.area() : found.area() + truth.area() - common);
}

}  // namespace maskrcnn::evaluate
