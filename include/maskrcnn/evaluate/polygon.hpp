/// Polygons to pixels, exactly as COCO's own tools have it: annotations of COCO are polygons, and every score depends
/// on which pixels they are taken for.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/evaluate/region.hpp>
#include <span>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// Coordinates of polygons are at most this far from 0.
inline constexpr double max_polygon_coordinate = 1e6;

namespace polygon {

/// Points of the boundary are on a grid of 5 x 5 cells a pixel.
inline constexpr int grid = 5;
/// The cell of a pixel behind which the boundary passes the pixel's centre.
inline constexpr int centre = 2;

struct Point {
  int x, y;  ///< grid cells
};

/// One side of a polygon as a row of cells: a step of one along the longer axis, rounded along the other.
class Side {
 public:
  Side(Point from, Point to) : along_x_(std::abs(to.x - from.x) >= std::abs(to.y - from.y)) {
    // cells are computed from the lower end of the longer axis, whichever way the side runs
    if (along_x_ ? from.x > to.x : from.y > to.y) std::swap(from, to);
    from_ = from;
    length_ = along_x_ ? to.x - from.x : to.y - from.y;
    const int rise = along_x_ ? to.y - from.y : to.x - from.x;
    slope_ = length_ == 0 ? 0.0 : static_cast<double>(rise) / length_;
  }

  /// Calls `use(column, y)` for each column of pixels below `width` whose centre the side passes, with the upper of the
  /// two cells at which it does.
  template <class Use>
  void for_each_crossing(int width, const Use& use) const {
    if (along_x_) {
      for (int column = std::max(0, ceiling(from_.x - centre)); column < width; ++column) {
        const int step = grid * column + centre - from_.x;
        if (step + 1 > length_) break;
        use(column, std::min(rounded(from_.y, step), rounded(from_.y, step + 1)));
      }
      return;
    }
    const int begin = rounded(from_.x, 0), end = rounded(from_.x, length_);
    const int first = std::max(0, ceiling(std::min(begin, end) - centre));
    for (int column = first; column < width && grid * column + centre < std::max(begin, end); ++column) {
      const int step = last_before(grid * column + centre, begin < end);
      use(column, from_.y + step);
    }
  }

 private:
  static int ceiling(int cells) { return cells <= 0 ? 0 : (cells + grid - 1) / grid; }

  [[nodiscard]] int rounded(int start, int step) const {
    // volatile: rounded before it is added, also where the processor could do both at once
    const volatile double rise = slope_ * step;
    return static_cast<int>(start + rise + 0.5);
  }

  /// The last step before x leaves `cell` upwards, or before it arrives there downwards. x never falls, or never rises.
  [[nodiscard]] int last_before(int cell, bool rising) const {
    const auto is_before = [&](int step) { return (rounded(from_.x, step) > cell) != rising; };
    int step = std::clamp(static_cast<int>((cell + 0.5 - from_.x) / slope_), 0, length_ - 1);
    while (step > 0 && !is_before(step)) --step;
    while (step + 1 < length_ && is_before(step + 1)) ++step;
    return step;
  }

  bool along_x_;
  Point from_{};
  int length_ = 0;
  double slope_ = 0;
};

}  // namespace polygon

/// The pixels of a polygon, given as x0, y0, x1, y1 ...; it is closed, and where it covers itself twice is outside.
/// Bit for bit what COCO's `rleFrPoly` makes of it: the boundary is drawn on a grid five times finer than the pixels,
/// and where it passes the centre of a column of pixels, inside and outside change from the next pixel on.
/// Of an odd number of coordinates the last goes unused; fewer than three points have no pixel.
/// @throws Error if a coordinate is not finite or further than `max_polygon_coordinate` from 0
[[nodiscard]] inline Region polygon_region(std::span<const double> coordinates, Size size) {
  using polygon::grid;
  require_countable(size, "polygon");
  for (const double coordinate : coordinates)
    if (!(std::abs(coordinate) <= max_polygon_coordinate))
      fail("polygon: expected coordinates from ", -max_polygon_coordinate, " to ", max_polygon_coordinate, ", found ",
           coordinate);
  const auto cell = [](double coordinate) { return static_cast<int>(grid * coordinate + 0.5); };
  const std::size_t points = coordinates.size() / 2;
  const auto point = [&](std::size_t i) {
    return polygon::Point{cell(coordinates[2 * (i % points)]), cell(coordinates[2 * (i % points) + 1])};
  };
  std::vector<std::uint32_t> borders;
  const auto height = static_cast<std::uint32_t>(size.height);
  for (std::size_t i = 0; i < points; ++i)
    polygon::Side(point(i), point(i + 1)).for_each_crossing(size.width, [&](int column, int y) {
      // the first row whose centre is below cell y
      const int row = y <= polygon::centre ? 0 : (y - polygon::centre + grid - 1) / grid;
      borders.push_back(static_cast<std::uint32_t>(column) * height +
                        std::min(static_cast<std::uint32_t>(row), height));
    });
  return Region::between(std::move(borders), size);
}

}  // namespace maskrcnn::evaluate
