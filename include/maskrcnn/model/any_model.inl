// Bodies of any_model.hpp: the list of architectures, and with it, header-only, all of them.
#pragma once

#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/listed.hpp>
#include <maskrcnn/model/any_model.hpp>
#include <maskrcnn/model/any_model_of.hpp>
#include <maskrcnn/weights/load_weights.hpp>
#include <string_view>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

namespace any_model {

struct Entry {
  std::string_view structure, convention, heads;
  std::unique_ptr<const AnyModel::Implementation> (*make)(const Architecture&, const Weights&, const ModelConfig&,
                                                          const ModelOptions&);
};

#ifdef MASKRCNN_COMPILED
}  // namespace any_model

// units of their own
#define MASKRCNN_ARCHITECTURE(structure, backbone, convention, heads)                                             \
  extern template std::unique_ptr<const AnyModel::Implementation> make_any_##heads##_model<backbone, convention>( \
      const Architecture&, const Weights&, const ModelConfig&, const ModelOptions&);
#include <maskrcnn/model/architectures.inc>
#undef MASKRCNN_ARCHITECTURE

namespace any_model {
#endif

inline constexpr Entry entries[] = {
#define MASKRCNN_ARCHITECTURE(structure, backbone, convention, heads) \
  {#structure, convention::name, #heads, &make_any_##heads##_model<backbone, convention>},
#include <maskrcnn/model/architectures.inc>
#undef MASKRCNN_ARCHITECTURE
};

[[nodiscard]] inline std::unique_ptr<const AnyModel::Implementation> make(const Weights& weights,
                                                                          const ModelConfig& config,
                                                                          const ModelOptions& options) {
  const Architecture architecture = architecture_of(weights);
  for (const Entry& entry : entries)
    if (entry.structure == architecture.structure && entry.convention == architecture.convention)
      if (auto model = entry.make(architecture, weights, config, options)) return model;
  std::vector<std::string> known;
  for (const Entry& entry : entries) {
    const bool usual = entry.heads == "mask";  // boxes, and masks where there are any
    known.push_back(std::string(entry.structure) + " by " + std::string(entry.convention) +
                    (usual ? "" : " with a " + std::string(entry.heads) + " head"));
  }
  fail("weights: ", architecture.name(), " (", architecture.structure, ") by the convention of ",
       architecture.convention, " is not compiled in, expected one of ", listed(known), " (file ", weights.file(), ")");
}

}  // namespace any_model

MASKRCNN_FUNCTION AnyModel::AnyModel(const Weights& weights, const ModelOptions& options)
    : AnyModel(weights, ModelConfig::from(weights), options) {}

MASKRCNN_FUNCTION AnyModel::AnyModel(const Weights& weights, const ModelConfig& config, const ModelOptions& options)
    : implementation_(any_model::make(weights, config, options)) {}

MASKRCNN_FUNCTION AnyDetections AnyModel::operator()(const ImageView& image, Profile* profile) const {
  return implementation_->detect(image, profile);
}

MASKRCNN_FUNCTION const Architecture& AnyModel::architecture() const { return implementation_->architecture; }

MASKRCNN_FUNCTION const ModelConfig& AnyModel::config() const { return implementation_->config(); }

MASKRCNN_FUNCTION Precision AnyModel::precision() const { return implementation_->options.precision; }

MASKRCNN_FUNCTION bool AnyModel::has_masks() const { return implementation_->architecture.heads.masks; }

MASKRCNN_FUNCTION bool AnyModel::has_keypoints() const { return implementation_->architecture.heads.keypoints; }

MASKRCNN_FUNCTION const KeypointRule& AnyModel::keypoint_rule() const { return implementation_->keypoint_rule(); }

MASKRCNN_FUNCTION void AnyModel::trim() const { implementation_->trim(); }

MASKRCNN_FUNCTION std::unique_ptr<const AnyInspection> AnyModel::inspect(const ImageView& image) const {
  return implementation_->inspect(image);
}

MASKRCNN_FUNCTION AnyModel load_model(const std::string& path, const ModelOptions& options) {
  return AnyModel(load_weights(path), options);
}

}  // namespace maskrcnn
