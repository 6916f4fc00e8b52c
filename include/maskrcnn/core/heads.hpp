/// Heads: what models compute of each object besides its box, and how architectures are called after them.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Which heads a model has besides the one of its boxes, and whether that is a cascade of several.
struct Heads {
  bool masks = false, keypoints = false, cascade = false;

  /// As names of architectures begin: "mask_rcnn", "keypoint_rcnn", "mask_keypoint_rcnn"; "faster_rcnn" without any;
  /// "cascade_rcnn", "cascade_mask_rcnn".
  [[nodiscard]] std::string name() const {
    const std::string words =
        std::string(cascade ? "cascade_" : "") + (masks ? "mask_" : "") + (keypoints ? "keypoint_" : "");
    return (words.empty() ? "faster_" : words) + "rcnn";
  }
  /// What the type of such a model is called: "MaskRCNN".
  [[nodiscard]] std::string type_name() const {
    const std::string words =
        std::string(cascade ? "Cascade" : "") + (masks ? "Mask" : "") + (keypoints ? "Keypoint" : "");
    return (words.empty() ? "Faster" : words) + "RCNN";
  }

  /// Those of either.
  [[nodiscard]] constexpr Heads operator|(const Heads& other) const {
    return {
        .masks = masks || other.masks, .keypoints = keypoints || other.keypoints, .cascade = cascade || other.cascade};
  }
  friend constexpr bool operator==(const Heads&, const Heads&) = default;
};

inline constexpr Heads all_heads[] = {{},
                                      {.masks = true},
                                      {.keypoints = true},
                                      {.masks = true, .keypoints = true},
                                      {.cascade = true},
                                      {.masks = true, .cascade = true}};

/// The heads that the name of an architecture begins with; nothing, if it begins otherwise.
[[nodiscard]] inline std::optional<Heads> heads_of(std::string_view architecture) {
  for (const Heads& heads : all_heads)
    if (architecture.starts_with(heads.name() + "_")) return heads;
  return std::nullopt;
}

}  // namespace maskrcnn
