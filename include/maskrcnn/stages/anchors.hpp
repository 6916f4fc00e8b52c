/// Step 3a: anchors, the boxes that proposals start from (Ren et al., "Faster R-CNN", section 3.1.1).
#pragma once

#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// The anchors of one level: the same few boxes at every position of a grid. They are computed, not stored.
template <Scalar T>
class AnchorGrid {
 public:
  /// @param stride_y, stride_x pixels of the input from one row, or column, of the grid to the next
  AnchorGrid(std::vector<BasicBox<T>> base, Size grid, int stride_y, int stride_x)
      : base_(std::move(base)), grid_(grid), stride_y_(stride_y), stride_x_(stride_x) {}

  [[nodiscard]] Index per_position() const { return base_.size(); }
  [[nodiscard]] Index size() const {
    return static_cast<Index>(grid_.height) * static_cast<Index>(grid_.width) * base_.size();
  }

  /// Anchor `index` of the level, counted by row, column, box; pixels of the resized image.
  [[nodiscard]] BasicBox<T> operator[](Index index) const {
    const auto width = static_cast<Index>(grid_.width);
    const BasicBox<T>& box = base_[index % base_.size()];
    const Index position = index / base_.size();
    const T x = static_cast<T>(position % width * static_cast<Index>(stride_x_));
    const T y = static_cast<T>(position / width * static_cast<Index>(stride_y_));
    return {x + box.x0, y + box.y0, x + box.x1, y + box.y1};
  }

 private:
  std::vector<BasicBox<T>> base_;
  Size grid_;
  int stride_y_, stride_x_;
};

/// Which anchors there are, and where.
struct AnchorOptions {
  std::vector<std::vector<double>> sizes;          ///< of each level, pixels
  std::vector<std::vector<double>> aspect_ratios;  ///< of each level, height / width
  int finest_stride = 4;                           ///< of the finest map, for rules that take strides from there
  AnchorRounding rounding = Torchvision::anchor_rounding;
  double offset = Torchvision::anchor_offset;  ///< of centres, in strides; needs the stride to be known
  AnchorOrder order = Torchvision::anchor_order;
  AnchorStride stride = Torchvision::anchor_stride;
};

/// The boxes of one position, around (0, 0) or what the offset says, in the options' order; each has the area of a
/// square of the size, ratios are height / width. torchvision's `AnchorGenerator.generate_anchors`, in float like there
/// and rounded, detectron2's `generate_cell_anchors`, in double, or maskrcnn-benchmark's `generate_anchors`.
/// @param level whose sizes and ratios are taken
template <Scalar T>
[[nodiscard]] std::vector<BasicBox<T>> base_anchors(const AnchorOptions& options, std::size_t level);

/// Makes the anchor grids of a feature pyramid. torchvision's and detectron2's `AnchorGenerator`.
template <Scalar T>
class AnchorGenerator {
 public:
  explicit AnchorGenerator(const AnchorOptions& options);

  [[nodiscard]] std::size_t levels() const { return base_.size(); }
  [[nodiscard]] Index per_position() const { return base_.front().size(); }

  /// @param level 0 is the finest
  /// @param grid  size of the level's feature map
  /// @param input size of the padded network input
  [[nodiscard]] AnchorGrid<T> operator()(std::size_t level, Size grid, Size input) const;

 private:
  std::vector<std::vector<BasicBox<T>>> base_;
  int finest_stride_;
  AnchorStride stride_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/stages/anchors.inl>
#endif
