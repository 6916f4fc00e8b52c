/// COCO's evaluation: average precision and recall, by the very rules of pycocotools' `COCOeval`, so that numbers may
/// be put beside published ones.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <maskrcnn/core/number.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/evaluate/coco_summary.hpp>
#include <maskrcnn/evaluate/dataset.hpp>
#include <maskrcnn/evaluate/object_groups.hpp>
#include <numeric>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// Compares what was found with the truth, once for all thresholds, area ranges and limits:
/// - found objects choose, best score first, the truth that they overlap most, among those not yet taken;
/// - crowds, objects without keypoints where those are compared, and truths outside of the area range, are chosen only
/// by objects that fit no other, which then count
///   neither as right nor as wrong; nor do objects outside of the area range that fit nothing;
/// - an object counts whatever its id, also 0, which pycocotools takes for "no object" and what fits it for wrong;
/// - precision and recall are taken over all images, in order of falling score; precision at a recall is the best at
///   that recall or a higher one.
class CocoEvaluation {
 public:
  /// @param limit another number of found objects per image and category, besides 1, 10 and 100: crowded images
  ///              hold more
  CocoEvaluation(const Dataset& data, const std::vector<Found>& objects, Measure measure, std::size_t limit = 100)
      : limits_{coco_limits[0], coco_limits[1], coco_limits[2], limit},
        measure_(measure),
        groups_(data, objects, measure, coco_threshold(0), std::max(coco_limits[2], limit)),
        categories_(data.categories.size()) {
    matches_.resize(groups_.found.size());
    wanted_.resize(groups_.groups.size());
    parallel_for(groups_.groups.size(), [&](std::size_t g) { match(g, data, objects); });
    accumulate(objects);
  }

  /// The twelve numbers, with COCO's limit of 100, or with the limit that was asked for.
  [[nodiscard]] CocoSummary summary(bool at_own_limit = false) const {
    const std::size_t limit = at_own_limit ? 3 : 2;
    CocoSummary result;
    result.ap = mean(0, limit, &Cell::precision);
    result.ap50 = mean_at(0, 0, limit);
    result.ap75 = mean_at(5, 0, limit);
    result.ap_small = mean(1, limit, &Cell::precision);
    result.ap_medium = mean(2, limit, &Cell::precision);
    result.ap_large = mean(3, limit, &Cell::precision);
    result.ar_1 = mean(0, 0, &Cell::recall);
    result.ar_10 = mean(0, 1, &Cell::recall);
    result.ar = mean(0, limit, &Cell::recall);
    result.ar_small = mean(1, limit, &Cell::recall);
    result.ar_medium = mean(2, limit, &Cell::recall);
    result.ar_large = mean(3, limit, &Cell::recall);
    return result;
  }

  /// The ten numbers of keypoints, with the limit that was asked for, which is `coco_keypoint_limit` in COCO's.
  [[nodiscard]] KeypointSummary keypoint_summary() const {
    const CocoSummary all = summary(true);
    const auto recall_at = [this](std::size_t threshold) {
      return mean_over(0, 3, [threshold](const Cell& cell) { return cell.recall[threshold]; });
    };
    return {.ap = all.ap,
            .ap50 = all.ap50,
            .ap75 = all.ap75,
            .ap_medium = all.ap_medium,
            .ap_large = all.ap_large,
            .ar = all.ar,
            .ar50 = recall_at(0),
            .ar75 = recall_at(5),
            .ar_medium = all.ar_medium,
            .ar_large = all.ar_large};
  }

  /// What became of each found object at one threshold, all areas, in the order of the findings.
  [[nodiscard]] std::vector<Outcome> outcomes(std::size_t threshold) const {
    std::vector<Outcome> all(groups_.found.size(), Outcome::ignored);
    for (const ObjectGroup& group : groups_.groups)
      for (std::size_t f = group.found_begin; f < std::min(group.found_end, group.found_begin + largest_limit()); ++f)
        if ((matches_[f].ignored[0] >> threshold & 1) == 0)
          all[groups_.found[f]] = (matches_[f].right[0] >> threshold & 1) != 0 ? Outcome::right : Outcome::wrong;
    return all;
  }

  /// The same numbers for one category, all areas.
  [[nodiscard]] CategoryScore category(std::size_t category, bool at_own_limit = false) const {
    const Cell& cell = categories_[category].cells[at_own_limit ? 3 : 2][0];
    if (!cell.valid) return {};
    return {.ap = mean_of(cell.precision),
            .ap50 = cell.precision[0],
            .ap75 = cell.precision[5],
            .ar = mean_of(cell.recall)};
  }

  /// Precision over recall at one threshold, all areas, with the limit that was asked for: the mean over categories
  /// with something to find.
  [[nodiscard]] PrecisionCurve mean_curve(std::size_t threshold) const {
    std::array<double, coco_recalls> sum{};
    std::size_t count = 0;
    for (const PerCategory& category : categories_) {
      if (category.curves.empty()) continue;
      ++count;
      for (std::size_t r = 0; r < coco_recalls; ++r) sum[r] += double{category.curves[threshold][r]};
    }
    PrecisionCurve mean{};
    for (std::size_t r = 0; r < coco_recalls && count > 0; ++r) mean[r] = static_cast<float>(sum[r] / double(count));
    return mean;
  }

 private:
  /// What became of a found object in each area range: a bit for each threshold.
  struct Match {
    std::array<std::uint16_t, coco_areas> right{}, ignored{};
  };
  /// One category, area range and limit.
  struct Cell {
    bool valid = false;  ///< there is something to find
    std::array<double, coco_thresholds> precision{}, recall{};
  };
  struct PerCategory {
    std::array<std::array<Cell, coco_areas>, 4> cells{};
    std::vector<PrecisionCurve> curves;
  };

  [[nodiscard]] std::size_t largest_limit() const { return std::max(limits_[2], limits_[3]); }

  /// All thresholds and area ranges of one image and category.
  void match(std::size_t g, const Dataset& data, const std::vector<Found>& objects) {
    const ObjectGroup& group = groups_.groups[g];
    const std::vector<Pair>& pairs = groups_.pairs[g];
    const auto truth = [&](std::size_t t) -> const Truth& {
      return data.truths[groups_.truths[group.truth_begin + t]];
    };
    const std::size_t truths = group.truth_end - group.truth_begin;
    const std::size_t found = std::min(group.found_end - group.found_begin, largest_limit());
    std::vector<char> ignored(truths), taken(truths);
    for (std::size_t a = 0; a < coco_areas; ++a) {
      const AreaRange& range = coco_area_ranges[a];
      // an area that is no number is within every range: numpy's comparisons are false for NaN
      const auto outside = [&range](double area) {
        return !is_nan(area) && (area < range.smallest || area > range.largest);
      };
      for (std::size_t t = 0; t < truths; ++t) {
        ignored[t] = counts_neither_way(truth(t), measure_) || outside(truth(t).area) ? 1 : 0;
        wanted_[g][a] += ignored[t] == 0 ? 1 : 0;
      }
      for (std::size_t i = 0; i < coco_thresholds; ++i) {
        const auto bit = static_cast<std::uint16_t>(1U << i);
        std::fill(taken.begin(), taken.end(), char{0});
        auto pair = pairs.begin();
        for (std::size_t f = 0; f < found; ++f) {
          const auto first = pair;
          while (pair != pairs.end() && pair->found == f) ++pair;
          Match& match = matches_[group.found_begin + f];
          const Pair* best = nullptr;
          double least = std::min(coco_threshold(i), 1 - 1e-10);
          // what counts goes before what is ignored; of equal ones, the later wins
          for (const bool second_choice : {false, true}) {
            if (best != nullptr) break;
            for (auto candidate = first; candidate != pair; ++candidate) {
              const std::uint32_t t = candidate->truth;
              const bool free = taken[t] == 0 || truth(t).crowd;
              if ((ignored[t] != 0) != second_choice || !free || candidate->overlap < least) continue;
              least = candidate->overlap;
              best = &*candidate;
            }
          }
          if (best == nullptr) {
            if (outside(objects[groups_.found[group.found_begin + f]].area)) match.ignored[a] |= bit;
            continue;
          }
          taken[best->truth] = 1;
          if (ignored[best->truth] != 0) match.ignored[a] |= bit;
          match.right[a] |= bit;
        }
      }
    }
  }

  void accumulate(const std::vector<Found>& objects) {
    // groups of a category are adjacent
    std::vector<std::pair<std::size_t, std::size_t>> spans(categories_.size());
    for (std::size_t g = 0; g < groups_.groups.size(); ++g) {
      auto& [begin, end] = spans[groups_.groups[g].category];
      if (begin == end) begin = g;
      end = g + 1;
    }
    parallel_for(categories_.size() * limits_.size(), [&](std::size_t job) {
      const std::size_t category = job / limits_.size(), limit = job % limits_.size();
      const auto [begin, end] = spans[category];
      if (begin != end) accumulate(category, limit, begin, end, objects);
    });
  }

  void accumulate(std::size_t category, std::size_t limit, std::size_t begin, std::size_t end,
                  const std::vector<Found>& objects) {
    std::vector<std::size_t> order;  // positions in groups_.found
    std::array<std::size_t, coco_areas> wanted{};
    for (std::size_t g = begin; g < end; ++g) {
      const ObjectGroup& group = groups_.groups[g];
      const std::size_t last = std::min(group.found_end, group.found_begin + limits_[limit]);
      for (std::size_t f = group.found_begin; f < last; ++f) order.push_back(f);
      for (std::size_t a = 0; a < coco_areas; ++a) wanted[a] += wanted_[g][a];
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return objects[groups_.found[a]].score > objects[groups_.found[b]].score;
    });
    PerCategory& to = categories_[category];
    const bool keep_curves = limit == 3 && wanted[0] > 0;
    if (keep_curves) to.curves.resize(coco_thresholds);
    std::vector<double> precision(order.size()), recall(order.size());
    for (std::size_t a = 0; a < coco_areas; ++a) {
      if (wanted[a] == 0) continue;
      Cell& cell = to.cells[limit][a];
      cell.valid = true;
      for (std::size_t i = 0; i < coco_thresholds; ++i) {
        double right = 0, wrong = 0;
        for (std::size_t k = 0; k < order.size(); ++k) {
          const Match& match = matches_[order[k]];
          if ((match.ignored[a] >> i & 1) == 0) ((match.right[a] >> i & 1) != 0 ? right : wrong) += 1;
          recall[k] = right / static_cast<double>(wanted[a]);
          precision[k] = right / (wrong + right + std::numeric_limits<double>::epsilon());
        }
        for (std::size_t k = order.size(); k-- > 1;) precision[k - 1] = std::max(precision[k - 1], precision[k]);
        cell.recall[i] = order.empty() ? 0 : recall.back();
        double sum = 0;
        std::size_t k = 0;
        for (std::size_t r = 0; r < coco_recalls; ++r) {
          while (k < order.size() && recall[k] < coco_recall(r)) ++k;
          if (k == order.size()) break;
          sum += precision[k];
          if (keep_curves && a == 0) to.curves[i][r] = static_cast<float>(precision[k]);
        }
        cell.precision[i] = sum / static_cast<double>(coco_recalls);
      }
    }
  }

  static double mean_of(const std::array<double, coco_thresholds>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  }

  /// Over categories with something to find, of `value(cell)`.
  template <class Value>
  [[nodiscard]] double mean_over(std::size_t area, std::size_t limit, const Value& value) const {
    double sum = 0;
    std::size_t count = 0;
    for (const PerCategory& category : categories_)
      if (const Cell& cell = category.cells[limit][area]; cell.valid) {
        sum += value(cell);
        ++count;
      }
    return count == 0 ? -1 : sum / static_cast<double>(count);
  }
  [[nodiscard]] double mean(std::size_t area, std::size_t limit,
                            std::array<double, coco_thresholds> Cell::*what) const {
    return mean_over(area, limit, [what](const Cell& cell) { return mean_of(cell.*what); });
  }
  [[nodiscard]] double mean_at(std::size_t threshold, std::size_t area, std::size_t limit) const {
    return mean_over(area, limit, [threshold](const Cell& cell) { return cell.precision[threshold]; });
  }

  std::array<std::size_t, 4> limits_;
  Measure measure_;
  ObjectGroups groups_;
  std::vector<Match> matches_;                               // as groups_.found
  std::vector<std::array<std::size_t, coco_areas>> wanted_;  // of each group
  std::vector<PerCategory> categories_;
};

}  // namespace maskrcnn::evaluate
