/// Where the tiles of a Winograd convolution lie.
#pragma once

#include <algorithm>
#include <array>
#include <maskrcnn/core/tensor.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Output tiles of `Size` x `Size` pixels over a batch of images. The images are thought of as a mosaic with one row
/// and one column of zeros between neighbours, which serve as the padding of both: so 14 x 14 RoIs do not waste an
/// eighth of every tile row. Nothing is moved: the mosaic is only a way of counting.
template <Index Size>
class WinogradTiles {
 public:
  static constexpr Index outside = ~Index{0};

  /// @param images [N, H, W, C]
  explicit WinogradTiles(const Shape<4>& images) : images_(images[0]), height_(images[1]), width_(images[2]) {
    // as many rows of images as make the fewest tiles; a few are enough, since `Size` of them come out even
    Index best = ~Index{0};
    for (Index rows = 1; rows <= std::min(Size, std::max<Index>(images_, 1)); ++rows) {
      const Index columns = (images_ + rows - 1) / rows;
      const Index tiles = tiles_along(rows, height_) * tiles_along(columns, width_);
      if (tiles >= best) continue;
      best = tiles;
      mosaic_columns_ = columns;
      tile_columns_ = tiles_along(columns, width_);
    }
    count_ = images_ == 0 ? 0 : best;
  }

  [[nodiscard]] Index count() const { return count_; }

  /// Pixels of a square that begins `before` pixels up and left of tile `tile`'s outputs: their numbers, counted
  /// through all images, or `outside`.
  template <Index Extent>
  [[nodiscard]] std::array<Index, Extent * Extent> pixels(Index tile, Index before) const {
    const Index y = tile / tile_columns_ * Size - before, x = tile % tile_columns_ * Size - before;
    std::array<Position, Extent> columns;
    for (Index i = 0; i < Extent; ++i) columns[i] = position(x + i, width_);
    std::array<Index, Extent * Extent> pixels;
    for (Index j = 0; j < Extent; ++j) {
      const Position row = position(y + j, height_);
      for (Index i = 0; i < Extent; ++i) {
        const Index image = row.image * mosaic_columns_ + columns[i].image;
        const bool inside =
            row.pixel < height_ && columns[i].pixel < width_ && columns[i].image < mosaic_columns_ && image < images_;
        pixels[j * Extent + i] = inside ? (image * height_ + row.pixel) * width_ + columns[i].pixel : outside;
      }
    }
    return pixels;
  }

 private:
  /// A row or column of the mosaic: of which images, and where in them; `pixel` is the size of an image or more between
  /// images and around the mosaic.
  struct Position {
    Index image, pixel;
  };

  /// `at` may have wrapped below zero.
  static Position position(Index at, Index size) {
    if (at > outside / 2) return {0, outside};
    return {at / (size + 1), at % (size + 1)};
  }

  static Index tiles_along(Index images, Index size) { return (images * (size + 1) - 1 + Size - 1) / Size; }

  Index images_, height_, width_, mosaic_columns_ = 1, tile_columns_ = 1, count_ = 0;
};

}  // namespace maskrcnn
