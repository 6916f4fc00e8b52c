/// Epsilon of batch norms: what the file tells, else what the authors of such networks build them with.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <maskrcnn/weights/weights.hpp>
#include <string>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Whether a backbone is ResNet-50 with a feature pyramid, of any width: neither ResNeXt-50 nor Wide ResNet-50, which
/// have as many blocks.
/// @param backbone the place of `body` and `fpn`, with a trailing dot
[[nodiscard]] bool is_resnet50_fpn(const Weights& weights, const std::string& backbone);

/// A configuration as a model uses it: checked, and with an epsilon. If it has none, the file's metadata decide, then
/// the counters of trained norms (1e-5), then the convention, which has one epsilon for frozen norms of ResNet-50 with
/// FPN and one for those of all others.
/// @param backbone the place of `body` and `fpn`, with a trailing dot
/// @throws Error if a value makes no sense
template <Convention C>
[[nodiscard]] ModelConfig resolved(ModelConfig config, const Weights& weights,
                                   const std::string& backbone = "backbone.") {
  if (!config.batch_norm_epsilon) config.batch_norm_epsilon = told_batch_norm_epsilon(weights);
  if (!config.batch_norm_epsilon)
    config.batch_norm_epsilon =
        is_resnet50_fpn(weights, backbone) ? C::frozen_batch_norm_epsilon_resnet50_fpn : C::frozen_batch_norm_epsilon;
  config.validate("model configuration");
  return config;
}

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/weights/batch_norm_epsilon.inl>
#endif
