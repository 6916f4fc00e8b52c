/// COCO's instances: the truth, read as pycocotools reads it and checked completely.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <maskrcnn/core/number.hpp>
#include <maskrcnn/evaluate/coco_entries.hpp>
#include <maskrcnn/evaluate/coco_segmentation.hpp>
#include <maskrcnn/evaluate/dataset.hpp>
#include <maskrcnn/evaluate/json_record.hpp>
#include <maskrcnn/evaluate/json_values.hpp>
#include <maskrcnn/evaluate/oddities.hpp>
#include <maskrcnn/evaluate/same_kind.hpp>
#include <maskrcnn/io/coco_id.hpp>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// More categories than this are taken for a mistake.
inline constexpr std::size_t max_categories = 100'000;

namespace coco_data {

/// One of the lists of a file.
class InstanceList {
 public:
  InstanceList(const nlohmann::json& file, const std::string& path, const char* name) : path_(&path), name_(name) {
    if (!file.is_object() || !file.contains(name) || !file[name].is_array())
      fail("data: expected COCO instances, a record with the lists 'images', 'annotations' and 'categories'; ", path,
           " has no list '", name, "'");
    list_ = &file[name];
  }

  [[nodiscard]] const nlohmann::json& values() const { return *list_; }
  [[nodiscard]] JsonRecord operator[](std::size_t i) const { return {(*list_)[i], *path_, name_, i}; }

  /// Its entries by `read(record)`, sorted by id; of those with the same id the last.
  template <class Entry, class Read>
  [[nodiscard]] std::vector<Entry> sorted(Oddities& oddities, Oddity repeated, const Read& read) const {
    std::vector<Entry> entries;
    entries.reserve(list_->size());
    for (std::size_t i = 0; i < list_->size(); ++i) {
      entries.push_back(read((*this)[i]));
      if (entries.front().id.is_text() != entries.back().id.is_text())
        (*this)[i].refuse_key("id", entries.front().id.is_text() ? "a text, as before it," : "a number, as before it,",
                              shortened(entries.back().id.json()));
    }
    std::vector<std::size_t> order(entries.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return entries[a].id < entries[b].id; });
    std::vector<Entry> kept;
    kept.reserve(entries.size());
    for (const std::size_t i : order) {
      const bool again = !kept.empty() && kept.back().id == entries[i].id;
      if (again) {
        oddities.add(repeated, i);
        kept.pop_back();
      }
      kept.push_back(std::move(entries[i]));
    }
    return kept;
  }

  void tell(const Oddities& oddities, std::vector<std::string>& notes) const {
    const auto more = notes_on(oddities, *list_, *path_, name_);
    notes.insert(notes.end(), more.begin(), more.end());
  }

 private:
  const nlohmann::json* list_ = nullptr;
  const std::string* path_;
  const char* name_;
};

/// An annotation as it is, of images and categories that are there.
class AnnotationReader {
 public:
  AnnotationReader(const Dataset& data, Oddities& oddities) : data_(&data), oddities_(&oddities) {}

  /// @return of an image that is not there, if the annotation is not counted
  [[nodiscard]] Truth operator()(const JsonRecord& annotation) {
    Truth truth{.id = annotation.id("id"),
                .image = position(annotation, "image_id", data_->images, "the images'"),
                .category = position(annotation, "category_id", data_->categories, "the categories'")};
    const auto odd = [&](Oddity kind) { oddities_->add(kind, annotation.index()); };
    if (truth.image == data_->images.size()) {
      odd(Oddity::other_image);
      return truth;
    }
    if (truth.category == data_->categories.size()) {
      truth.image = data_->images.size();
      odd(Oddity::other_category);
      return truth;
    }
    truth.crowd = annotation.flag("iscrowd");
    if (!annotation.has("iscrowd")) odd(Oddity::no_crowd);
    if (annotation.has("ignore") && number_of(annotation.at("ignore", "")) != 0) odd(Oddity::ignore);

    ObjectReader object(annotation, *oddities_);
    const Size size = data_->images[truth.image].size;
    if (!has_mask(annotation))
      odd(Oddity::no_mask);
    else if (size == Size{} && object.needs_size())
      odd(Oddity::no_size);
    else
      truth.mask = object.mask(size);
    const bool masked = truth.mask.size() != Size{};
    runs_.add(truth.mask);
    if (!annotation.holds("bbox") && masked) odd(Oddity::no_box);
    truth.box = !annotation.holds("bbox") && masked ? truth.mask.bounds() : object.box();
    if (!annotation.has("area")) odd(Oddity::no_area);
    if (annotation.has("area"))
      truth.area = annotation.number("area");
    else
      truth.area = masked ? truth.mask.area() : truth.box.area();
    read_keypoints(annotation, object, truth);
    return truth;
  }

 private:
  void read_keypoints(const JsonRecord& annotation, const ObjectReader& object, Truth& truth) {
    truth.keypoints = object.keypoints();
    const auto labelled = std::count_if(truth.keypoints.begin(), truth.keypoints.end(),
                                        [](const KeypointMark& mark) { return mark.v > 0; });
    truth.num_keypoints = static_cast<std::size_t>(labelled);
    if (truth.keypoints.empty()) return;
    if (truth.keypoints.size() != coco_keypoint_sigmas.size())
      oddities_->add(Oddity::other_keypoints, annotation.index());
    if (!annotation.has("num_keypoints")) {
      oddities_->add(Oddity::no_number_of_keypoints, annotation.index());
      return;
    }
    const double said = annotation.number("num_keypoints");
    if (!is_finite(said) || said < 0)
      annotation.refuse_key("num_keypoints", "0 or more", JsonRecord::excerpt(annotation.at("num_keypoints", "")));
    truth.num_keypoints = static_cast<std::size_t>(std::ceil(std::min(said, 1e6)));
  }

  /// Where the entry is that an annotation belongs to; behind all, if it is not listed, or null.
  template <class Entry>
  [[nodiscard]] static std::size_t position(const JsonRecord& annotation, const char* key,
                                            const std::vector<Entry>& entries, const char* what) {
    if (annotation.says(key) && !annotation.has(key)) return entries.size();
    const io::CocoId id = annotation.id(key);
    require_same_kind(annotation, key, id, entries, what);
    return position_of(id, entries);
  }

  /// Whether there is a mask at all: data sets of boxes have none, or empty lists, or lists of empty lists.
  [[nodiscard]] static bool has_mask(const JsonRecord& record) {
    if (!record.holds("segmentation")) return false;
    const nlohmann::json& value = record.at("segmentation", "");
    return !value.is_array() ||
           !std::all_of(value.begin(), value.end(), [](const auto& part) { return part.is_array() && part.empty(); });
  }

  const Dataset* data_;
  Oddities* oddities_;
  RunCounter runs_{};
};

/// What pycocotools makes of annotations by their ids.
inline void look_at_ids(const std::vector<Truth>& truths, Oddities& oddities) {
  std::vector<std::size_t> order(truths.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return truths[a].id < truths[b].id; });
  for (std::size_t i = 0; i < order.size(); ++i) {
    const io::CocoId& id = truths[order[i]].id;
    if (i > 0 && id == truths[order[i - 1]].id) oddities.add(Oddity::repeated_id, order[i]);
    // COCOeval keeps ids as numbers, whichever way they are written
    const auto number = id.as_number();
    if (!number) oddities.add(Oddity::id_is_text, order[i]);
    if (number == 0) oddities.add(Oddity::id_0, order[i]);
  }
}

/// Whether keypoints can be scored: some objects have COCO's, or there are no objects; none has another number.
[[nodiscard]] inline bool look_at_keypoints(const std::vector<Truth>& truths, std::size_t no_image,
                                            Oddities& oddities) {
  const bool any =
      std::any_of(truths.begin(), truths.end(), [](const Truth& truth) { return !truth.keypoints.empty(); });
  for (std::size_t i = 0; any && i < truths.size(); ++i)
    if (truths[i].image != no_image && truths[i].keypoints.empty()) oddities.add(Oddity::no_keypoints, i);
  return (any || truths.empty()) && !oddities.any(Oddity::other_keypoints);
}

}  // namespace coco_data

/// Reads COCO instances: polygons, run lengths as numbers or as text, crowds, boxes alone, keypoints. Without "area",
/// the mask's area counts, or the box's; without "bbox", the box around the mask. What pycocotools scores in spite of
/// its oddities is scored alike, and `Dataset::notes` has a line for each kind.
/// @param bytes of the file
/// @param path  its name, for messages
/// @throws Error naming the file, the place in it, what was expected and found
[[nodiscard]] inline Dataset parse_coco_instances(std::vector<std::uint8_t> bytes, const std::string& path) {
  const nlohmann::json file = parse_json(std::move(bytes), path, "data");
  const coco_data::InstanceList images(file, path, "images"), annotations(file, path, "annotations"),
      categories(file, path, "categories");
  if (categories.values().size() > max_categories)
    fail("data: expected at most ", max_categories, " categories, found ", categories.values().size(), " (file ", path,
         ")");

  Dataset data{.name = path};
  Oddities of_images, of_categories, of_annotations;
  data.images = images.sorted<ImageInfo>(of_images, Oddity::repeated_image, [&](const JsonRecord& image) {
    return ImageInfo{
        .id = image.id("id"), .file_name = image.any_text("file_name"), .size = ObjectReader(image, of_images).size()};
  });
  data.categories =
      categories.sorted<Category>(of_categories, Oddity::repeated_category, [](const JsonRecord& category) {
        const io::CocoId id = category.id("id");
        return Category{.id = id, .name = category.has("name") ? category.any_text("name") : "category " + id.json()};
      });
  coco_data::AnnotationReader read(data, of_annotations);
  auto truths =
      coco_data::read_in_parallel<Truth>(annotations.values(), [&](std::size_t i) { return read(annotations[i]); });
  coco_data::look_at_ids(truths, of_annotations);
  data.has_keypoints = coco_data::look_at_keypoints(truths, data.images.size(), of_annotations);
  std::erase_if(truths, [&](const Truth& truth) { return truth.image == data.images.size(); });
  if (truths.empty() && !annotations.values().empty())
    fail("data: expected annotations of the images and categories that are listed, found none among ",
         annotations.values().size(), ", the first of which is ", annotations[0].where());
  data.truths = std::move(truths);
  data.has_masks = !of_annotations.any(Oddity::no_mask) && !of_annotations.any(Oddity::no_size);
  images.tell(of_images, data.notes);
  categories.tell(of_categories, data.notes);
  annotations.tell(of_annotations, data.notes);
  return data;
}

}  // namespace maskrcnn::evaluate
