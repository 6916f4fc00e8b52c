/// The class names of COCO, as torchvision's and detectron2's models number them.
#pragma once

#include <algorithm>
#include <iterator>
#include <maskrcnn/core/compiled.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// 91 names by label: 0 is the background; "N/A" marks the eleven category ids that COCO left unused.
[[nodiscard]] inline const std::vector<std::string>& coco_class_names() {
  // clang-format off
  static constexpr std::string_view texts[] = {
      "__background__", "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat",
      "traffic light", "fire hydrant", "N/A", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse",
      "sheep", "cow", "elephant", "bear", "zebra", "giraffe", "N/A", "backpack", "umbrella", "N/A",
      "N/A", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard", "sports ball", "kite", "baseball bat",
      "baseball glove", "skateboard", "surfboard", "tennis racket", "bottle", "N/A", "wine glass", "cup", "fork", "knife",
      "spoon", "bowl", "banana", "apple", "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza",
      "donut", "cake", "chair", "couch", "potted plant", "bed", "N/A", "dining table", "N/A", "N/A",
      "toilet", "N/A", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven",
      "toaster", "sink", "refrigerator", "N/A", "book", "clock", "vase", "scissors", "teddy bear", "hair drier",
      "toothbrush"};
  // clang-format on
  static const std::vector<std::string> names(std::begin(texts), std::end(texts));
  return names;
}

/// The 80 names that are used, without background and gaps: detectron2's labels 0 to 79.
[[nodiscard]] inline const std::vector<std::string>& coco_thing_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> used;
    for (const std::string& name : coco_class_names())
      if (name != "N/A" && name != coco_class_names().front()) used.push_back(name);
    return used;
  }();
  return names;
}

/// The same behind the background: maskrcnn-benchmark's and Detectron's labels 0 to 80.
[[nodiscard]] inline const std::vector<std::string>& coco_names_behind_background() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all{coco_class_names().front()};
    all.insert(all.end(), coco_thing_names().begin(), coco_thing_names().end());
    return all;
  }();
  return names;
}

/// The names of models of COCO's keypoints, by label: people only, with a background before them or without.
[[nodiscard]] inline const std::vector<std::string>& coco_person_with_background() {
  static const std::vector<std::string> names{"__background__", "person"};
  return names;
}
[[nodiscard]] inline const std::vector<std::string>& coco_person_alone() {
  static const std::vector<std::string> names{"person"};
  return names;
}

/// COCO's category id of a label. A model whose labels are the 80 without gaps, or people alone, is told by its class
/// names, which are then exactly those of `coco_thing_names`, behind a background or not, or `coco_person_alone`; every
/// other model's labels are taken as ids.
/// @param names class names by label
[[nodiscard]] inline int coco_category_id(int label, const std::vector<std::string>& names) {
  if (label < 0 || static_cast<std::size_t>(label) >= names.size() ||
      (names != coco_thing_names() && names != coco_names_behind_background() && names != coco_person_alone()))
    return label;
  const auto& all = coco_class_names();
  return static_cast<int>(std::find(all.begin(), all.end(), names[static_cast<std::size_t>(label)]) - all.begin());
}

}  // namespace maskrcnn
