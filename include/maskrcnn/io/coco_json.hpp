/// COCO results: detections as the JSON array that `pycocotools` and other evaluators load.
#pragma once

#include <array>
#include <concepts>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/detection.hpp>
#include <maskrcnn/io/coco_id.hpp>
#include <maskrcnn/io/json_list.hpp>
#include <maskrcnn/io/json_writer.hpp>
#include <maskrcnn/io/rle.hpp>
#include <maskrcnn/weights/coco_classes.hpp>
#include <span>
#include <string>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

/// Which image a result belongs to.
struct ImageEntry {
  CocoId id;
  std::string file_name;  ///< with its folders, as far as they tell it from other images
};

/// Which category a result has.
struct CategoryEntry {
  CocoId id;
  std::string name;
};

/// The name of a class: its entry of `names`, or "class 7" where there is none.
[[nodiscard]] inline std::string class_name(const std::vector<std::string>& names, int label) {
  const auto index = static_cast<std::size_t>(label);
  return label >= 0 && index < names.size() ? names[index] : "class " + std::to_string(label);
}

/// The three numbers of a keypoint in COCO results: x, y, v.
[[nodiscard]] inline std::array<float, 3> coco_keypoint(const Keypoint& keypoint, const KeypointRule& rule) {
  const auto shift = static_cast<float>(rule.coco_shift);
  return {keypoint.x - shift, keypoint.y - shift, rule.coco_scores ? keypoint.score : 1.0F};
}

/// A results file, written image by image, one object a line:
///
///   [
///   {"image_id":1,"file_name":"a.png","category_id":1,"category_name":"nucleus","bbox":[x,y,width,height],
///    "score":0.98,"segmentation":{"size":[height,width],"counts":"..."},
///    "keypoints":[x,y,v, ...],"keypoint_scores":[s, ...]},
///   ...
///   ]
///
/// `bbox` is in pixels of the image, x and y those of the upper left corner; `counts` is COCO's compressed run-length
/// text; detections without masks have no "segmentation", those without keypoints neither "keypoints" nor their scores.
/// What x, y and v of a keypoint are, the model's convention has from its own evaluator (`KeypointRule`): torchvision's
/// writes x and y as they are and a v of 1, detectron2's takes half a pixel off, as COCO's truth numbers pixels, and
/// writes the score for v. `category_id` is the label or, where the names are COCO's 80
/// without gaps or people alone, COCO's own number of the class. The file appears under its name when it is finished,
/// which the destructor does too, so that what was found before an exception is kept.
class CocoResults {
 public:
  /// @throws Error with the system's reason, if the file cannot be created
  /// @param keypoints how those of the model are written
  explicit CocoResults(const std::string& path, const KeypointRule& keypoints = {})
      : keypoints_(keypoints), list_(path, "results", "[", "]") {}

  /// Appends the detections of an image; `class_names` by label.
  /// @throws Error with the system's reason, if they cannot be written; the file is given up then
  /// @param detections of any model: a list of objects, with masks and keypoints or without
  template <class Objects>
  void add(const ImageEntry& image, const Objects& detections, const std::vector<std::string>& class_names) {
    add(image, detections, [&](int label) {
      return CategoryEntry{coco_category_id(label, class_names), class_name(class_names, label)};
    });
  }

  /// The same, where `category_of(label)` says the `CategoryEntry` of a label.
  template <class Objects, class CategoryOf>
    requires std::invocable<const CategoryOf&, int>
  void add(const ImageEntry& image, const Objects& detections, const CategoryOf& category_of) {
    for (std::size_t i = 0; i < detections.size(); ++i)
      list_.add(line(image, detections[i], keypoints_of(detections, i), category_of(detections[i].label)));
    if (!detections.empty()) list_.flush();
  }

  /// Completes the file; does nothing the second time.
  /// @throws Error with the system's reason, if it cannot be written
  void finish() { list_.finish(); }

 private:
  template <class Object>
  [[nodiscard]] std::string line(const ImageEntry& image, const Object& detection, std::span<const Keypoint> keypoints,
                                 const CategoryEntry& category) const {
    const Box& box = detection.box;
    JsonObject object;
    object.add("image_id", image.id.json())
        .add("file_name", json_quoted(image.file_name))
        .add("category_id", category.id.json())
        .add("category_name", json_quoted(category.name))
        .add("bbox", json_numbers(std::array{box.x0, box.y0, box.width(), box.height()}))
        .add("score", json_number(detection.score));
    if constexpr (requires { detection.mask; })
      if (has_mask(detection)) {
        const Rle rle = encode_rle(detection.mask);
        object.add("segmentation", JsonObject()
                                       .add("size", json_numbers(std::array{rle.size.height, rle.size.width}))
                                       .add("counts", json_quoted(compress_rle(rle)))
                                       .text());
      }
    if (!keypoints.empty()) {
      std::vector<float> numbers, scores;
      for (const Keypoint& keypoint : keypoints) {
        const auto [x, y, v] = coco_keypoint(keypoint, keypoints_);
        numbers.insert(numbers.end(), {x, y, v});
        scores.push_back(keypoint.score);
      }
      object.add("keypoints", json_numbers(numbers)).add("keypoint_scores", json_numbers(scores));
    }
    return object.text();
  }

  KeypointRule keypoints_;
  JsonList list_;
};

}  // namespace maskrcnn::io
