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

/// The boxes of one position, around (0, 0): ratio by ratio (height / width), size by size; each has the area of a
/// square of the size. torchvision's `AnchorGenerator.generate_anchors`, in float like there.
template <Scalar T, Convention C>
[[nodiscard]] std::vector<BasicBox<T>> base_anchors(const std::vector<double>& sizes,
                                                    const std::vector<double>& aspect_ratios) {
  std::vector<BasicBox<T>> anchors;
  for (const double ratio : aspect_ratios)
    for (const double size : sizes) {
      // rounded anchors come from float arithmetic (torchvision), the others from double (detectron2)
      using Real = std::conditional_t<C::round_anchors, float, double>;
      const Real stretch = std::sqrt(static_cast<Real>(ratio));
      const Real half_width = (1 / stretch) * static_cast<Real>(size) / 2;
      const Real half_height = stretch * static_cast<Real>(size) / 2;
      const T x = static_cast<T>(C::round_anchors ? std::nearbyint(half_width) : half_width);
      const T y = static_cast<T>(C::round_anchors ? std::nearbyint(half_height) : half_height);
      anchors.push_back({-x, -y, x, y});
    }
  return anchors;
}

/// Makes the anchor grids of a feature pyramid. torchvision's `AnchorGenerator`.
template <Scalar T, Convention C>
class AnchorGenerator {
 public:
  explicit AnchorGenerator(const ModelConfig& config) {
    for (std::size_t level = 0; level < config.anchor_sizes.size(); ++level)
      base_.push_back(base_anchors<T, C>(config.anchor_sizes[level], config.anchor_aspect_ratios[level]));
  }

  [[nodiscard]] std::size_t levels() const { return base_.size(); }
  [[nodiscard]] Index per_position() const { return base_.front().size(); }

  /// @param level 0 is the finest, of stride 4
  /// @param grid  size of the level's feature map
  /// @param input size of the padded network input
  [[nodiscard]] AnchorGrid<T> operator()(std::size_t level, Size grid, Size input) const {
    if constexpr (C::anchor_stride == AnchorStride::padded_over_feature)
      return {base_[level], grid, input.height / grid.height, input.width / grid.width};
    else
      return {base_[level], grid, 4 << level, 4 << level};
  }

 private:
  std::vector<std::vector<BasicBox<T>>> base_;
};

}  // namespace maskrcnn
