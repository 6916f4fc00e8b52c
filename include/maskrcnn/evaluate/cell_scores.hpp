/// The score of cell segmentation: of all objects, found or true, which part was found right. Used by the 2018 Data
/// Science Bowl and by Schmidt et al., "Cell Detection with Star-convex Polygons" (2018).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/evaluate/coco_summary.hpp>
#include <maskrcnn/evaluate/dataset.hpp>
#include <maskrcnn/evaluate/object_groups.hpp>
#include <numeric>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// Objects found right (TP), found where there is none (FP), and missed (FN).
struct CellCounts {
  std::size_t right = 0, wrong = 0, missed = 0;

  /// TP / (TP + FP + FN); 1 where there is nothing and nothing was found.
  [[nodiscard]] double ap() const {
    const std::size_t all = right + wrong + missed;
    return all == 0 ? 1.0 : static_cast<double>(right) / static_cast<double>(all);
  }
  [[nodiscard]] double precision() const { return ratio(right, right + wrong); }
  [[nodiscard]] double recall() const { return ratio(right, right + missed); }

  CellCounts& operator+=(const CellCounts& other) {
    right += other.right;
    wrong += other.wrong;
    missed += other.missed;
    return *this;
  }
  friend bool operator==(const CellCounts&, const CellCounts&) = default;

 private:
  static double ratio(std::size_t part, std::size_t whole) {
    return whole == 0 ? 1.0 : static_cast<double>(part) / static_cast<double>(whole);
  }
};

/// Counts at the overlaps t = 0.50, 0.55 .. 0.95.
using CountsByOverlap = std::array<CellCounts, coco_thresholds>;

/// Mean of AP(t) over t.
[[nodiscard]] inline double mean_ap(const CountsByOverlap& counts) {
  double sum = 0;
  for (const CellCounts& at : counts) sum += at.ap();
  return sum / coco_thresholds;
}

/// Scores at the overlaps t = 0.50, 0.55 .. 0.95.
struct CellScores {
  CountsByOverlap all{};                             ///< counted over all images, as Schmidt et al. count
  std::array<double, coco_thresholds> mean_image{};  ///< the mean of the images' AP(t), as the Data Science Bowl has it

  /// Mean of AP(t) over t, counted over all images.
  [[nodiscard]] double mean_ap() const { return evaluate::mean_ap(all); }
  /// Mean over t of the images' mean: the score of the Data Science Bowl.
  [[nodiscard]] double bowl_score() const {
    return std::accumulate(mean_image.begin(), mean_image.end(), 0.0) / coco_thresholds;
  }
};

/// Compares predictions, which are the found objects of at least some score, with the truth: within each image and
/// category, pairs that overlap by at least t are taken in order of falling overlap (of equal ones the better scored
/// first), as long as neither of the two is taken. Predictions keep their masks, also where these overlap each other.
/// Crowds are not counted; predictions without a partner that a crowd covers by at least t are not counted either.
class CellComparison {
 public:
  CellComparison(const Dataset& data, const std::vector<Found>& objects, Measure measure)
      : images_(data.images.size()), groups_(data, objects, measure, coco_threshold(0)) {
    for (const std::size_t f : groups_.found) scores_.push_back(objects[f].score);
    for (const std::size_t t : groups_.truths) crowds_.push_back(data.truths[t].crowd ? 1 : 0);
    parallel_for(groups_.groups.size(), [&](std::size_t g) {
      std::stable_sort(groups_.pairs[g].begin(), groups_.pairs[g].end(),
                       [](const Pair& a, const Pair& b) { return a.overlap > b.overlap; });
    });
  }

  [[nodiscard]] CellScores at(double score) const { return over(each_image(score)); }

  /// The scores of images by their counts.
  [[nodiscard]] static CellScores over(const std::vector<CountsByOverlap>& images) {
    CellScores scores;
    for (std::size_t i = 0; i < coco_thresholds; ++i) {
      for (const auto& image : images) {
        scores.all[i] += image[i];
        scores.mean_image[i] += image[i].ap();
      }
      if (!images.empty()) scores.mean_image[i] /= static_cast<double>(images.size());
    }
    return scores;
  }

  /// The counts of each image at each overlap.
  [[nodiscard]] std::vector<CountsByOverlap> each_image(double score) const {
    std::vector<CountsByOverlap> images(images_);
    for (std::size_t g = 0; g < groups_.groups.size(); ++g)
      for (std::size_t i = 0; i < coco_thresholds; ++i)
        images[groups_.groups[g].image][i] += match(g, coco_threshold(i), score).counts;
    return images;
  }

  /// Which objects have a partner: 1 for those, in the order of the findings and of the data set.
  struct Partners {
    std::vector<char> found, truths;
  };
  [[nodiscard]] Partners partners(double threshold, double score) const {
    Partners all{std::vector<char>(groups_.found.size()), std::vector<char>(groups_.truths.size())};
    for (std::size_t g = 0; g < groups_.groups.size(); ++g) {
      const ObjectGroup& group = groups_.groups[g];
      const Matched matched = match(g, threshold, score);
      for (std::size_t f = 0; f < matched.found.size(); ++f)
        all.found[groups_.found[group.found_begin + f]] = matched.found[f];
      for (std::size_t t = 0; t < matched.truths.size(); ++t)
        all.truths[groups_.truths[group.truth_begin + t]] = matched.truths[t];
    }
    return all;
  }

 private:
  /// One image and category: counts, and for each object whether it has a partner, a crowd among them.
  struct Matched {
    CellCounts counts;
    std::vector<char> found, truths;
  };

  [[nodiscard]] Matched match(std::size_t g, double threshold, double score) const {
    const ObjectGroup& group = groups_.groups[g];
    // found objects are in order of falling score
    const auto begin = scores_.begin() + static_cast<std::ptrdiff_t>(group.found_begin);
    const auto end = scores_.begin() + static_cast<std::ptrdiff_t>(group.found_end);
    const auto predictions = static_cast<std::size_t>(
        std::partition_point(begin, end, [score](double its_score) { return its_score >= score; }) - begin);
    Matched matched{{}, std::vector<char>(predictions), std::vector<char>(group.truth_end - group.truth_begin)};
    CellCounts& counts = matched.counts;
    std::size_t truths = 0;
    for (std::size_t t = group.truth_begin; t < group.truth_end; ++t) truths += crowds_[t] != 0 ? 0 : 1;
    const auto for_each_free_pair = [&](bool crowds, const auto& use) {
      for (const Pair& pair : groups_.pairs[g]) {
        if (pair.overlap < threshold) break;
        if (pair.found < predictions && (crowds_[group.truth_begin + pair.truth] != 0) == crowds &&
            matched.found[pair.found] == 0)
          use(pair);
      }
    };
    for_each_free_pair(false, [&](const Pair& pair) {
      if (matched.truths[pair.truth] != 0) return;
      matched.truths[pair.truth] = matched.found[pair.found] = 1;
      ++counts.right;
    });
    std::size_t in_crowds = 0;
    for_each_free_pair(true, [&](const Pair& pair) {
      matched.found[pair.found] = 1;
      ++in_crowds;
    });
    counts.wrong = predictions - counts.right - in_crowds;
    counts.missed = truths - counts.right;
    return matched;
  }

  std::size_t images_;
  ObjectGroups groups_;
  std::vector<double> scores_;  // as groups_.found
  std::vector<char> crowds_;    // as groups_.truths
};

}  // namespace maskrcnn::evaluate
