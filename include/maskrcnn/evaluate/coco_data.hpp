/// COCO's files: instances (the truth) and results (what was found), checked completely.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/evaluate/dataset.hpp>
#include <maskrcnn/evaluate/json_record.hpp>
#include <maskrcnn/evaluate/polygon.hpp>
#include <maskrcnn/evaluate/region.hpp>
#include <maskrcnn/evaluate/result_images.hpp>
#include <maskrcnn/io/rle.hpp>
#include <string>
#include <unordered_set>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// More categories than this are taken for a mistake.
inline constexpr std::size_t max_categories = 100'000;

/// Masks of more runs than this in all (4 GB of them) are taken for an attack.
inline constexpr std::size_t max_runs = std::size_t{1} << 29;

namespace coco_data {

/// Counts the runs of masks as they are read, by several threads.
class RunCounter {
 public:
  /// @throws Error if there are too many
  void add(const Region& mask) {
    if (runs_.fetch_add(mask.runs().size()) > max_runs)
      fail("data: expected masks of at most ", max_runs, " runs in all, found more");
  }

 private:
  std::atomic<std::size_t> runs_ = 0;
};

/// [x, y, width, height].
[[nodiscard]] inline Rectangle rectangle(const JsonRecord& record) {
  const nlohmann::json& value = record.at("bbox", "[x, y, width, height]");
  const bool numbers = value.is_array() && value.size() == 4 &&
                       std::all_of(value.begin(), value.end(), [](const auto& number) { return number.is_number(); });
  const Rectangle box = numbers ? Rectangle{value[0].template get<double>(), value[1].template get<double>(),
                                            value[2].template get<double>(), value[3].template get<double>()}
                                : Rectangle{0, 0, -1, -1};
  if (!(box.width >= 0 && box.height >= 0))
    record.refuse_key("bbox", "[x, y, width, height] with sizes of at least 0", JsonRecord::excerpt(value));
  return box;
}

/// {"size": [height, width], "counts": runs or their text}, of an image of `size`.
[[nodiscard]] inline Region region_of_runs(const nlohmann::json& value, Size size) {
  const auto length = [&](std::size_t i) -> std::int64_t {
    const bool fine = value.contains("size") && value["size"].is_array() && value["size"].size() == 2 &&
                      value["size"][i].is_number_integer();
    return fine ? value["size"][i].get<std::int64_t>() : -1;
  };
  if (length(0) != size.height || length(1) != size.width)
    fail("expected \"size\": [", size.height, ", ", size.width, "], height and width of the image, found ",
         value.contains("size") ? JsonRecord::excerpt(value["size"]) : "nothing");
  if (!value.contains("counts")) fail("expected \"counts\", run lengths or their text, found nothing");
  const nlohmann::json& counts = value["counts"];
  if (counts.is_string()) return Region(io::decompress_rle(counts.get_ref<const std::string&>(), size));
  if (!counts.is_array()) fail("expected \"counts\", run lengths or their text, found ", JsonRecord::excerpt(counts));
  io::Rle rle{.size = size, .counts = {}};
  rle.counts.reserve(counts.size());
  for (const nlohmann::json& count : counts) {
    if (!count.is_number_unsigned() || count.get<std::uint64_t>() > std::numeric_limits<std::uint32_t>::max())
      fail("expected run lengths of 0 to 2^32 - 1 as \"counts\", found ", JsonRecord::excerpt(count));
    rle.counts.push_back(count.get<std::uint32_t>());
  }
  return Region(rle);
}

/// A list of polygons, which are parts of one object.
[[nodiscard]] inline Region region_of_polygons(const nlohmann::json& value, Size size) {
  std::vector<Region> parts;
  std::vector<double> coordinates;
  for (const nlohmann::json& polygon : value) {
    if (!polygon.is_array()) fail("expected a list of polygons, found ", JsonRecord::excerpt(polygon), " in it");
    coordinates.clear();
    for (const nlohmann::json& coordinate : polygon) {
      if (!coordinate.is_number()) fail("expected coordinates, found ", JsonRecord::excerpt(coordinate));
      coordinates.push_back(coordinate.get<double>());
    }
    parts.push_back(polygon_region(coordinates, size));
  }
  return Region::united(parts);
}

/// Whether there is a mask at all: data sets of boxes have none, or empty lists.
[[nodiscard]] inline bool has_segmentation(const JsonRecord& record) {
  return record.has("segmentation") && !record.at("segmentation", "").empty();
}

/// @throws Error naming the place, if there is no mask or it makes no sense
[[nodiscard]] inline Region segmentation(const JsonRecord& record, Size size) {
  const char* const expected = "a list of polygons or run lengths";
  const nlohmann::json& value = record.at("segmentation", expected);
  if (!value.is_array() && !value.is_object()) record.refuse_key("segmentation", expected, JsonRecord::excerpt(value));
  return record.within(
      "segmentation", [&] { return value.is_array() ? region_of_polygons(value, size) : region_of_runs(value, size); });
}

/// Entries of `list`, sorted by id.
template <class Entry, class Read>
[[nodiscard]] std::vector<Entry> read_entries(const nlohmann::json& list, const std::string& path, const char* name,
                                              const Read& read) {
  std::vector<Entry> entries;
  entries.reserve(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) entries.push_back(read(JsonRecord(list[i], path, name, i)));
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.id < b.id; });
  for (std::size_t i = 1; i < entries.size(); ++i)
    if (entries[i - 1].id == entries[i].id) fail(name, " of ", path, ": the id ", entries[i].id, " is there twice");
  return entries;
}

/// `read(i)` for each entry of `list`.
template <class Entry, class Read>
[[nodiscard]] std::vector<Entry> read_in_parallel(const nlohmann::json& list, const Read& read) {
  std::vector<Entry> entries(list.size());
  parallel_for(list.size(), [&](std::size_t i) { entries[i] = read(i); });
  return entries;
}

}  // namespace coco_data

/// Reads a COCO instances file: polygons, run lengths as numbers or as text, crowds. Without "area", the mask's area
/// counts, or the box's; without "bbox", the box around the mask.
/// @throws Error naming the file, the place in it, what was expected and found
[[nodiscard]] inline Dataset read_coco_instances(const std::string& path) {
  const nlohmann::json file = read_json(path, "data");
  const auto list = [&](const char* name) -> const nlohmann::json& {
    if (!file.is_object() || !file.contains(name) || !file[name].is_array())
      fail("data: expected COCO instances, a record with the lists 'images', 'annotations' and 'categories'; ", path,
           " has no list '", name, "'");
    return file[name];
  };
  const auto &images = list("images"), &categories = list("categories"), &annotations = list("annotations");
  if (categories.size() > max_categories)
    fail("data: expected at most ", max_categories, " categories, found ", categories.size(), " (file ", path, ")");

  Dataset data{.name = path};
  data.images = coco_data::read_entries<ImageInfo>(images, path, "images", [](const JsonRecord& record) {
    const ImageInfo image{.id = record.integer("id"),
                          .file_name = record.has("file_name") ? record.text("file_name") : "",
                          .size = {.height = record.pixels("height"), .width = record.pixels("width")}};
    if (static_cast<std::uint64_t>(image.size.height) * static_cast<std::uint64_t>(image.size.width) >
        std::numeric_limits<std::uint32_t>::max())
      record.refuse_key("width", "less than 2^32 pixels in all", std::to_string(image.size.width));
    return image;
  });
  data.categories = coco_data::read_entries<Category>(categories, path, "categories", [](const JsonRecord& category) {
    const std::int64_t id = category.integer("id");
    return Category{.id = id, .name = category.has("name") ? category.text("name") : "category " + std::to_string(id)};
  });

  for (std::size_t i = 0; i < annotations.size(); ++i)
    data.has_masks = coco_data::has_segmentation(JsonRecord(annotations[i], path, "annotations", i)) && data.has_masks;
  coco_data::RunCounter runs;
  data.truths = coco_data::read_in_parallel<Truth>(annotations, [&](std::size_t i) {
    const JsonRecord annotation(annotations[i], path, "annotations", i);
    Truth truth{.id = annotation.integer("id"),
                .image = position_of(annotation.integer("image_id"), data.images),
                .category = position_of(annotation.integer("category_id"), data.categories),
                .crowd = annotation.flag("iscrowd")};
    if (truth.image == data.images.size())
      annotation.refuse_key("image_id", "the id of an image", std::to_string(annotation.integer("image_id")));
    if (truth.category == data.categories.size())
      annotation.refuse_key("category_id", "the id of a category", std::to_string(annotation.integer("category_id")));
    if (coco_data::has_segmentation(annotation))
      truth.mask = coco_data::segmentation(annotation, data.images[truth.image].size);
    runs.add(truth.mask);
    const bool from_mask = !annotation.has("bbox") && truth.mask.size() != Size{};
    truth.box = from_mask ? truth.mask.bounds() : coco_data::rectangle(annotation);
    if (annotation.has("area"))
      truth.area = annotation.number("area");
    else
      truth.area = truth.mask.size() != Size{} ? truth.mask.area() : truth.box.area();
    return truth;
  });
  std::unordered_set<std::int64_t> ids;
  for (const Truth& truth : data.truths)
    if (!ids.insert(truth.id).second) fail("annotations of ", path, ": the id ", truth.id, " is there twice");
  return data;
}

/// Reads a COCO results file: a list of {image_id, category_id, bbox, score, segmentation}. As in pycocotools, the
/// first entry decides what all must have: if it has a bbox, areas are those of boxes, else those of masks.
/// Entries of images that were not selected, and of categories that the data set does not have, are left out and
/// counted. Which image an entry is of, `ResultImages` says.
/// @throws Error naming the file, the place in it, what was expected and found
[[nodiscard]] inline Findings read_coco_results(const std::string& path, const Dataset& data,
                                                ImageNaming naming = ImageNaming::by_id) {
  const nlohmann::json file = read_json(path, "results");
  if (!file.is_array())
    fail("results: expected a list of COCO results, found ", JsonRecord::excerpt(file), " (file ", path, ")");
  Findings findings;
  bool boxes = false;
  if (!file.empty()) {
    const JsonRecord first(file[0], path, "results", 0);
    boxes = first.has("bbox") && !first.at("bbox", "").empty();
    findings.has_masks = coco_data::has_segmentation(first);
    if (!boxes && !findings.has_masks) first.refuse_key("bbox", "[x, y, width, height]", "nothing");
  }
  const ResultImages images(file, path, data, naming);
  findings.told_by_id = images.told_by_id();
  findings.other_names = images.other_names();
  findings.other_folders = images.other_folders();

  coco_data::RunCounter runs;
  findings.objects = coco_data::read_in_parallel<Found>(file, [&](std::size_t i) {
    const JsonRecord result(file[i], path, "results", i);
    Found found{.image = images[i],
                .category = position_of(result.integer("category_id"), data.categories),
                .score = result.number("score")};
    if (boxes) found.box = coco_data::rectangle(result);
    if (found.image == data.images.size() || found.category == data.categories.size()) return found;
    if (findings.has_masks) found.mask = coco_data::segmentation(result, data.images[found.image].size);
    runs.add(found.mask);
    if (!boxes) found.box = found.mask.bounds();
    found.area = boxes ? found.box.area() : found.mask.area();
    return found;
  });
  const std::size_t all = findings.objects.size();
  std::erase_if(findings.objects, [&](const Found& found) { return found.image == data.images.size(); });
  findings.other_images = all - findings.objects.size();
  std::erase_if(findings.objects, [&](const Found& found) { return found.category == data.categories.size(); });
  findings.other_categories = all - findings.other_images - findings.objects.size();
  return findings;
}

}  // namespace maskrcnn::evaluate
