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
/// the bottom and the right. torchvision's `GeneralizedRCNNTransform`.
template <Scalar T, Convention C>
class Preprocess {
  static_assert(C::resampler == Resampler::bilinear && C::normalise_before_resize,
                "maskrcnn: Preprocess resamples normalised floats bilinearly; a convention that resamples otherwise "
                "needs its own resampler here");

 public:
  explicit Preprocess(const ModelConfig& config) : min_size_(config.min_size), max_size_(config.max_size) {
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t value = 0; value < 256; ++value)
        normalised_[c][value] =
            (static_cast<T>(value) / static_cast<T>(C::pixel_scale) - static_cast<T>(config.image_mean[c])) /
            static_cast<T>(config.image_std[c]);
  }

  /// Sizes that a picture of `original` pixels gets. A side never becomes shorter than one pixel (where torchvision
  /// fails on extreme aspect ratios).
  [[nodiscard]] Frame frame(Size original) const {
    const double shorter = std::min(original.height, original.width),
                 longer = std::max(original.height, original.width);
    const double scale = std::min(min_size_ / shorter, max_size_ / longer);
    const auto resize = [scale](int size) {
      const double exact = size * scale + (C::size_rounding == SizeRounding::half_up ? 0.5 : 0.0);
      return std::max(1, static_cast<int>(std::floor(exact)));
    };
    const auto pad = [](int size) { return (size + C::size_divisor - 1) / C::size_divisor * C::size_divisor; };
    const Size resized{resize(original.height), resize(original.width)};
    return {original, resized, {pad(resized.height), pad(resized.width)}};
  }

  /// @param workspace where this tensor, and all that is computed from it, takes its memory and tells its times
  [[nodiscard]] Input<T> operator()(const ImageView& image, Workspace workspace = {}) const {
    const ProfileSpan span(workspace.profile, "stage", "preprocess");
    const Frame frame = this->frame(image.size());
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
    return {std::move(tensor), frame};
  }

 private:
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
  std::array<std::array<T, 256>, 3> normalised_{};
};

}  // namespace maskrcnn
