/// What is odd about the entries of a file: each kind is counted, and told in one line.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <limits>
#include <maskrcnn/core/compiled.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// Kinds of oddities; `odd_texts` says what is made of each.
enum class Oddity : std::size_t {
  repeated_image,
  fraction_of_pixel,
  repeated_category,
  other_image,
  other_category,
  id_0,
  repeated_id,
  id_is_text,
  no_mask,
  no_size,
  no_box,
  no_area,
  no_crowd,
  ignore,
  box_for_mask,
  negative_size,
  not_a_number,
  number_as_text,
  few_points,
  odd_coordinates,
  no_runs,
  other_size,
  other_keypoints,
  no_keypoints,
  no_number_of_keypoints,
  nothing_for_keypoints,
};

/// The beginning of the line about each kind, in their order.
inline constexpr std::array odd_texts{
    "images with the id of an earlier one take its place, as in pycocotools",
    "sizes of images that are not whole lose their fraction, as in pycocotools",
    "categories with the id of an earlier one take its place, as in pycocotools",
    "annotations of images that are not listed are not counted, as in pycocotools",
    "annotations of categories that are not listed are not counted, as in pycocotools",
    "annotations with the id 0 count like all others, while pycocotools takes 0 for none and what fits them for wrong",
    "annotations with the id of an earlier one count like all others, while pycocotools takes the last of an id in "
    "place "
    "of each",
    "annotations have a text that is no number for an id, which tells them apart well enough, while pycocotools stops "
    "there",
    "not every object of the data has a mask, so that only boxes are scored; without one are",
    "polygons in images without 'width' and 'height' cannot be drawn, so that only boxes are scored; such are",
    "annotations without 'bbox' have the box around their mask",
    "annotations without 'area' have that of their mask, or of their box if there is none",
    "annotations without 'iscrowd' are taken for single objects",
    "annotations say 'ignore', which neither these numbers nor pycocotools' look at",
    "detections without a mask have the rectangle of their box for one, as in pycocotools",
    "boxes of negative width or height fit nothing, as in pycocotools",
    "scores that are no number, NaN, come last, as in pycocotools",
    "numbers that are written as texts, or as true or false, are read as numbers, as in pycocotools",
    "polygons of less than three points have no pixel",
    "polygons of an odd number of coordinates go without the last, as in pycocotools",
    "masks without any run length have no pixel",
    "masks of another size than their image fit no mask but those of that size, as in pycocotools",
    "keypoints are not scored, since COCO's similarity is of 17 for each object; of another number are",
    "annotations without 'keypoints' count as objects without any, while pycocotools stops there",
    "annotations without 'num_keypoints' have as many as are labelled, while pycocotools stops there",
    "detections without 'keypoints' fit no true ones, while pycocotools stops there",
};
static_assert(odd_texts.size() == static_cast<std::size_t>(Oddity::nothing_for_keypoints) + 1, "each kind has a text");

/// Counts oddities, by several threads.
class Oddities {
 public:
  /// The entry at `index` of a list is odd; once for each entry and kind.
  void add(Oddity kind, std::size_t index) {
    Count& count = counts_[static_cast<std::size_t>(kind)];
    ++count.entries;
    std::size_t first = count.first;
    while (index < first && !count.first.compare_exchange_weak(first, index)) {
    }
  }

  [[nodiscard]] bool any(Oddity kind) const { return counts_[static_cast<std::size_t>(kind)].entries > 0; }

  /// A line for each kind that was found: "annotations ... are not counted: 3, the first is annotations[4] (id 9)".
  /// @param place what the entry at an index is called
  template <class Place>
  [[nodiscard]] std::vector<std::string> notes(const Place& place) const {
    std::vector<std::string> notes;
    for (std::size_t kind = 0; kind < counts_.size(); ++kind)
      if (const Count& count = counts_[kind]; count.entries > 0)
        notes.push_back(std::string(odd_texts[kind])
                            .append(": ")
                            .append(std::to_string(count.entries))
                            .append(", the first is ")
                            .append(place(count.first)));
    return notes;
  }

 private:
  struct Count {
    std::atomic<std::size_t> entries = 0, first = std::numeric_limits<std::size_t>::max();
  };
  std::array<Count, odd_texts.size()> counts_{};
};

}  // namespace maskrcnn::evaluate
