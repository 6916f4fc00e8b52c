/// What is compared: pictures, the objects truly in them, and the objects found.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/evaluate/picture_names.hpp>
#include <maskrcnn/evaluate/region.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace maskrcnn::evaluate {

/// A picture of a data set.
struct Picture {
  std::int64_t id = 0;
  std::string file_name{};  ///< below the folder of the pictures
  Size size{};
};

struct Category {
  std::int64_t id = 0;
  std::string name{};
};

/// An object that is truly there.
struct Truth {
  std::int64_t id = 0;
  std::size_t picture = 0;   ///< position in `Dataset::pictures`
  std::size_t category = 0;  ///< position in `Dataset::categories`
  Rectangle box{};
  double area = 0;     ///< what COCO calls its area, whichever it is: decides whether it is small, medium or large
  bool crowd = false;  ///< many objects in one, not told apart: finding any number of them is neither right nor wrong
  Region mask{};       ///< empty if the data set has no masks
};

/// An object that a model says is there.
struct Found {
  std::size_t picture = 0, category = 0;  ///< positions, as in `Truth`
  double score = 0;
  Rectangle box{};
  double area = 0;  ///< as in `Truth`
  Region mask{};    ///< empty if there are no masks
};

/// Pictures (the ones left out, too) and categories in the order of their ids, truths in the order of their file.
struct Dataset {
  std::string name{};  ///< the file or folder
  std::vector<Picture> pictures{};
  std::vector<Category> categories{};
  std::vector<Truth> truths{};
  bool has_masks = true;             ///< whether every truth has one
  bool has_ids = true;               ///< whether the pictures' ids are the data's own, not merely their numbers here
  std::vector<Picture> left_out{};   ///< pictures beside these that were not selected; results may be of them, too
  std::vector<std::string> notes{};  ///< what a reader of the numbers should know about how this was read
};

/// What a model found in a data set.
struct Findings {
  std::vector<Found> objects{};  ///< in the order in which they were found
  bool has_masks = true;
  std::size_t other_pictures = 0;    ///< objects left out because their picture is not in the data set,
  std::size_t other_categories = 0;  ///< or their category
  std::size_t told_by_id = 0;        ///< objects whose file name fits several pictures, so that image_id decided
  std::size_t other_folders = 0;     ///< objects whose file name says another folder than that of their picture
  std::size_t other_names = 0;       ///< objects taken by image_id although their file name fits another picture
};

/// Position of the entry with an id in a list that is sorted by id; the list's length if there is none.
template <class Entry>
[[nodiscard]] std::size_t position_of(std::int64_t id, const std::vector<Entry>& entries) {
  const auto at = std::lower_bound(entries.begin(), entries.end(), id,
                                   [](const Entry& entry, std::int64_t wanted) { return entry.id < wanted; });
  return at != entries.end() && at->id == id ? static_cast<std::size_t>(at - entries.begin()) : entries.size();
}

/// The names of pictures in their order.
[[nodiscard]] inline std::vector<std::string> file_names(const std::vector<Picture>& pictures) {
  std::vector<std::string> names;
  for (const Picture& picture : pictures) names.push_back(picture.file_name);
  return names;
}

/// What a list of names selects.
struct Selection {
  std::vector<bool> chosen{};  ///< for each picture
  std::string missing{};       ///< a line that stands for no picture; empty if there is none
  std::string note{};          ///< which lines stand for several pictures; empty if none does
};

/// Finds the pictures of a list, each line a path or the end of one, with or without extension: see
/// `PictureNames::selected`. A line that several paths end in stands for all of them, and the note says so.
[[nodiscard]] inline Selection select(const std::vector<Picture>& pictures, const std::set<std::string>& lines) {
  const PictureNames names(file_names(pictures));
  Selection selection{.chosen = std::vector<bool>(pictures.size())};
  std::size_t more = 0;
  for (const std::string& line : lines) {
    const auto found = names.selected(line);
    for (const std::size_t picture : found) selection.chosen[picture] = true;
    if (found.empty() && selection.missing.empty()) selection.missing = line;
    if (found.size() < 2) continue;
    if (selection.note.empty())
      selection.note = "'" + line + "' stands for " + std::to_string(found.size()) + " pictures";
    else
      ++more;
  }
  if (more > 0)
    selection.note +=
        ", and " + std::to_string(more) + (more == 1 ? " more line stands" : " more lines stand") + " for several";
  return selection;
}

/// The selected part of a data set; the other pictures are in `left_out` then.
[[nodiscard]] inline Dataset part_of(Dataset data, const Selection& selection) {
  std::vector<std::size_t> place(data.pictures.size(), data.pictures.size());
  std::vector<Picture> kept;
  for (std::size_t i = 0; i < data.pictures.size(); ++i) {
    if (selection.chosen[i]) place[i] = kept.size();
    (selection.chosen[i] ? kept : data.left_out).push_back(std::move(data.pictures[i]));
  }
  std::erase_if(data.truths, [&](const Truth& truth) { return place[truth.picture] == place.size(); });
  for (Truth& truth : data.truths) truth.picture = place[truth.picture];
  data.pictures = std::move(kept);
  std::stable_sort(data.left_out.begin(), data.left_out.end(),
                   [](const Picture& a, const Picture& b) { return a.id < b.id; });
  if (!selection.note.empty()) data.notes.push_back(selection.note);
  return data;
}

/// The part of a data set whose pictures are listed: see `select`.
/// @throws Error if a line stands for no picture of the data set
[[nodiscard]] inline Dataset only(Dataset data, const std::set<std::string>& lines) {
  const Selection selection = select(data.pictures, lines);
  if (!selection.missing.empty())
    fail("data: '", selection.missing, "' is in the list of pictures, but not in ", data.name);
  return part_of(std::move(data), selection);
}

}  // namespace maskrcnn::evaluate
