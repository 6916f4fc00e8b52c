// Bodies of batch_norm_epsilon.hpp.
#pragma once

#include <array>
#include <maskrcnn/weights/batch_norm_epsilon.hpp>
#include <maskrcnn/weights/residual_network.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

MASKRCNN_FUNCTION bool is_resnet50_fpn(const Weights& weights, const std::string& backbone) {
  const auto network = residual_network_of(weights, backbone + "body.");
  return network && network->bottleneck && network->groups == 1 && network->expansion == 4 &&
         network->depths == std::array{3, 4, 6, 3} && weights.find(backbone + "fpn.inner_blocks.0.0.weight") != nullptr;
}

}  // namespace maskrcnn
