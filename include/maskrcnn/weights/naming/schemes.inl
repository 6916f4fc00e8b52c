// Bodies of scheme.hpp: the list of naming schemes, and with it the schemes themselves.
#pragma once

#include <array>
#include <maskrcnn/weights/naming/detectron.inl>
#include <maskrcnn/weights/naming/detectron2.inl>
#include <maskrcnn/weights/naming/maskrcnn_benchmark.inl>
#include <maskrcnn/weights/naming/mmdetection.inl>
#include <maskrcnn/weights/naming/scheme.hpp>
#include <maskrcnn/weights/naming/torchvision.inl>
#include <maskrcnn/weights/weights.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

MASKRCNN_FUNCTION std::span<const NamingScheme> naming_schemes() {
  static constexpr std::array schemes{
      naming::torchvision::scheme, naming::maskrcnn_benchmark::scheme, naming::detectron2::scheme,
      naming::mmdetection::scheme, naming::detectron::scheme,
  };
  return schemes;
}

MASKRCNN_FUNCTION const NamingScheme& naming_of(const NamedTensors& tensors, const FileMetadata& metadata) {
  for (const NamingScheme& scheme : naming_schemes())
    if (scheme.recognise(tensors, metadata)) return scheme;
  return naming_schemes().front();
}

MASKRCNN_FUNCTION std::string convention_of(const Weights& weights) {
  return weights.metadata("convention").value_or(weights.naming().convention);
}

MASKRCNN_FUNCTION const NamingScheme& family_of(const Weights& weights) {
  const std::string convention = convention_of(weights);
  if (convention == weights.naming().convention) return weights.naming();
  for (const NamingScheme& scheme : naming_schemes())
    if (convention == scheme.convention) return scheme;
  return naming_schemes().front();
}

MASKRCNN_FUNCTION Labels labels_of(const Weights& weights) {
  const StoredTensor* scores = weights.find("roi_heads.box_predictor.cls_score.bias");
  if (scores == nullptr) scores = weights.find("roi_heads.cascade.0.box_predictor.cls_score.bias");
  return {.classes = scores == nullptr ? 0 : scores->count(), .background = family_of(weights).background};
}

}  // namespace maskrcnn
