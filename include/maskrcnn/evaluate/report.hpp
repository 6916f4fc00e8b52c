/// Everything that is said about a model on a data set, as numbers; text, JSON and HTML only write them down.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <maskrcnn/evaluate/cell_scores.hpp>
#include <maskrcnn/evaluate/coco_evaluation.hpp>
#include <maskrcnn/evaluate/dataset.hpp>
#include <optional>
#include <string>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

struct ReportOptions {
  std::size_t limit = 100;       ///< found objects per image and category, besides COCO's 100
  double score_threshold = 0.5;  ///< what counts as a prediction for the cell scores
};

/// One category.
struct CategoryReport {
  std::size_t truths = 0;  ///< crowds not among them
  std::size_t found = 0;
  CategoryScore coco, at_limit;
};

/// What boxes or masks score.
struct MeasureReport {
  CocoSummary coco;      ///< with COCO's limit of 100 found objects
  CocoSummary at_limit;  ///< with the limit that was asked for
  std::vector<CategoryReport> categories;
  std::array<PrecisionCurve, coco_thresholds> curves{};  ///< mean over categories, with the limit that was asked for

  CellScores cells;  ///< of what scores at least `ReportOptions::score_threshold`
  /// The same counts at every score from 0 to 1 in steps of 0.05.
  std::vector<CellScores> cells_by_score;

  /// Found objects by score, in bins of 0.05: those that fit a true one by one half, and those that do not.
  std::array<std::size_t, 20> right_by_score{}, wrong_by_score{};
};

/// How a single image came out.
struct ImageReport {
  std::size_t image = 0;
  CellCounts half;     ///< at an overlap of one half
  double mean_ap = 0;  ///< mean of AP(t)
};

struct Report {
  ReportOptions options;
  std::size_t crowds = 0, truths = 0;  ///< true objects that are crowds, and the others
  MeasureReport box;
  std::optional<MeasureReport> mask;  ///< nothing if the truth or the findings have no masks
  /// By COCO's similarity of keypoints and its limit of 20; nothing if the truth or the findings have none.
  std::optional<KeypointSummary> keypoints;
  std::vector<ImageReport> images;  ///< those with something to find or found, best first

  /// By masks, if there are any.
  [[nodiscard]] const MeasureReport& best_measure() const { return mask ? *mask : box; }
};

namespace report {

[[nodiscard]] inline MeasureReport measure(const Dataset& data, const std::vector<Found>& objects, Measure measure,
                                           const ReportOptions& options, std::vector<ImageReport>& images) {
  MeasureReport result;
  const CocoEvaluation coco(data, objects, measure, options.limit);
  result.coco = coco.summary(false);
  result.at_limit = coco.summary(true);
  result.categories.resize(data.categories.size());
  for (std::size_t k = 0; k < data.categories.size(); ++k) {
    result.categories[k].coco = coco.category(k, false);
    result.categories[k].at_limit = coco.category(k, true);
  }
  for (const Truth& truth : data.truths) result.categories[truth.category].truths += truth.crowd ? 0 : 1;
  for (const Found& found : objects) ++result.categories[found.category].found;
  for (std::size_t i = 0; i < coco_thresholds; ++i) result.curves[i] = coco.mean_curve(i);

  const std::vector<Outcome> outcomes = coco.outcomes(0);
  for (std::size_t f = 0; f < objects.size(); ++f) {
    if (outcomes[f] == Outcome::ignored) continue;
    const double bins = static_cast<double>(result.right_by_score.size());
    const auto bin = static_cast<std::size_t>(std::clamp(objects[f].score * bins, 0.0, bins - 1));
    ++(outcomes[f] == Outcome::right ? result.right_by_score : result.wrong_by_score)[bin];
  }

  const CellComparison cells(data, objects, measure);
  const auto counts = cells.each_image(options.score_threshold);
  result.cells = CellComparison::over(counts);
  for (int step = 0; step <= 20; ++step) result.cells_by_score.push_back(cells.at(0.05 * step));

  images.clear();
  for (std::size_t p = 0; p < counts.size(); ++p) {
    const CellCounts& half = counts[p][0];
    if (half.right + half.wrong + half.missed == 0) continue;
    images.push_back({.image = p, .half = half, .mean_ap = mean_ap(counts[p])});
  }
  std::stable_sort(images.begin(), images.end(),
                   [](const ImageReport& a, const ImageReport& b) { return a.mean_ap > b.mean_ap; });
  return result;
}

}  // namespace report

/// Compares findings with the truth in every way that is reported.
[[nodiscard]] inline Report make_report(const Dataset& data, const Findings& findings,
                                        const ReportOptions& options = {}) {
  Report result;
  result.options = options;
  for (const Truth& truth : data.truths) ++(truth.crowd ? result.crowds : result.truths);
  result.box = report::measure(data, findings.objects, Measure::box, options, result.images);
  if (data.has_masks && findings.has_masks)
    result.mask = report::measure(data, findings.objects, Measure::mask, options, result.images);
  if (data.has_keypoints && findings.has_keypoints)
    result.keypoints =
        CocoEvaluation(data, findings.objects, Measure::keypoints, coco_keypoint_limit).keypoint_summary();
  return result;
}

/// The largest number of found objects in one image and category.
[[nodiscard]] inline std::size_t most_in_one_group(const Findings& findings) {
  std::vector<std::pair<std::size_t, std::size_t>> places;
  for (const Found& found : findings.objects) places.emplace_back(found.image, found.category);
  std::sort(places.begin(), places.end());
  std::size_t most = 0;
  for (std::size_t i = 0, begin = 0; i < places.size(); ++i) {
    if (places[i] != places[begin]) begin = i;
    most = std::max(most, i + 1 - begin);
  }
  return most;
}

}  // namespace maskrcnn::evaluate
