/// The report as JSON.
#pragma once

#include <cmath>
#include <cstddef>
#include <maskrcnn/evaluate/dataset.hpp>
#include <maskrcnn/evaluate/report.hpp>
#include <maskrcnn/io/output_file.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "run_model.hpp"

namespace evaluation {

using Json = nlohmann::ordered_json;

[[nodiscard]] inline Json json_of(const maskrcnn::evaluate::CocoSummary& summary) {
  Json json;
  const auto values = summary.values();
  for (std::size_t i = 0; i < values.size(); ++i) json[maskrcnn::evaluate::coco_summary_names[i]] = values[i];
  return json;
}

[[nodiscard]] inline Json json_of(const maskrcnn::evaluate::KeypointSummary& summary) {
  Json json;
  const auto values = summary.values();
  for (std::size_t i = 0; i < values.size(); ++i) json[maskrcnn::evaluate::keypoint_summary_names[i]] = values[i];
  return json;
}

[[nodiscard]] inline Json json_of(const maskrcnn::evaluate::CategoryScore& score) {
  return {{"AP", score.ap}, {"AP50", score.ap50}, {"AP75", score.ap75}, {"AR", score.ar}};
}

[[nodiscard]] inline Json json_of(const maskrcnn::evaluate::CellScores& scores) {
  Json thresholds = Json::array();
  for (std::size_t i = 0; i < scores.all.size(); ++i) {
    const auto& counts = scores.all[i];
    thresholds.push_back({{"t", std::round(100 * maskrcnn::evaluate::coco_threshold(i)) / 100},
                          {"AP", counts.ap()},
                          {"TP", counts.right},
                          {"FP", counts.wrong},
                          {"FN", counts.missed},
                          {"mean_AP_of_images", scores.mean_image[i]}});
  }
  return {{"mean_AP", scores.mean_ap()}, {"mean_AP_of_images", scores.bowl_score()}, {"thresholds", thresholds}};
}

[[nodiscard]] inline Json json_of(const maskrcnn::evaluate::MeasureReport& measure,
                                  const maskrcnn::evaluate::Dataset& data) {
  Json categories = Json::array(), by_score = Json::array();
  for (std::size_t k = 0; k < data.categories.size(); ++k) {
    const auto& category = measure.categories[k];
    categories.push_back({{"id", Json::parse(data.categories[k].id.json())},
                          {"name", data.categories[k].name},
                          {"objects", category.truths},
                          {"found", category.found},
                          {"coco", json_of(category.coco)},
                          {"coco_at_limit", json_of(category.at_limit)}});
  }
  for (std::size_t i = 0; i < measure.cells_by_score.size(); ++i)
    by_score.push_back({{"score_threshold", static_cast<double>(i) / 20},
                        {"AP_0.5", measure.cells_by_score[i].all[0].ap()},
                        {"mean_AP", measure.cells_by_score[i].mean_ap()},
                        {"mean_AP_of_images", measure.cells_by_score[i].bowl_score()}});
  return {{"coco", json_of(measure.coco)},
          {"coco_at_limit", json_of(measure.at_limit)},
          {"categories", categories},
          {"cells", json_of(measure.cells)},
          {"cells_by_score", by_score}};
}

/// Writes all numbers.
/// @param run null if no model was run
/// @throws Error with the system's reason, if the file cannot be written
inline void write_json(const std::string& path, const maskrcnn::evaluate::Report& report,
                       const maskrcnn::evaluate::Dataset& data, const maskrcnn::evaluate::Findings& findings,
                       const ModelRun* run) {
  maskrcnn::io::OutputFile file(path, "report");
  Json json{{"data", data.name},
            {"images", data.images.size()},
            {"objects", report.truths},
            {"crowds", report.crowds},
            {"found", findings.objects.size()},
            {"limit", report.options.limit},
            {"score_threshold", report.options.score_threshold}};
  if (run != nullptr)
    json["model"] = {{"weights", run->weights},
                     {"architecture", run->architecture},
                     {"threads", run->threads},
                     {"seconds", run->seconds},
                     {"images_per_second", run->images_per_second()}};
  if (run != nullptr && run->losses.images > 0) {
    const maskrcnn::Losses mean = run->losses.mean();
    json["losses"] = {{"L_cls", mean.classification}, {"L_reg", mean.regression}};
    if (run->losses.with_masks > 0) json["losses"]["L_mask"] = mean.mask;
    json["losses"]["L"] = mean.total();
  }
  json["box"] = json_of(report.box, data);
  if (report.mask) json["mask"] = json_of(*report.mask, data);
  if (report.keypoints) json["keypoints"] = {{"coco", json_of(*report.keypoints)}};
  Json images = Json::array();
  for (const auto& image : report.images)
    images.push_back({{"file_name", data.images[image.image].file_name},
                      {"mean_AP", image.mean_ap},
                      {"TP", image.half.right},
                      {"FP", image.half.wrong},
                      {"FN", image.half.missed}});
  json["images_best_first"] = images;
  file.write(json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
  file.commit();
}

}  // namespace evaluation
