/// Step 3a: anchors, the boxes that proposals start from (Ren et al., "Faster R-CNN", section 3.1.1).
#pragma once

#include <cmath>
#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <vector>

namespace maskrcnn {

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

/// The boxes of one position, around (0, 0), in the convention's order; each has the area of a square of the size,
/// ratios are height / width. torchvision's `AnchorGenerator.generate_anchors`, in float like there and rounded, or
/// detectron2's `generate_cell_anchors`, in double.
template <Scalar T, Convention C>
[[nodiscard]] std::vector<BasicBox<T>> base_anchors(const std::vector<double>& sizes,
                                                    const std::vector<double>& aspect_ratios) {
  std::vector<BasicBox<T>> anchors;
  const auto add = [&anchors](double size, double ratio) {
    T x, y;
    if constexpr (C::round_anchors) {
      const float stretch = std::sqrt(static_cast<float>(ratio));
      x = static_cast<T>(std::nearbyint((1 / stretch) * static_cast<float>(size) / 2));
      y = static_cast<T>(std::nearbyint(stretch * static_cast<float>(size) / 2));
    } else {
      const double width = std::sqrt(size * size / ratio);
      x = static_cast<T>(width / 2.0);
      y = static_cast<T>(ratio * width / 2.0);
    }
    anchors.push_back({-x, -y, x, y});
  };
  if constexpr (C::anchor_order == AnchorOrder::by_ratio) {
    for (const double ratio : aspect_ratios)
      for (const double size : sizes) add(size, ratio);
  } else {
    for (const double size : sizes)
      for (const double ratio : aspect_ratios) add(size, ratio);
  }
  return anchors;
}

/// Makes the anchor grids of a feature pyramid. torchvision's and detectron2's `AnchorGenerator`.
template <Scalar T, Convention C>
class AnchorGenerator {
 public:
  /// @param finest stride of the finest map, for conventions that take strides from there
  explicit AnchorGenerator(const ModelConfig& config, int finest = 4) : finest_(finest) {
    for (std::size_t level = 0; level < config.anchor_sizes.size(); ++level)
      base_.push_back(base_anchors<T, C>(config.anchor_sizes[level], config.anchor_aspect_ratios[level]));
  }

  [[nodiscard]] std::size_t levels() const { return base_.size(); }
  [[nodiscard]] Index per_position() const { return base_.front().size(); }

  /// @param level 0 is the finest
  /// @param grid  size of the level's feature map
  /// @param input size of the padded network input
  [[nodiscard]] AnchorGrid<T> operator()(std::size_t level, Size grid, Size input) const {
    if constexpr (C::anchor_stride == AnchorStride::padded_over_feature)
      return {base_[level], grid, input.height / grid.height, input.width / grid.width};
    else
      return {base_[level], grid, finest_ << level, finest_ << level};
  }

 private:
  std::vector<std::vector<BasicBox<T>>> base_;
  int finest_;
};

}  // namespace maskrcnn
