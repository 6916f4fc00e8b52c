/// Step 7: candidates and their small masks become detections in the original image.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/detection.hpp>
#include <maskrcnn/core/frame.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <maskrcnn/ops/resize.hpp>

namespace maskrcnn {

/// Where a mask is drawn: whole pixels of the image, before it is cut off at the border; width and height at least 1.
struct PasteTarget {
  std::int64_t left = 0, top = 0, width = 1, height = 1;
};

/// The box grown by (size + 2) / size about its centre, corners truncated towards zero, +1 in width and height:
/// torchvision's `expand_boxes` and `paste_mask_in_image`.
/// @param box  in pixels of the original image
/// @param size of the mask, per axis, before it is padded by one
template <Scalar T>
[[nodiscard]] PasteTarget paste_target(const BasicBox<T>& box, Index size) {
  const T scale = static_cast<T>(static_cast<double>(size + 2) / static_cast<double>(size));
  const T half_width = box.width() * T(0.5) * scale, half_height = box.height() * T(0.5) * scale;
  const T x = (box.x1 + box.x0) * T(0.5), y = (box.y1 + box.y0) * T(0.5);
  const auto left = static_cast<std::int64_t>(x - half_width), top = static_cast<std::int64_t>(y - half_height);
  const auto right = static_cast<std::int64_t>(x + half_width), bottom = static_cast<std::int64_t>(y + half_height);
  return {left, top, std::max<std::int64_t>(right - left + 1, 1), std::max<std::int64_t>(bottom - top + 1, 1)};
}

/// Draws one mask: resized bilinearly to its target, pixels of at least `threshold` set. Only the part inside the
/// image is computed and stored.
/// @param mask  [M, M] probabilities
/// @param image size of the original image
template <Scalar T>
[[nodiscard]] Mask paste_mask(TensorView<const T, 2> mask, const PasteTarget& target, Size image, T threshold) {
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
      to[x - x_begin] = value >= threshold ? 1 : 0;
    }
  }
  return pasted;
}

/// Draws one mask: sampled bilinearly at the centre of every pixel near the box, zeros beyond the mask's edge; pixels
/// of at least `threshold` set. detectron2's `_do_paste_mask`, which is `grid_sample`, in its arithmetic.
/// @param mask  [M, M] probabilities
/// @param box   in pixels of the original image
/// @param image size of the original image
template <Scalar T>
[[nodiscard]] Mask sample_mask(TensorView<const T, 2> mask, const BasicBox<T>& box, Size image, T threshold) {
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
      const T relative = (centre - begin) / (end - begin) * 2 - 1;
      const T position = ((relative + 1) * static_cast<T>(size) - 1) / 2;
      const T floor = std::floor(position), last = static_cast<T>(size);
      const auto cell = [last](T at) { return static_cast<Index>(std::clamp(at + 1, T{0}, last + 1)); };
      // written so that a position that is not a number reads zeros
      if (position > -1 && position < last)
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
      to[x] = value >= threshold ? 1 : 0;
    }
  }
  return sampled;
}

/// A box of the resized image in pixels of the original one; cut off at its border, if the convention says so.
template <Convention C, Scalar T>
[[nodiscard]] BasicBox<T> original_box(const BasicBox<T>& box, const Frame& frame) {
  const BasicBox<T> original = frame.to_original(box);
  return C::clip_results ? clip(original, frame.original) : original;
}

/// Whether a detection is a result: conventions that cut boxes off drop those of which nothing is left.
template <Convention C, class T>
[[nodiscard]] bool is_result(const BasicBox<T>& box) {
  return !C::clip_results || (box.width() > 0 && box.height() > 0);
}

/// Candidates in pixels of the resized image, without masks, to detections in pixels of the original one.
template <Convention C, Scalar T>
[[nodiscard]] BoxDetections to_original(const Candidates<T>& candidates, const Frame& frame) {
  BoxDetections detections;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const BasicBox<T> box = original_box<C>(candidates.boxes[i], frame);
    if (!is_result<C>(box)) continue;
    detections.push_back({.box = {static_cast<float>(box.x0), static_cast<float>(box.y0), static_cast<float>(box.x1),
                                  static_cast<float>(box.y1)},
                          .label = candidates.labels[i],
                          .score = static_cast<float>(candidates.scores[i])});
  }
  return detections;
}

/// The same, with masks: memory is proportional to the boxes, whatever the size of the image.
/// @param masks     [N, M, M] probabilities, one mask per candidate
/// @param threshold pixels of at least this probability belong to the object
/// @param paste     how masks are drawn
template <Convention C, Scalar T>
[[nodiscard]] Detections paste_masks(const Candidates<T>& candidates, const Tensor<T, 3>& masks, const Frame& frame,
                                     double threshold, MaskPaste paste = C::mask_paste) {
  const ProfileSpan span(masks.profile(), "stage", "paste masks");
  std::vector<Index> results;
  for (Index i = 0; i < candidates.size(); ++i)
    if (is_result<C>(original_box<C>(candidates.boxes[i], frame))) results.push_back(i);
  Detections detections(results.size());
  const BoxDetections boxes = to_original<C>(candidates, frame);
  parallel_for(results.size(), [&](Index at) {
    const Index i = results[at];
    const BasicBox<T> box = original_box<C>(candidates.boxes[i], frame);
    const auto limit = static_cast<T>(threshold);
    detections[at] = {.box = boxes[at].box, .label = boxes[at].label, .score = boxes[at].score, .mask = {}};
    if (paste == MaskPaste::integer_box)
      detections[at].mask = paste_mask<T>(masks.view()[i], paste_target(box, masks.size(1)), frame.original, limit);
    else
      detections[at].mask = sample_mask<T>(masks.view()[i], box, frame.original, limit);
  });
  return detections;
}

}  // namespace maskrcnn
