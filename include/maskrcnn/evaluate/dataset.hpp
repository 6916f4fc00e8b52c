/// What is compared: pictures, the objects truly in them, and the objects found.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <maskrcnn/core/error.hpp>
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

/// Pictures and categories in the order of their ids, truths in the order of their file.
struct Dataset {
  std::string name{};  ///< the file or folder
  std::vector<Picture> pictures{};
  std::vector<Category> categories{};
  std::vector<Truth> truths{};
  bool has_masks = true;  ///< whether every truth has one
};

/// What a model found in a data set.
struct Findings {
  std::vector<Found> objects{};  ///< in the order in which they were found
  bool has_masks = true;
  std::size_t other_pictures = 0;    ///< objects left out because their picture is not in the data set,
  std::size_t other_categories = 0;  ///< or their category
};

/// Position of the entry with an id in a list that is sorted by id; the list's length if there is none.
template <class Entry>
[[nodiscard]] std::size_t position_of(std::int64_t id, const std::vector<Entry>& entries) {
  const auto at = std::lower_bound(entries.begin(), entries.end(), id,
                                   [](const Entry& entry, std::int64_t wanted) { return entry.id < wanted; });
  return at != entries.end() && at->id == id ? static_cast<std::size_t>(at - entries.begin()) : entries.size();
}

/// "a/b.png" -> "b".
[[nodiscard]] inline std::string stem_of(const std::string& file_name) {
  return std::filesystem::path(file_name).stem().string();
}

/// The part of a data set whose pictures' names, without folder and extension, are listed.
/// @throws Error if a listed picture is not in the data set
[[nodiscard]] inline Dataset only(Dataset data, const std::set<std::string>& stems) {
  std::set<std::string> missing = stems;
  std::vector<std::size_t> place(data.pictures.size(), data.pictures.size());
  std::vector<Picture> kept;
  for (std::size_t i = 0; i < data.pictures.size(); ++i) {
    const std::string stem = stem_of(data.pictures[i].file_name);
    if (!stems.contains(stem)) continue;
    missing.erase(stem);
    place[i] = kept.size();
    kept.push_back(std::move(data.pictures[i]));
  }
  if (!missing.empty()) fail("data: '", *missing.begin(), "' is in the list of pictures, but not in ", data.name);
  std::erase_if(data.truths, [&](const Truth& truth) { return place[truth.picture] == place.size(); });
  for (Truth& truth : data.truths) truth.picture = place[truth.picture];
  data.pictures = std::move(kept);
  return data;
}

}  // namespace maskrcnn::evaluate
