/// Which model a weight file is of.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/heads.hpp>
#include <maskrcnn/weights/weights.hpp>
#include <string>
#include <string_view>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// The model of a weight file, and which line of architectures.inc runs it.
struct Architecture {
  Heads heads;
  std::string backbone;         ///< as in metadata: "resnet50_fpn", "resnet101_c4", "mobilenet_v3_large_fpn"
  std::string_view structure;   ///< as in architectures.inc
  std::string_view convention;  ///< "torchvision", "detectron2", ...

  /// As in metadata: "mask_rcnn_resnet50_fpn", "cascade_rcnn_resnet101_fpn".
  [[nodiscard]] std::string name() const { return heads.name() + "_" + backbone; }
};

/// From the metadata keys "architecture" and "convention" or, without them, from the tensors' names.
/// @throws Error naming what was found and what is supported
[[nodiscard]] Architecture architecture_of(const Weights& weights);

/// The architectures that can be recognised, for messages.
[[nodiscard]] std::string supported_architectures();

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/model/architecture.inl>
#endif
