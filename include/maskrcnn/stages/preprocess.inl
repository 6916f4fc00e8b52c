// Bodies of preprocess.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/ops/opencv_resize.hpp>
#include <maskrcnn/ops/pillow_resize.hpp>
#include <maskrcnn/stages/preprocess.hpp>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS {

template <Scalar T>
Preprocess<T>::Preprocess(const PreprocessOptions& options) : options_(options) {
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t value = 0; value < 256; ++value)
      normalised_[c][value] =
          (static_cast<T>(value) / static_cast<T>(options.pixel_scale) - static_cast<T>(options.image_mean[c])) /
          static_cast<T>(options.image_std[c]);
}

template <Scalar T>
Frame Preprocess<T>::frame(Size original) const {
  const ExactSize exact = exact_size(original);
  const auto round = [rounding = options_.size_rounding](double size) {
    const double whole = rounding == SizeRounding::half_even
                             ? std::nearbyint(size)
                             : std::floor(size + (rounding == SizeRounding::half_up ? 0.5 : 0.0));
    return std::max(1, static_cast<int>(whole));
  };
  const auto pad = [divisor = options_.size_divisor](int size) { return (size + divisor - 1) / divisor * divisor; };
  const Size resized{round(exact.height), round(exact.width)};
  return {original, resized, {pad(resized.height), pad(resized.width)}, exact.factor};
}

template <Scalar T>
Input<T> Preprocess<T>::operator()(const ImageView& image, const Workspace& workspace) const {
  const ProfileSpan span(workspace.profile, "stage", "preprocess");
  const Frame frame = this->frame(image.size());
  switch (options_.resampler) {
    case Resampler::pillow:
      return {normalised(pillow_resize(image, frame.resized), frame, workspace), frame};
    case Resampler::opencv:
      return {normalised(opencv_resize(image, frame.resized), frame, workspace), frame};
    case Resampler::bilinear:
      break;
  }
  return {normalised(image, frame, workspace), frame};
}

/// Before rounding.
template <Scalar T>
typename Preprocess<T>::ExactSize Preprocess<T>::exact_size(Size original) const {
  const double height = original.height, width = original.width;
  const double min_size = options_.min_size, max_size = options_.max_size;
  const double shorter = std::min(height, width), longer = std::max(height, width);
  switch (options_.size_rule) {
    case SizeRule::shorter_then_longer: {
      const double scale = min_size / shorter;
      ExactSize size{height < width ? min_size : scale * height, height < width ? scale * width : min_size};
      if (const double largest = std::max(size.height, size.width); largest > max_size)
        size = {size.height * (max_size / largest), size.width * (max_size / largest)};
      return size;
    }
    case SizeRule::whole_shorter: {
      double size = min_size;
      if (longer / shorter * size > max_size) size = std::nearbyint(max_size * shorter / longer);
      return width < height ? ExactSize{size * height / width, size} : ExactSize{size, size * width / height};
    }
    case SizeRule::one_factor: {
      double factor = min_size / shorter;
      if (std::nearbyint(factor * longer) > max_size) factor = max_size / longer;
      return {height * factor, width * factor, factor};
    }
    case SizeRule::one_scale:
      break;
  }
  const double scale = std::min(min_size / shorter, max_size / longer);
  return {height * scale, width * scale};
}

/// The normalised image, resized if it has not its size yet, padded with zeros.
template <Scalar T>
Tensor<T, 4> Preprocess<T>::normalised(const ImageView& image, const Frame& frame, const Workspace& workspace) const {
  const auto index = [](int size) { return static_cast<Index>(size); };
  Tensor<T, 4> tensor({1, index(frame.padded.height), index(frame.padded.width), 3}, workspace);
  const auto rows = bilinear_taps<T>(index(image.height()), index(frame.resized.height), frame.factor);
  const auto columns = bilinear_taps<T>(index(image.width()), index(frame.resized.width), frame.factor);
  parallel_for(tensor.size(1), [&](Index y) {
    T* to = &tensor(0, y, 0, 0);
    T* const end = to + 3 * tensor.size(2);
    if (y < rows.size())
      with_format(image.format(), [&](auto format) { to = resize_row<format>(image, rows[y], columns, to); });
    std::fill(to, end, T{0});
  });
  return tensor;
}

template <Scalar T>
template <PixelFormat Format>
T* Preprocess<T>::resize_row(const ImageView& image, const BilinearTap<T>& row,
                             const std::vector<BilinearTap<T>>& columns, T* to) const {
  constexpr PixelLayout pixel = layout_of(Format);
  std::array<std::size_t, 3> channels = pixel.rgb;
  if (options_.channel_order == ChannelOrder::bgr) std::swap(channels[0], channels[2]);
  const std::uint8_t* const low = image.row(static_cast<int>(row.low));
  const std::uint8_t* const high = image.row(static_cast<int>(row.high));
  for (const BilinearTap<T>& column : columns)
    for (std::size_t c = 0; c < 3; ++c) {
      const auto& value = normalised_[c];
      const auto mix = [&](const std::uint8_t* line) {
        return column.low_weight * value[line[pixel.bytes * column.low + channels[c]]] +
               column.high_weight * value[line[pixel.bytes * column.high + channels[c]]];
      };
      *to++ = row.low_weight * mix(low) + row.high_weight * mix(high);
    }
  return to;
}

#ifdef MASKRCNN_COMPILED
template class Preprocess<float>;
template class Preprocess<double>;
#endif

}  // namespace maskrcnn
