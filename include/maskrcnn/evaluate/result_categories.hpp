/// Which category of a data set each entry of a results file is of: by its id, and by its name where that says better.
#pragma once

#include <algorithm>
#include <cstddef>
#include <maskrcnn/core/listed.hpp>
#include <maskrcnn/evaluate/dataset.hpp>
#include <maskrcnn/evaluate/json_record.hpp>
#include <maskrcnn/evaluate/same_kind.hpp>
#include <maskrcnn/io/coco_id.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// For each entry the position of its category, or the number of categories if the data set does not have it.
///
/// category_id decides, as in pycocotools. But programs write the labels of their model there, which count from 0 where
/// the data count from 1, so where an entry's category_name is the name of another category than its id says, the name
/// decides; and where the data have one category, and all entries the id 0, that is meant.
class ResultCategories {
 public:
  /// @param list of the results file `path`
  /// @throws Error if an id is none, or of another kind than the data's; or if no entry is of a category of the data
  ResultCategories(const nlohmann::json& list, const std::string& path, const Dataset& data)
      : positions_(list.size(), data.categories.size()) {
    const auto by_name = names(data);
    std::set<std::string> others;  // what the entries say that are of no category
    bool all_0 = data.categories.size() == 1;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const JsonRecord result(list[i], path, "results", i);
      const io::CocoId id = result.id("category_id");
      positions_[i] = position_of(id, data.categories);
      const auto named = result.has("category_name") ? by_name.find(result.any_text("category_name")) : by_name.end();
      if (named == by_name.end() || named->second == data.categories.size()) {
        require_same_kind(result, "category_id", id, data.categories, "the categories'");
      } else if (named->second != positions_[i]) {
        positions_[i] = named->second;
        ++told_by_name_;
      }
      all_0 = all_0 && id == io::CocoId(0);
      if (positions_[i] == data.categories.size() && others.size() < most_listed)
        others.insert(described(id, result.any_text("category_name")));
    }
    const auto fits = [&](std::size_t position) { return position < data.categories.size(); };
    if (list.empty() || std::any_of(positions_.begin(), positions_.end(), fits)) return;
    if (!all_0)
      fail("results: expected results of the categories of ", data.name, ", ", described(data.categories),
           ", found none among ", list.size(), ", whose category_id is ", listed(others), " (file ", path, ")");
    std::fill(positions_.begin(), positions_.end(), std::size_t{0});
    told_by_0_ = list.size();
  }

  [[nodiscard]] std::size_t operator[](std::size_t entry) const { return positions_[entry]; }
  /// Entries whose name decided.
  [[nodiscard]] std::size_t told_by_name() const { return told_by_name_; }
  /// Entries of the id 0, which the only category does not have.
  [[nodiscard]] std::size_t told_by_0() const { return told_by_0_; }

 private:
  static constexpr std::size_t most_listed = 5;

  /// Positions by name; the number of categories, if several have it.
  static std::unordered_map<std::string, std::size_t> names(const Dataset& data) {
    std::unordered_map<std::string, std::size_t> positions;
    for (std::size_t k = 0; k < data.categories.size(); ++k)
      if (const auto [at, is_new] = positions.try_emplace(data.categories[k].name, k); !is_new)
        at->second = data.categories.size();
    return positions;
  }

  std::vector<std::size_t> positions_;
  std::size_t told_by_name_ = 0, told_by_0_ = 0;
};

}  // namespace maskrcnn::evaluate
