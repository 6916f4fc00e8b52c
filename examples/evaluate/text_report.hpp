/// The report on standard output.
#pragma once

#include <cstdio>
#include <maskrcnn/core/number_text.hpp>
#include <maskrcnn/evaluate/dataset.hpp>
#include <maskrcnn/evaluate/image_losses.hpp>
#include <maskrcnn/evaluate/report.hpp>
#include <string>

#include "report.hpp"

namespace evaluation {

/// "0.512", or "-" where there is nothing to find.
[[nodiscard]] inline std::string score_text(double score) {
  if (score < 0) return "-";
  char text[16];
  (void)std::snprintf(text, sizeof text, "%.3f", score);
  return text;
}

/// COCO's twelve numbers; with `limit` above 100 also what they are when so many objects are looked at.
inline void print_coco(const maskrcnn::evaluate::Report& report) {
  using maskrcnn::evaluate::coco_summary_names;
  const bool both = report.options.limit != 100;
  const std::string limit = std::to_string(report.options.limit);
  const auto pair = [&](const maskrcnn::evaluate::MeasureReport& measure, std::size_t i) {
    std::printf("  %9s", score_text(measure.coco.values()[i]).c_str());
    if (both) std::printf("  %9s", score_text(measure.at_limit.values()[i]).c_str());
  };
  std::printf("\nCOCO's numbers, with the best 100%s objects of an image and category:\n  %-10s",
              both ? (", and the best " + limit).c_str() : "", "");
  for (const char* const name : {"box", "mask"})
    if (report.mask || name[0] == 'b') {
      std::printf("  %9s", both ? (std::string(name) + " 100").c_str() : name);
      if (both) std::printf("  %9s", (std::string(name) + " " + limit).c_str());
    }
  std::printf("\n");
  for (std::size_t i = 0; i < coco_summary_names.size(); ++i) {
    std::printf("  %-10s", coco_summary_names[i]);
    pair(report.box, i);
    if (report.mask) pair(*report.mask, i);
    std::printf("\n");
  }
}

/// COCO's ten numbers of keypoints, if there are any.
inline void print_keypoints(const maskrcnn::evaluate::Report& report) {
  if (!report.keypoints) return;
  std::printf("\nCOCO's numbers for keypoints (OKS), with the best %zu objects of an image and category:\n",
              maskrcnn::evaluate::coco_keypoint_limit);
  const auto values = report.keypoints->values();
  for (std::size_t i = 0; i < values.size(); ++i)
    std::printf("  %-10s  %9s\n", maskrcnn::evaluate::keypoint_summary_names[i], score_text(values[i]).c_str());
}

/// A line for each category that has objects or was found.
inline void print_categories(const maskrcnn::evaluate::Report& report, const maskrcnn::evaluate::Dataset& data) {
  std::printf("\nEach category, with the best %zu objects of an image:\n  %-24s  %7s  %7s  %6s %6s %6s %6s",
              report.options.limit, "", "objects", "found", "box AP", "AP50", "AP75", "AR");
  if (report.mask) std::printf("  %7s %6s %6s %6s", "mask AP", "AP50", "AP75", "AR");
  std::printf("\n");
  for (std::size_t k = 0; k < data.categories.size(); ++k) {
    const auto& box = report.box.categories[k];
    if (box.truths + box.found == 0) continue;
    const auto scores = [](const maskrcnn::evaluate::CategoryScore& score, int first) {
      std::printf("  %*s %6s %6s %6s", first, score_text(score.ap).c_str(), score_text(score.ap50).c_str(),
                  score_text(score.ap75).c_str(), score_text(score.ar).c_str());
    };
    std::printf("  %-24.24s  %7zu  %7zu", segment::printable(data.categories[k].name).c_str(), box.truths, box.found);
    scores(box.at_limit, 6);
    if (report.mask) scores(report.mask->categories[k].at_limit, 7);
    std::printf("\n");
  }
}

/// "L_cls 0.1841 + L_reg 0.2633 + L_mask 0.2539 = L 0.7012"; without L_mask if no image has masks.
[[nodiscard]] inline std::string losses_text(const maskrcnn::evaluate::ImageLosses& losses) {
  using maskrcnn::decimals;
  const maskrcnn::Losses mean = losses.mean();
  std::string text = "L_cls " + decimals(mean.classification, 4) + " + L_reg " + decimals(mean.regression, 4);
  if (losses.with_masks > 0) text += " + L_mask " + decimals(mean.mask, 4);
  return text + " = L " + decimals(mean.total(), 4);
}

inline void print_losses(const maskrcnn::evaluate::ImageLosses& losses) {
  if (losses.images > 0) std::printf("\nMean losses on RoIs chosen as in training: %s\n", losses_text(losses).c_str());
}

/// AP(t) of cell segmentation.
inline void print_cells(const maskrcnn::evaluate::Report& report) {
  const auto& cells = report.best_measure().cells;
  std::printf(
      "\nAP(t) = TP / (TP + FP + FN) of %s that score at least %.2f, each matched to one true object of an overlap\n"
      "of at least t, the largest overlaps first:\n  %-22s",
      report.mask ? "masks" : "boxes", report.options.score_threshold, "t");
  for (std::size_t i = 0; i < maskrcnn::evaluate::coco_thresholds; ++i)
    std::printf("  %5.2f", maskrcnn::evaluate::coco_threshold(i));
  std::printf("   mean\n  %-22s", "over all images");
  for (const auto& counts : cells.all) std::printf("  %5.3f", counts.ap());
  std::printf("  %5.3f\n  %-22s", cells.mean_ap(), "mean of the images'");
  for (const double score : cells.mean_image) std::printf("  %5.3f", score);
  std::printf("  %5.3f\n", cells.bowl_score());
  for (const auto& [name, value] : {std::pair{"TP", &maskrcnn::evaluate::CellCounts::right},
                                    std::pair{"FP", &maskrcnn::evaluate::CellCounts::wrong},
                                    std::pair{"FN", &maskrcnn::evaluate::CellCounts::missed}}) {
    std::printf("  %-22s", name);
    for (const auto& counts : cells.all) std::printf("  %5zu", counts.*value);
    std::printf("\n");
  }
}

}  // namespace evaluation
