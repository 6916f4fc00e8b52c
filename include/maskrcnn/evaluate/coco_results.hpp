/// COCO's results: what was found, read as pycocotools reads it and checked completely.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <maskrcnn/core/number.hpp>
#include <maskrcnn/evaluate/coco_entries.hpp>
#include <maskrcnn/evaluate/coco_segmentation.hpp>
#include <maskrcnn/evaluate/dataset.hpp>
#include <maskrcnn/evaluate/json_record.hpp>
#include <maskrcnn/evaluate/json_values.hpp>
#include <maskrcnn/evaluate/oddities.hpp>
#include <maskrcnn/evaluate/polygon.hpp>
#include <maskrcnn/evaluate/result_categories.hpp>
#include <maskrcnn/evaluate/result_images.hpp>
#include <string>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

namespace coco_data {

/// What an entry found, on a certain image.
class ResultReader {
 public:
  /// @param boxes whether entries have boxes; else these are the ones around their masks
  /// @param masks whether they have masks, some of them at least; with neither, boxes are the ones around keypoints
  /// @param keypoints whether they have keypoints, some of them at least
  ResultReader(bool boxes, bool masks, bool keypoints, Oddities& oddities)
      : boxes_(boxes), masks_(masks), keypoints_(keypoints), oddities_(&oddities) {}

  /// Fills in what is not known of `found` but its image and category.
  void operator()(const JsonRecord& result, Size image, Found& found) {
    ObjectReader object(result, *oddities_);
    if (masks_)
      found.mask = boxes_ && !result.says("segmentation") ? rectangle(result, found.box, image) : object.mask(image);
    runs_.add(found.mask);
    if (keypoints_) found.keypoints = object.keypoints();
    if (keypoints_ && found.keypoints.empty()) oddities_->add(Oddity::nothing_for_keypoints, result.index());
    if (!found.keypoints.empty() && found.keypoints.size() != coco_keypoint_sigmas.size())
      oddities_->add(Oddity::other_keypoints, result.index());
    if (!boxes_) found.box = masks_ ? found.mask.bounds() : around(found.keypoints);
    found.area = boxes_ || !masks_ ? found.box.area() : found.mask.area();
  }

  /// What every entry must have, even of an image that is not scored.
  [[nodiscard]] Found object(const JsonRecord& result, std::size_t image, std::size_t category) {
    Found found{.image = image, .category = category, .score = result.number("score")};
    if (!result.at("score", "").is_number()) {
      const bool nan = is_nan(found.score);
      if (nan) found.score = -std::numeric_limits<double>::infinity();  // NaN has no order
      if (nan || result.at("score", "").is_boolean())
        oddities_->add(nan ? Oddity::not_a_number : Oddity::number_as_text, result.index());
    }
    if (boxes_) found.box = ObjectReader(result, *oddities_).box();
    return found;
  }

 private:
  [[nodiscard]] Region rectangle(const JsonRecord& result, const Rectangle& box, Size image) {
    oddities_->add(Oddity::box_for_mask, result.index());
    const double right = box.x + box.width, bottom = box.y + box.height;
    const std::vector<double> corners{box.x, box.y, box.x, bottom, right, bottom, right, box.y};
    return result.within("bbox", [&] { return polygon_region(corners, image); });
  }

  [[nodiscard]] static Rectangle around(const KeypointMarks& marks) {
    if (marks.empty()) return {};
    const auto [left, right] =
        std::minmax_element(marks.begin(), marks.end(), [](const auto& a, const auto& b) { return a.x < b.x; });
    const auto [top, bottom] =
        std::minmax_element(marks.begin(), marks.end(), [](const auto& a, const auto& b) { return a.y < b.y; });
    return {left->x, top->y, right->x - left->x, bottom->y - top->y};
  }

  bool boxes_, masks_, keypoints_;
  Oddities* oddities_;
  RunCounter runs_{};
};

}  // namespace coco_data

/// Reads COCO results: a list of {image_id, category_id, bbox, score, segmentation, keypoints}. As in pycocotools, the
/// first entry decides what all must have: if it has a bbox, areas are those of boxes, else those of masks or, where
/// there are none, of the boxes around keypoints. Entries of images that
/// were not selected, and of categories that the data set does not have, are left out and counted. Which image an entry
/// is of, `ResultImages` says, and which category, `ResultCategories`.
/// @param bytes of the file
/// @param path  its name, for messages
/// @throws Error naming the file, the place in it, what was expected and found
[[nodiscard]] inline Findings parse_coco_results(std::vector<std::uint8_t> bytes, const std::string& path,
                                                 const Dataset& data, ImageNaming naming = ImageNaming::by_id) {
  const nlohmann::json file = parse_json(std::move(bytes), path, "results");
  if (!file.is_array())
    fail("results: expected a list of COCO results, found ", JsonRecord::excerpt(file), " (file ", path, ")");
  const auto record = [&](std::size_t i) { return JsonRecord(file[i], path, "results", i); };
  bool boxes = false, masks = false, keypoints = false;
  for (std::size_t i = 0; i < file.size(); ++i) {
    masks = record(i).holds("segmentation") || masks;
    keypoints = record(i).holds("keypoints") || keypoints;
  }
  if (!file.empty()) {
    boxes = record(0).holds("bbox");
    if (!boxes && !masks && !record(0).holds("keypoints"))
      record(0).refuse_key("bbox", "[x, y, width, height]", "nothing");
  }
  const ResultImages images(file, path, data, naming);
  const ResultCategories categories(file, path, data);

  Findings findings;
  findings.has_masks = masks || file.empty();
  findings.told_by_id = images.told_by_id();
  findings.other_names = images.other_names();
  findings.other_folders = images.other_folders();
  findings.told_by_name = categories.told_by_name();
  findings.told_by_0 = categories.told_by_0();
  Oddities oddities;
  coco_data::ResultReader read(boxes, masks, keypoints, oddities);
  findings.objects = coco_data::read_in_parallel<Found>(file, [&](std::size_t i) {
    Found found = read.object(record(i), images[i], categories[i]);
    if (found.image < data.images.size() && found.category < data.categories.size())
      read(record(i), data.images[found.image].size, found);
    return found;
  });
  findings.has_keypoints = (keypoints || file.empty()) && !oddities.any(Oddity::other_keypoints);
  findings.notes = coco_data::notes_on(oddities, file, path, "results");
  const std::size_t all = findings.objects.size();
  std::erase_if(findings.objects, [&](const Found& found) { return found.image == data.images.size(); });
  findings.other_images = all - findings.objects.size();
  std::erase_if(findings.objects, [&](const Found& found) { return found.category == data.categories.size(); });
  findings.other_categories = all - findings.other_images - findings.objects.size();
  return findings;
}

}  // namespace maskrcnn::evaluate
