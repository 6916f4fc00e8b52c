// Bodies of paste_masks.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <maskrcnn/core/number.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/ops/resize.hpp>
#include <maskrcnn/stages/paste_masks.hpp>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS {

template <Scalar T>
PasteTarget paste_target(const BasicBox<T>& box, Index size) {
  const T scale = static_cast<T>(static_cast<double>(size + 2) / static_cast<double>(size));
  const T half_width = box.width() * T(0.5) * scale, half_height = box.height() * T(0.5) * scale;
  const T x = (box.x1 + box.x0) * T(0.5), y = (box.y1 + box.y0) * T(0.5);
  const auto left = static_cast<std::int64_t>(x - half_width), top = static_cast<std::int64_t>(y - half_height);
  const auto right = static_cast<std::int64_t>(x + half_width), bottom = static_cast<std::int64_t>(y + half_height);
  return {left, top, std::max<std::int64_t>(right - left + 1, 1), std::max<std::int64_t>(bottom - top + 1, 1)};
}

template <Scalar T>
Mask paste_mask(TensorView<const T, 2> mask, const PasteTarget& target, Size image, T threshold) {
  const Index size = mask.size(0), padded = size + 2;
  const auto cut = [](std::int64_t begin, std::int64_t length, int limit) {
    const std::int64_t first = std::clamp<std::int64_t>(begin, 0, limit);
    return std::pair{first, std::max(first, std::min<std::int64_t>(begin + length, limit))};
  };
  const auto [x_begin, x_end] = cut(target.left, target.width, image.width);
  const auto [y_begin, y_end] = cut(target.top, target.height, image.height);
  Mask pasted(image, static_cast<int>(x_begin), static_cast<int>(y_begin),
              {static_cast<int>(y_end - y_begin), static_cast<int>(x_end - x_begin)});
  const auto rows = bilinear_taps<T>(padded, static_cast<Index>(target.height));
  const auto columns = bilinear_taps<T>(padded, static_cast<Index>(target.width));
  // the mask with a border of zeros
  std::vector<T> bordered(padded * padded, T{0});
  for (Index y = 0; y < size; ++y) std::copy_n(&mask(y, 0), size, &bordered[(y + 1) * padded + 1]);

  for (std::int64_t y = y_begin; y < y_end; ++y) {
    const BilinearTap<T>& row = rows[static_cast<Index>(y - target.top)];
    const T* const low = &bordered[row.low * padded];
    const T* const high = &bordered[row.high * padded];
    std::uint8_t* const to = pasted.patch_row(static_cast<int>(y - y_begin));
    for (std::int64_t x = x_begin; x < x_end; ++x) {
      const BilinearTap<T>& column = columns[static_cast<Index>(x - target.left)];
      const T value = row.low_weight * (column.low_weight * low[column.low] + column.high_weight * low[column.high]) +
                      row.high_weight * (column.low_weight * high[column.low] + column.high_weight * high[column.high]);
      to[x - x_begin] = reaches(value, threshold) ? 1 : 0;
    }
  }
  return pasted;
}

template <Scalar T>
Mask sample_mask(TensorView<const T, 2> mask, const BasicBox<T>& box, Size image, T threshold) {
  const Index size = mask.size(0), padded = size + 2;
  const auto whole = [](T position, int limit) {
    return static_cast<int>(std::clamp(position, T{0}, static_cast<T>(limit)));
  };
  const int left = whole(std::floor(box.x0) - 1, image.width), right = whole(std::ceil(box.x1) + 1, image.width);
  const int top = whole(std::floor(box.y0) - 1, image.height), bottom = whole(std::ceil(box.y1) + 1, image.height);
  Mask sampled(image, left, top, {std::max(bottom - top, 0), std::max(right - left, 0)});
  // the mask with a border of zeros, in which a position outside is read from the border
  std::vector<T> bordered(padded * padded, T{0});
  for (Index y = 0; y < size; ++y) std::copy_n(&mask(y, 0), size, &bordered[(y + 1) * padded + 1]);
  struct Tap {
    Index low, high;
    T low_weight, high_weight;
  };
  const auto taps_along = [size](int first, int count, T begin, T end) {
    std::vector<Tap> taps;
    for (int i = 0; i < count; ++i) {
      const T centre = static_cast<T>(first + i) + T(0.5);
      T relative = (centre - begin) / (end - begin) * 2 - 1;
      // a side without length is read at the mask's middle: mmdetection's boxes may have one, detectron2's have none
      if (!is_finite(relative) && !is_nan(relative)) relative = 0;
      const T position = ((relative + 1) * static_cast<T>(size) - 1) / 2;
      const T floor = std::floor(position), last = static_cast<T>(size);
      const auto cell = [last](T at) { return static_cast<Index>(std::clamp(at + 1, T{0}, last + 1)); };
      // a position that is not a number reads zeros
      if (exceeds(position, -1) && position < last)
        taps.push_back({cell(floor), cell(floor + 1), floor + 1 - position, position - floor});
      else
        taps.push_back({0, 0, T{1}, T{0}});
    }
    return taps;
  };
  const auto columns = taps_along(left, sampled.patch_size().width, box.x0, box.x1);
  const auto rows = taps_along(top, sampled.patch_size().height, box.y0, box.y1);
  for (std::size_t y = 0; y < rows.size(); ++y) {
    const T* const low = &bordered[rows[y].low * padded];
    const T* const high = &bordered[rows[y].high * padded];
    std::uint8_t* const to = sampled.patch_row(static_cast<int>(y));
    for (std::size_t x = 0; x < columns.size(); ++x) {
      const Tap& column = columns[x];
      const T value = low[column.low] * (rows[y].low_weight * column.low_weight) +
                      low[column.high] * (rows[y].low_weight * column.high_weight) +
                      high[column.low] * (rows[y].high_weight * column.low_weight) +
                      high[column.high] * (rows[y].high_weight * column.high_weight);
      to[x] = reaches(value, threshold) ? 1 : 0;
    }
  }
  return sampled;
}

template <Scalar T>
std::vector<Mask> paste_masks(const Tensor<T, 3>& masks, const std::vector<BasicBox<T>>& boxes, Size image,
                              const PasteOptions& options) {
  const ProfileSpan span(masks.profile(), "stage", "paste masks");
  std::vector<Mask> pasted(boxes.size());
  const auto threshold = static_cast<T>(options.threshold);
  parallel_for(boxes.size(), [&](Index i) {
    if (options.paste == MaskPaste::integer_box)
      pasted[i] = paste_mask<T>(masks.view()[i], paste_target(boxes[i], masks.size(1)), image, threshold);
    else
      pasted[i] = sample_mask<T>(masks.view()[i], boxes[i], image, threshold);
  });
  return pasted;
}

#ifdef MASKRCNN_COMPILED
#define MASKRCNN_PASTE(T)                                                                               \
  template PasteTarget paste_target<T>(const BasicBox<T>&, Index);                                      \
  template Mask paste_mask<T>(TensorView<const T, 2>, const PasteTarget&, Size, T);                     \
  template Mask sample_mask<T>(TensorView<const T, 2>, const BasicBox<T>&, Size, T);                    \
  template std::vector<Mask> paste_masks<T>(const Tensor<T, 3>&, const std::vector<BasicBox<T>>&, Size, \
                                            const PasteOptions&);
MASKRCNN_PASTE(float)
MASKRCNN_PASTE(double)
#undef MASKRCNN_PASTE
#endif

}  // namespace maskrcnn
