/// Step 7a: candidates in pixels of the resized image become results in pixels of the original one.
#pragma once

#include <maskrcnn/core/detection.hpp>
#include <maskrcnn/core/frame.hpp>
#include <maskrcnn/core/number.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Boxes of the resized image in pixels of the original one.
/// @param whole_pixels see `Torchvision`: whether it is the last pixel of a box that has its place, not the end
/// @param clipped whether they are cut off at its border; boxes of which nothing is left are then no results and leave
///                `candidates` as well
template <class T>
[[nodiscard]] std::vector<BasicBox<T>> original_boxes(Candidates<T>& candidates, const Frame& frame, bool clipped,
                                                      bool whole_pixels = false) {
  std::vector<BasicBox<T>> boxes;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    BasicBox<T> box = frame.to_original(candidates.boxes[i], whole_pixels);
    if (clipped) {
      box = clip(box, frame.original);
      if (!exceeds(box.width(), 0) || !exceeds(box.height(), 0)) continue;
    }
    candidates.boxes[boxes.size()] = candidates.boxes[i];
    candidates.labels[boxes.size()] = candidates.labels[i];
    candidates.scores[boxes.size()] = candidates.scores[i];
    boxes.push_back(box);
  }
  candidates.boxes.resize(boxes.size());
  candidates.labels.resize(boxes.size());
  candidates.scores.resize(boxes.size());
  return boxes;
}

/// Results of which branches have not filled in their part yet: a box, a label, a score each.
template <class Result, class T>
[[nodiscard]] std::vector<Result> results_of(const Candidates<T>& candidates, const std::vector<BasicBox<T>>& boxes) {
  std::vector<Result> results(boxes.size());
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    results[i].box = {static_cast<float>(boxes[i].x0), static_cast<float>(boxes[i].y0), static_cast<float>(boxes[i].x1),
                      static_cast<float>(boxes[i].y1)};
    results[i].label = candidates.labels[i];
    results[i].score = static_cast<float>(candidates.scores[i]);
  }
  return results;
}

}  // namespace maskrcnn
