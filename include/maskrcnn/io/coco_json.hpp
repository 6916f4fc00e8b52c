/// COCO results: detections as the JSON array that `pycocotools` and other evaluators load.
#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <maskrcnn/core/detection.hpp>
#include <maskrcnn/io/json_list.hpp>
#include <maskrcnn/io/rle.hpp>
#include <maskrcnn/weights/coco_classes.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace maskrcnn::io {

/// Which image a result belongs to.
struct ImageEntry {
  std::int64_t id = 0;
  std::string file_name;  ///< with its folders, as far as they tell it from other images
};

/// The name of a class: its entry of `names`, or "class 7" where there is none.
[[nodiscard]] inline std::string class_name(const std::vector<std::string>& names, int label) {
  const auto index = static_cast<std::size_t>(label);
  return label >= 0 && index < names.size() ? names[index] : "class " + std::to_string(label);
}

/// A results file, written image by image, one object a line:
///
///   [
///   {"image_id":1,"file_name":"a.png","category_id":1,"category_name":"nucleus","bbox":[x,y,width,height],
///    "score":0.98,"segmentation":{"size":[height,width],"counts":"..."}},
///   ...
///   ]
///
/// `bbox` is in pixels of the image, x and y those of the upper left corner; `counts` is COCO's compressed run-length
/// text; detections without masks have no "segmentation". `category_id` is the label or, where the names are COCO's 80
/// without gaps, COCO's own number of the class. The file appears under its name when it is finished, which
/// the destructor does too, so that what was found before an exception is kept.
class CocoResults {
 public:
  /// @throws Error with the system's reason, if the file cannot be created
  explicit CocoResults(const std::string& path) : list_(path, "results", "[", "]") {}

  /// Appends the detections of an image; `class_names` by label.
  /// @throws Error with the system's reason, if they cannot be written; the file is given up then
  template <class AnyDetection>
  void add(const ImageEntry& image, const std::vector<AnyDetection>& detections,
           const std::vector<std::string>& class_names) {
    for (const AnyDetection& detection : detections) list_.add(line(image, detection, class_names));
    if (!detections.empty()) list_.flush();
  }

  /// Completes the file; does nothing the second time.
  /// @throws Error with the system's reason, if it cannot be written
  void finish() { list_.finish(); }

 private:
  template <class AnyDetection>
  static std::string line(const ImageEntry& image, const AnyDetection& detection,
                          const std::vector<std::string>& names) {
    const Box& box = detection.box;
    std::string text = "{\"image_id\":" + std::to_string(image.id) + ",\"file_name\":" + quoted(image.file_name) +
                       ",\"category_id\":" + std::to_string(coco_category_id(detection.label, names)) +
                       ",\"category_name\":" + quoted(class_name(names, detection.label)) + ",\"bbox\":[" +
                       number(box.x0) + "," + number(box.y0) + "," + number(box.width()) + "," + number(box.height()) +
                       "],\"score\":" + number(detection.score);
    if constexpr (requires { detection.mask; }) {
      const Rle rle = encode_rle(detection.mask);
      text += ",\"segmentation\":{\"size\":[" + std::to_string(rle.size.height) + "," + std::to_string(rle.size.width) +
              "],\"counts\":" + quoted(compress_rle(rle)) + "}";
    }
    return text + "}";
  }

  static std::string quoted(const std::string& text) { return json_text(nlohmann::json(text)); }

  /// The shortest text that reads back as the same float; JSON has no infinities.
  static std::string number(float value) {
    if (!std::isfinite(value)) return "null";
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return {text.data(), end};
  }

  JsonList list_;
};

}  // namespace maskrcnn::io
