/// Which residual network tensors are of: told by their names and shapes, whatever the widths.
#pragma once

#include <array>
#include <cstddef>
#include <maskrcnn/weights/weights.hpp>
#include <optional>
#include <string>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// The structure of a residual network, as its first block and the numbers of its blocks have it.
struct ResidualNetwork {
  bool bottleneck = false;      ///< 1 x 1, 3 x 3, 1 x 1 convolutions to a block, not two of 3 x 3
  std::size_t groups = 1;       ///< of 3 x 3 convolutions; more than one in ResNeXt
  std::size_t group_width = 0;  ///< channels of a group in the first layer
  /// Outputs of a bottleneck for each channel within (ResNet: 4, Wide ResNet: 2); 0, if that is no whole number.
  std::size_t expansion = 0;
  std::array<int, 4> depths{};  ///< blocks of each layer
};

/// @param body where the network is, with a trailing dot: "backbone.body."
/// @return nothing, if there is no residual network
[[nodiscard]] inline std::optional<ResidualNetwork> residual_network_of(const Weights& weights,
                                                                        const std::string& body) {
  const auto kernel = [&](const char* name) -> const StoredTensor* {
    const StoredTensor* const tensor = weights.find(body + "layer1.0." + name + ".weight");
    return tensor != nullptr && tensor->shape.size() == 4 && tensor->count() > 0 ? tensor : nullptr;
  };
  const StoredTensor *const first = kernel("conv1"), *const second = kernel("conv2"), *const third = kernel("conv3");
  if (first == nullptr || second == nullptr) return std::nullopt;
  ResidualNetwork network{
      .bottleneck = third != nullptr, .groups = first->shape[0] / second->shape[1], .group_width = second->shape[1]};
  if (third != nullptr && third->shape[0] % second->shape[0] == 0)
    network.expansion = third->shape[0] / second->shape[0];
  for (std::size_t layer = 0; layer < network.depths.size(); ++layer) {
    const std::string place = body + "layer" + std::to_string(layer + 1) + ".";
    int& depth = network.depths[layer];
    while (weights.find(place + std::to_string(depth) + ".conv1.weight") != nullptr) ++depth;
  }
  return network;
}

}  // namespace maskrcnn
