/// Step 1: an 8-bit RGB picture becomes the network's input: normalised, resized, padded.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/frame.hpp>
#include <maskrcnn/core/image.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <maskrcnn/ops/pillow_resize.hpp>
#include <maskrcnn/ops/resize.hpp>
#include <maskrcnn/weights/model_config.hpp>

namespace maskrcnn {

/// What the network sees of one picture: [1, H, W, 3], and how the picture sits in it.
template <Scalar T>
struct Input {
  Tensor<T, 4> tensor;
  Frame frame;
};

/// Resizes so that the shorter side is `min_size`, or the longer side `max_size` if that is less; pads with zeros at
/// the bottom and the right. torchvision's `GeneralizedRCNNTransform`, detectron2's `ResizeShortestEdge`.
template <Scalar T, Convention C>
class Preprocess {
  static_assert(
      C::resampler == Resampler::bilinear || C::resampler == Resampler::pillow,
      "maskrcnn: Preprocess resamples as torch or as Pillow does; a convention that resamples otherwise needs "
      "its own resampler here");

 public:
  /// @param divisor inputs are padded at the bottom and the right to a multiple of this
  explicit Preprocess(const ModelConfig& config, int divisor = 32)
      : min_size_(config.min_size), max_size_(config.max_size), divisor_(divisor) {
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t value = 0; value < 256; ++value)
        normalised_[c][value] =
            (static_cast<T>(value) / static_cast<T>(C::pixel_scale) - static_cast<T>(config.image_mean[c])) /
            static_cast<T>(config.image_std[c]);
  }

  /// Sizes that a picture of `original` pixels gets. A side never becomes shorter than one pixel (where torchvision
  /// fails on extreme aspect ratios).
  [[nodiscard]] Frame frame(Size original) const {
    const auto [height, width] = exact_size(original);
    const auto round = [](double exact) {
      return std::max(1, static_cast<int>(std::floor(exact + (C::size_rounding == SizeRounding::half_up ? 0.5 : 0.0))));
    };
    const auto pad = [this](int size) { return (size + divisor_ - 1) / divisor_ * divisor_; };
    const Size resized{round(height), round(width)};
    return {original, resized, {pad(resized.height), pad(resized.width)}};
  }

  /// @param workspace where this tensor, and all that is computed from it, takes its memory and tells its times
  [[nodiscard]] Input<T> operator()(const ImageView& image, Workspace workspace = {}) const {
    const ProfileSpan span(workspace.profile, "stage", "preprocess");
    const Frame frame = this->frame(image.size());
    if constexpr (C::resampler == Resampler::pillow)
      return {normalised(pillow_resize(image, frame.resized), frame, std::move(workspace)), frame};
    else
      return {normalised(image, frame, std::move(workspace)), frame};
  }

 private:
  struct ExactSize {
    double height, width;
  };

  /// Before rounding. detectron2 scales twice where the longer side would exceed its limit.
  [[nodiscard]] ExactSize exact_size(Size original) const {
    const double height = original.height, width = original.width;
    const double shorter = std::min(height, width), longer = std::max(height, width);
    if constexpr (C::size_rounding == SizeRounding::floor) {
      const double scale = std::min(min_size_ / shorter, max_size_ / longer);
      return {height * scale, width * scale};
    } else {
      const double scale = min_size_ / shorter;
      ExactSize size{height < width ? min_size_ : scale * height, height < width ? scale * width : min_size_};
      if (const double largest = std::max(size.height, size.width); largest > max_size_)
        size = {size.height * (max_size_ / largest), size.width * (max_size_ / largest)};
      return size;
    }
  }

  /// The normalised picture, resized if it has not its size yet, padded with zeros.
  [[nodiscard]] Tensor<T, 4> normalised(const ImageView& image, const Frame& frame, Workspace workspace) const {
    const auto index = [](int size) { return static_cast<Index>(size); };
    Tensor<T, 4> tensor({1, index(frame.padded.height), index(frame.padded.width), 3}, std::move(workspace));
    const auto rows = bilinear_taps<T>(index(image.height()), index(frame.resized.height));
    const auto columns = bilinear_taps<T>(index(image.width()), index(frame.resized.width));
    parallel_for(tensor.size(1), [&](Index y) {
      T* to = &tensor(0, y, 0, 0);
      T* const end = to + 3 * tensor.size(2);
      if (y < rows.size()) to = resize_row(image, rows[y], columns, to);
      std::fill(to, end, T{0});
    });
    return tensor;
  }

  T* resize_row(const ImageView& image, const BilinearTap<T>& row, const std::vector<BilinearTap<T>>& columns,
                T* to) const {
    const std::uint8_t* const low = image.row(static_cast<int>(row.low));
    const std::uint8_t* const high = image.row(static_cast<int>(row.high));
    for (const BilinearTap<T>& column : columns)
      for (std::size_t c = 0; c < 3; ++c) {
        const std::size_t channel = C::channel_order == ChannelOrder::rgb ? c : 2 - c;
        const auto& value = normalised_[c];
        const auto mix = [&](const std::uint8_t* line) {
          return column.low_weight * value[line[3 * column.low + channel]] +
                 column.high_weight * value[line[3 * column.high + channel]];
        };
        *to++ = row.low_weight * mix(low) + row.high_weight * mix(high);
      }
    return to;
  }

  double min_size_, max_size_;
  int divisor_;
  std::array<std::array<T, 256>, 3> normalised_{};
};

}  // namespace maskrcnn
