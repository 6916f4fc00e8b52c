/// Networks that this library has no scheme for, by the names of their tensors: to say whose a file looks like.
#pragma once

#include <array>
#include <maskrcnn/weights/naming/scheme.hpp>
#include <string>
#include <string_view>

namespace maskrcnn::inline MASKRCNN_FLAGS::naming {

/// What some name of a file has in it, and whose such files are.
struct ForeignNames {
  std::string_view part, whose;
};

/// The first that fits counts: what is rarer stands first.
inline constexpr std::array<ForeignNames, 15> foreign_names{{
    {"kps_score", "a keypoint R-CNN's of Detectron"},
    {"roi_head.bbox_head.", "mmdetection's, of a network without a part that proposes regions"},
    {"bbox_head.fc_cls.", "mmdetection's of before version 2"},
    {"head.classification_head.", "torchvision's RetinaNet's"},
    {"head.cls_subnet.", "detectron2's RetinaNet's"},
    {"class_embed.", "a DETR's"},
    {"transformer.encoder.", "a DETR's"},
    {"image_encoder.", "Segment Anything's"},
    {"model.0.conv.", "a YOLO's"},
    {"patch_embed.", "a vision transformer's"},
    {"vision_model.", "a vision transformer's"},
    {"mrcnn_", "Mask R-CNN's of Keras"},
    {"bbox_head.", "a one-stage detector's of mmdetection"},
    {"fc.weight", "an image classifier's, without a detector"},
    {"classifier.", "an image classifier's, without a detector"},
}};

/// "; the first is 'conv1.weight', the names look like ...": what a file has instead of a model's tensors.
[[nodiscard]] inline std::string described(const NamedTensors& tensors) {
  if (tensors.empty()) return "no tensor";
  std::string text =
      "'" + tensors.begin()->first.substr(0, 80) + "' and " + std::to_string(tensors.size() - 1) + " others";
  for (const auto& [part, whose] : foreign_names)
    for (const auto& [name, tensor] : tensors)
      if (name.find(part) != std::string::npos) return text + ", which look like " + std::string(whose);
  return text;
}

}  // namespace maskrcnn::naming
