// ModelConfig::from: the defaults of a file's family, what its metadata change of them, and names for its classes.
#pragma once

#include <maskrcnn/core/labels.hpp>
#include <maskrcnn/weights/coco_classes.hpp>
#include <maskrcnn/weights/coco_keypoints.hpp>
#include <maskrcnn/weights/metadata_value.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <maskrcnn/weights/weights.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

MASKRCNN_FUNCTION std::optional<double> told_batch_norm_epsilon(const Weights& weights) {
  std::optional<double> epsilon;
  metadata_value::read(weights.metadata(), weights.file(), "batch_norm_eps", epsilon);
  for (const auto& [name, tensor] : weights.tensors())
    if (!epsilon && name.ends_with(".num_batches_tracked")) epsilon = 1e-5;
  return epsilon;
}

namespace model_config {

/// A line about norms that are taken for group norms; nothing, if there are none or the file says their groups.
[[nodiscard]] inline std::optional<std::string> note_of_norms(const Weights& weights, const ModelConfig& config) {
  const std::string backbone = "backbone.";
  std::size_t count = 0;
  std::string first;
  for (const auto& [name, tensor] : weights.tensors()) {
    if (!name.ends_with(".weight") || tensor.shape.size() != 1) continue;
    const std::string place = name.substr(0, name.size() - 6);  // with its dot
    if (weights.find(place + "running_mean") != nullptr || weights.find(place + "bias") == nullptr ||
        (config.norms_without_statistics.value_or(false) && place.starts_with(backbone)))
      continue;
    if (count++ == 0) first = place.substr(0, place.size() - 1);
  }
  if (count == 0 || config.group_norm_groups) return std::nullopt;
  return std::to_string(count) + " norms without running statistics, the first '" + first +
         "', are taken for group norms of 32 groups";
}

}  // namespace model_config

MASKRCNN_FUNCTION ModelConfig ModelConfig::from(const Weights& weights) {
  const NamingScheme& family = family_of(weights);
  ModelConfig config = family.defaults(weights);
  config.notes.insert(config.notes.begin(), weights.notes().begin(), weights.notes().end());
  for_each_fact(config, [&](const char* key, auto& fact) {
    metadata_value::read(weights.metadata(), weights.file(), key, fact);
  });
  if (!config.batch_norm_epsilon) config.batch_norm_epsilon = told_batch_norm_epsilon(weights);
  if (const auto note = model_config::note_of_norms(weights, config)) config.notes.push_back(*note);
  const Labels labels = labels_of(weights);
  if (const auto& coco = family.coco_names(); config.class_names.empty() && coco.size() == labels.names())
    config.class_names = coco;
  // people only, if they have COCO's joints
  const StoredTensor* const keypoints = weights.find("roi_heads.keypoint_predictor.kps_score_lowres.bias");
  if (config.class_names.empty() && labels.objects() == 1 && keypoints != nullptr &&
      keypoints->count() == coco_keypoint_names.size())
    config.class_names = labels.begin() > 0 ? coco_person_with_background() : coco_person_alone();
  config.validate("file " + weights.file());
  return config;
}

}  // namespace maskrcnn
