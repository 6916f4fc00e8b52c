/// The class names of COCO, as torchvision's and detectron2's models number them.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace maskrcnn {

/// 91 names by label: 0 is the background; "N/A" marks the eleven category ids that COCO left unused.
[[nodiscard]] inline const std::vector<std::string>& coco_class_names() {
  // clang-format off
  static const std::vector<std::string> names{
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

/// COCO's category id of a label: its place among the 91 names, where a model's labels are the 80; else the label
/// itself.
/// @param names class names by label
[[nodiscard]] inline int coco_category_id(int label, const std::vector<std::string>& names) {
  if (names != coco_thing_names() || label < 0 || static_cast<std::size_t>(label) >= names.size()) return label;
  const auto& all = coco_class_names();
  return static_cast<int>(std::find(all.begin(), all.end(), names[static_cast<std::size_t>(label)]) - all.begin());
}

}  // namespace maskrcnn
