/// What is compared: images, the objects truly in them, and the objects found.
#pragma once

#include <algorithm>
#include <cstddef>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/listed.hpp>
#include <maskrcnn/evaluate/image_names.hpp>
#include <maskrcnn/evaluate/keypoint_similarity.hpp>
#include <maskrcnn/evaluate/region.hpp>
#include <maskrcnn/io/coco_id.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// An image of a data set.
struct ImageInfo {
  io::CocoId id{};
  std::string file_name{};  ///< below the folder of the images
  Size size{};              ///< zeros, if the data set does not say it
};

struct Category {
  io::CocoId id{};
  std::string name{};
};

/// An object that is truly there.
struct Truth {
  io::CocoId id{};
  std::size_t image = 0;     ///< position in `Dataset::images`
  std::size_t category = 0;  ///< position in `Dataset::categories`
  Rectangle box{};
  double area = 0;     ///< what COCO calls its area, whichever it is: decides whether it is small, medium or large
  bool crowd = false;  ///< many objects in one, not told apart: finding any number of them is neither right nor wrong
  Region mask{};       ///< empty if there is none; of another size than the image, if the data set says so
  KeypointMarks keypoints{};      ///< none, if the data set does not say any
  std::size_t num_keypoints = 0;  ///< how many of them are labelled, as the data set says; objects of 0 are ignored
};

/// An object that a model says is there.
struct Found {
  std::size_t image = 0, category = 0;  ///< positions, as in `Truth`
  double score = 0;
  Rectangle box{};
  double area = 0;            ///< as in `Truth`
  Region mask{};              ///< empty if there are no masks
  KeypointMarks keypoints{};  ///< empty if there are none
};

/// Images (the ones left out, too) and categories in the order of their ids, truths in the order of their file.
struct Dataset {
  std::string name{};  ///< the file or folder
  std::vector<ImageInfo> images{};
  std::vector<Category> categories{};
  std::vector<Truth> truths{};
  bool has_masks = true;              ///< whether every truth has one
  bool has_keypoints = false;         ///< whether some truths have COCO's 17, and none others
  bool has_ids = true;                ///< whether the images' ids are the data's own, not merely their numbers here
  std::vector<ImageInfo> left_out{};  ///< images beside these that were not selected; results may be of them, too
  std::vector<std::string> notes{};   ///< what a reader of the numbers should know about how this was read
};

/// What a model found in a data set.
struct Findings {
  std::vector<Found> objects{};  ///< in the order in which they were found
  bool has_masks = true;
  bool has_keypoints = false;        ///< whether objects have COCO's 17
  std::size_t other_images = 0;      ///< objects left out because their image is not in the data set,
  std::size_t other_categories = 0;  ///< or their category
  std::size_t told_by_id = 0;        ///< objects whose file name fits several images, so that image_id decided
  std::size_t other_folders = 0;     ///< objects whose file name says another folder than that of their image
  std::size_t told_by_name = 0;      ///< objects whose category_name is that of another category than their category_id
  std::size_t told_by_0 = 0;         ///< objects of the category_id 0, taken for the data set's only category
  std::size_t other_names = 0;       ///< objects taken by image_id although their file name fits another image
  std::vector<std::string> notes{};  ///< what else a reader of the numbers should know about how these were read
};

/// @param path   of the image, for the message
/// @param remedy what to do about it, behind the message
/// @throws Error if an image that was read is not as large as the data set says, if it says so
inline void require_size(Size found, const ImageInfo& image, const std::string& path, const Dataset& data,
                         const std::string& remedy = "") {
  if (image.size != Size{} && found != image.size)
    fail("data: ", path, " is ", found.width, " x ", found.height, " pixels, expected ", image.size.width, " x ",
         image.size.height, " as ", data.name, " says", remedy);
}

/// Position of the entry with an id in a list that is sorted by id; the list's length if there is none.
template <class Entry>
[[nodiscard]] std::size_t position_of(const io::CocoId& id, const std::vector<Entry>& entries) {
  const auto at = std::lower_bound(entries.begin(), entries.end(), id,
                                   [](const Entry& entry, const io::CocoId& wanted) { return entry.id < wanted; });
  return at != entries.end() && at->id == id ? static_cast<std::size_t>(at - entries.begin()) : entries.size();
}

/// The beginning of a text, for messages: strangers' names may be of any length.
[[nodiscard]] inline std::string shortened(std::string text) {
  constexpr std::size_t most = 60;
  if (text.size() > most) text.replace(most - 3, std::string::npos, "...");
  return text;
}

/// A category in messages: "7 ('cat')".
[[nodiscard]] inline std::string described(const io::CocoId& id, const std::string& name) {
  return shortened(id.json()) + (name.empty() ? "" : " ('" + shortened(name) + "')");
}
/// The first five categories in messages: "1 ('cat'), 2 ('dog')"; "none", if there are none.
[[nodiscard]] inline std::string described(const std::vector<Category>& categories) {
  constexpr std::size_t most = 5;
  std::vector<std::string> texts;
  for (std::size_t k = 0; k < std::min(categories.size(), most); ++k)
    texts.push_back(described(categories[k].id, categories[k].name));
  if (categories.size() > most) texts.emplace_back("...");
  return texts.empty() ? "none" : listed(texts);
}

/// The names of images in their order.
[[nodiscard]] inline std::vector<std::string> file_names(const std::vector<ImageInfo>& images) {
  std::vector<std::string> names;
  for (const ImageInfo& image : images) names.push_back(image.file_name);
  return names;
}

/// What a list of names selects.
struct Selection {
  std::vector<bool> chosen{};  ///< for each image
  std::string missing{};       ///< a line that stands for no image; empty if there is none
  std::string note{};          ///< which lines stand for several images; empty if none does
};

/// Finds the images of a list, each line a path or the end of one, with or without extension: see
/// `ImageNames::selected`. A line that several paths end in stands for all of them, and the note says so.
[[nodiscard]] inline Selection select(const std::vector<ImageInfo>& images, const std::set<std::string>& lines) {
  const ImageNames names(file_names(images));
  Selection selection{.chosen = std::vector<bool>(images.size())};
  std::size_t more = 0;
  for (const std::string& line : lines) {
    const auto found = names.selected(line);
    for (const std::size_t image : found) selection.chosen[image] = true;
    if (found.empty() && selection.missing.empty()) selection.missing = line;
    if (found.size() < 2) continue;
    if (selection.note.empty())
      selection.note = "'" + line + "' stands for " + std::to_string(found.size()) + " images";
    else
      ++more;
  }
  if (more > 0)
    selection.note +=
        ", and " + std::to_string(more) + (more == 1 ? " more line stands" : " more lines stand") + " for several";
  return selection;
}

/// The selected part of a data set; the other images are in `left_out` then.
[[nodiscard]] inline Dataset part_of(Dataset data, const Selection& selection) {
  std::vector<std::size_t> place(data.images.size(), data.images.size());
  std::vector<ImageInfo> kept;
  for (std::size_t i = 0; i < data.images.size(); ++i) {
    if (selection.chosen[i]) place[i] = kept.size();
    (selection.chosen[i] ? kept : data.left_out).push_back(std::move(data.images[i]));
  }
  std::erase_if(data.truths, [&](const Truth& truth) { return place[truth.image] == place.size(); });
  for (Truth& truth : data.truths) truth.image = place[truth.image];
  data.images = std::move(kept);
  std::stable_sort(data.left_out.begin(), data.left_out.end(),
                   [](const ImageInfo& a, const ImageInfo& b) { return a.id < b.id; });
  if (!selection.note.empty()) data.notes.push_back(selection.note);
  return data;
}

/// The part of a data set whose images are listed: see `select`.
/// @throws Error if a line stands for no image of the data set
[[nodiscard]] inline Dataset only(Dataset data, const std::set<std::string>& lines) {
  const Selection selection = select(data.images, lines);
  if (!selection.missing.empty())
    fail("data: '", selection.missing, "' is in the list of images, but not in ", data.name);
  return part_of(std::move(data), selection);
}

}  // namespace maskrcnn::evaluate
