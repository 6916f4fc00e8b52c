/// The keypoints of COCO's people: their names, and what joins them.
#pragma once

#include <array>
#include <cstddef>
#include <maskrcnn/core/compiled.hpp>
#include <string>
#include <string_view>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// In the order of COCO's annotations and of models trained on them.
inline constexpr std::array<std::string_view, 17> coco_keypoint_names{
    "nose",           "left_eye",   "right_eye",   "left_ear",   "right_ear",   "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip",
    "right_hip",      "left_knee",  "right_knee",  "left_ankle", "right_ankle"};

/// Parts of the body that COCO's skeleton is drawn in colours of.
enum class BodyPart : std::size_t { head, torso, left_arm, right_arm, left_leg, right_leg };

/// What joins two keypoints.
struct Limb {
  std::size_t from, to;  ///< positions in `coco_keypoint_names`
  BodyPart part;
};

/// The `skeleton` of COCO's category "person".
inline constexpr std::array<Limb, 19> coco_skeleton{{
    {15, 13, BodyPart::left_leg},  {13, 11, BodyPart::left_leg}, {16, 14, BodyPart::right_leg},
    {14, 12, BodyPart::right_leg}, {11, 12, BodyPart::torso},    {5, 11, BodyPart::torso},
    {6, 12, BodyPart::torso},      {5, 6, BodyPart::torso},      {5, 7, BodyPart::left_arm},
    {6, 8, BodyPart::right_arm},   {7, 9, BodyPart::left_arm},   {8, 10, BodyPart::right_arm},
    {1, 2, BodyPart::head},        {0, 1, BodyPart::head},       {0, 2, BodyPart::head},
    {1, 3, BodyPart::head},        {2, 4, BodyPart::head},       {3, 5, BodyPart::head},
    {4, 6, BodyPart::head},
}};

/// The name of keypoint number `index` of `count`: COCO's if there are as many, else its number.
[[nodiscard]] inline std::string keypoint_name(std::size_t index, std::size_t count) {
  return count == coco_keypoint_names.size() && index < count ? std::string(coco_keypoint_names[index])
                                                              : std::to_string(index);
}

}  // namespace maskrcnn
