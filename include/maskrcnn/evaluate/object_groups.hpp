/// Objects of one image and one category belong together: found ones are compared with true ones there, and nowhere
/// else.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <maskrcnn/core/number.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/evaluate/dataset.hpp>
#include <numeric>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// Whether boxes, masks or keypoints are compared.
enum class Measure { box, mask, keypoints };

/// How well a found object fits a true one, from 0 to 1.
[[nodiscard]] inline double overlap(const Found& found, const Truth& truth, Measure measure) {
  switch (measure) {
    case Measure::box:
      return overlap(found.box, truth.box, truth.crowd);
    case Measure::mask:
      return overlap(found.mask, truth.mask, truth.crowd);
    case Measure::keypoints:
      return similarity(found.keypoints, truth.keypoints, truth.box, truth.area);
  }
  return 0;
}

/// Whether finding a true object counts neither way: a crowd or, where keypoints are compared, an object without any.
[[nodiscard]] inline bool counts_neither_way(const Truth& truth, Measure measure) {
  return truth.crowd || (measure == Measure::keypoints && truth.num_keypoints == 0);
}

/// The objects of one image and category: entries `begin` to `end` - 1 of the sorted lists.
struct ObjectGroup {
  std::size_t image = 0, category = 0;
  std::size_t found_begin = 0, found_end = 0, truth_begin = 0, truth_end = 0;
};

/// A found and a true object that overlap by enough to be a match: positions within their group.
struct Pair {
  std::uint32_t found, truth;
  double overlap;
};

/// Positions in the lists of a data set and of findings, sorted by category, then by image; within a group, truths in
/// the order of their file, found objects best first and else in their order.
struct ObjectGroups {
  std::vector<std::size_t> found, truths;
  std::vector<ObjectGroup> groups;       ///< those that are not empty
  std::vector<std::vector<Pair>> pairs;  ///< of each group, by found object, then by truth

  /// @param at_least pairs that overlap less are left out,
  /// @param limit    and those of found objects beyond the best so many of a group
  ObjectGroups(const Dataset& data, const std::vector<Found>& objects, Measure measure, double at_least,
               std::size_t limit = std::numeric_limits<std::size_t>::max())
      : found(positions(objects)), truths(positions(data.truths)) {
    const auto by_place = [](const auto& a, const auto& b) {
      return std::pair(a.category, a.image) < std::pair(b.category, b.image);
    };
    std::stable_sort(truths.begin(), truths.end(),
                     [&](std::size_t a, std::size_t b) { return by_place(data.truths[a], data.truths[b]); });
    std::stable_sort(found.begin(), found.end(), [&](std::size_t a, std::size_t b) {
      const Found &first = objects[a], &second = objects[b];
      if (by_place(first, second)) return true;
      return !by_place(second, first) && first.score > second.score;
    });
    make_groups(data, objects);
    pairs.resize(groups.size());
    parallel_for(groups.size(), [&](std::size_t g) {
      const ObjectGroup& group = groups[g];
      const std::size_t end = group.found_begin + std::min(limit, group.found_end - group.found_begin);
      for (std::size_t f = group.found_begin; f < end; ++f)
        for (std::size_t t = group.truth_begin; t < group.truth_end; ++t) {
          const double value = overlap(objects[found[f]], data.truths[truths[t]], measure);
          if (value >= at_least || is_nan(value))  // of an area that is none; numpy's comparisons are false for it
            pairs[g].push_back({static_cast<std::uint32_t>(f - group.found_begin),
                                static_cast<std::uint32_t>(t - group.truth_begin), value});
        }
    });
  }

 private:
  template <class Object>
  static std::vector<std::size_t> positions(const std::vector<Object>& objects) {
    std::vector<std::size_t> all(objects.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
  }

  void make_groups(const Dataset& data, const std::vector<Found>& objects) {
    const auto place = [](const auto& object) { return std::pair(object.category, object.image); };
    std::size_t f = 0, t = 0;
    while (f < found.size() || t < truths.size()) {
      auto here = f < found.size() ? place(objects[found[f]]) : place(data.truths[truths[t]]);
      if (t < truths.size()) here = std::min(here, place(data.truths[truths[t]]));
      ObjectGroup group{.image = here.second, .category = here.first, .found_begin = f, .truth_begin = t};
      while (f < found.size() && place(objects[found[f]]) == here) ++f;
      while (t < truths.size() && place(data.truths[truths[t]]) == here) ++t;
      group.found_end = f;
      group.truth_end = t;
      groups.push_back(group);
    }
  }
};

}  // namespace maskrcnn::evaluate
