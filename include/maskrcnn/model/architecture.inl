// Bodies of architecture.hpp: what tells networks from each other.
#pragma once

#include <array>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/listed.hpp>
#include <maskrcnn/model/architecture.hpp>
#include <maskrcnn/weights/naming/foreign.hpp>
#include <maskrcnn/weights/naming/name_parts.hpp>
#include <maskrcnn/weights/naming/scheme.hpp>
#include <maskrcnn/weights/residual_network.hpp>
#include <maskrcnn/weights/weights.hpp>
#include <optional>
#include <set>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

namespace architectures {

inline const std::string body = "backbone.body.";

/// A residual network by its kind of block, its groups, and how many blocks its layers have. Widths are the weights':
/// they only tell those of one kind from each other.
struct Network {
  std::string_view name;
  bool bottleneck;
  std::array<int, 4> depths;
  std::size_t groups = 1, group_width = 0;
  bool wide = false;  ///< whether bottlenecks without groups have an expansion of 2
};

/// Of those that differ in `group_width` alone, the first is what other widths are called.
inline constexpr Network networks[] = {
    {.name = "resnet18", .bottleneck = false, .depths = {2, 2, 2, 2}},
    {.name = "resnet34", .bottleneck = false, .depths = {3, 4, 6, 3}},
    {.name = "resnet50", .bottleneck = true, .depths = {3, 4, 6, 3}},
    {.name = "resnet101", .bottleneck = true, .depths = {3, 4, 23, 3}},
    {.name = "resnet152", .bottleneck = true, .depths = {3, 8, 36, 3}},
    {.name = "wide_resnet50_2", .bottleneck = true, .depths = {3, 4, 6, 3}, .wide = true},
    {.name = "wide_resnet101_2", .bottleneck = true, .depths = {3, 4, 23, 3}, .wide = true},
    {.name = "resnext50_32x4d", .bottleneck = true, .depths = {3, 4, 6, 3}, .groups = 32, .group_width = 4},
    {.name = "resnext50_32x8d", .bottleneck = true, .depths = {3, 4, 6, 3}, .groups = 32, .group_width = 8},
    {.name = "resnext101_32x8d", .bottleneck = true, .depths = {3, 4, 23, 3}, .groups = 32, .group_width = 8},
    {.name = "resnext101_32x4d", .bottleneck = true, .depths = {3, 4, 23, 3}, .groups = 32, .group_width = 4},
    {.name = "resnext101_64x4d", .bottleneck = true, .depths = {3, 4, 23, 3}, .groups = 64, .group_width = 4},
    {.name = "resnext152_32x8d", .bottleneck = true, .depths = {3, 8, 36, 3}, .groups = 32, .group_width = 8},
};

/// What stands on a residual network, and the structures that it makes of either kind of block; empty: none.
struct Neck {
  std::string_view name, basic, bottleneck;
};

inline constexpr Neck necks[] = {
    {"fpn", "basic_fpn", "bottleneck_fpn"}, {"c4", "", "bottleneck_c4"}, {"dc5", "", "bottleneck_dc5"}};

inline constexpr std::string_view mobilenet = "mobilenet_v3_large_fpn";

/// A RegNet by the widths of its stages.
struct RegNetwork {
  std::string_view name;
  bool excited;  ///< whether it has squeeze and excitation: Y
  std::array<int, 4> depths, widths;
};

inline constexpr RegNetwork regnets[] = {
    {"regnet_x_400mf", false, {1, 2, 7, 12}, {32, 64, 160, 400}},
    {"regnet_x_800mf", false, {1, 3, 7, 5}, {64, 128, 288, 672}},
    {"regnet_x_1_6gf", false, {2, 4, 10, 2}, {72, 168, 408, 912}},
    {"regnet_x_3_2gf", false, {2, 6, 15, 2}, {96, 192, 432, 1008}},
    {"regnet_x_4gf", false, {2, 5, 14, 2}, {80, 240, 560, 1360}},
    {"regnet_x_8gf", false, {2, 5, 15, 1}, {80, 240, 720, 1920}},
    {"regnet_x_16gf", false, {2, 6, 13, 1}, {256, 512, 896, 2048}},
    {"regnet_x_32gf", false, {2, 7, 13, 1}, {336, 672, 1344, 2520}},
    {"regnet_y_400mf", true, {1, 3, 6, 6}, {48, 104, 208, 440}},
    {"regnet_y_800mf", true, {1, 3, 8, 2}, {64, 144, 320, 784}},
    {"regnet_y_1_6gf", true, {2, 6, 17, 2}, {48, 120, 336, 888}},
    {"regnet_y_3_2gf", true, {2, 5, 13, 1}, {72, 216, 576, 1512}},
    {"regnet_y_4gf", true, {2, 6, 12, 2}, {128, 192, 512, 1088}},
    {"regnet_y_8gf", true, {2, 4, 10, 1}, {224, 448, 896, 2016}},
    {"regnet_y_16gf", true, {2, 4, 11, 1}, {224, 448, 1232, 3024}},
    {"regnet_y_32gf", true, {2, 5, 12, 1}, {232, 696, 1392, 3712}},
    {"regnet_y_128gf", true, {2, 7, 17, 1}, {528, 1056, 2904, 7392}},
};

inline constexpr std::string_view regnet = "regnet_fpn";

/// The name of the RegNet of the tensors, "regnet_x" or "regnet_y" if it is of no usual size; nothing, if there is
/// none.
[[nodiscard]] inline std::optional<std::string_view> regnet_of(const Weights& weights) {
  const auto place = [](std::size_t stage, int block) {
    const std::string name = "block" + std::to_string(stage + 1);
    return body + "trunk_output." + name + "." + name + "-" + std::to_string(block) + ".f.";
  };
  if (weights.find(place(0, 0) + "a.0.weight") == nullptr) return std::nullopt;
  const bool excited = weights.find(place(0, 0) + "se.fc1.weight") != nullptr;
  std::array<int, 4> depths{}, widths{};
  for (std::size_t stage = 0; stage < 4; ++stage) {
    const StoredTensor* const last = weights.find(place(stage, 0) + "c.0.weight");
    if (last != nullptr && last->shape.size() == 4) widths[stage] = static_cast<int>(last->shape[0]);
    while (weights.find(place(stage, depths[stage]) + "a.0.weight") != nullptr) ++depths[stage];
  }
  for (const RegNetwork& known : regnets)
    if (known.excited == excited && known.depths == depths && known.widths == widths) return known.name;
  return excited ? "regnet_y" : "regnet_x";
}

/// Conventions that the tools are built with, each as often as there are architectures of it.
inline constexpr std::string_view conventions[] = {
#define MASKRCNN_ARCHITECTURE(structure, backbone, convention, heads) convention::name,
#include <maskrcnn/model/architectures.inc>
#undef MASKRCNN_ARCHITECTURE
};

[[nodiscard]] inline std::string_view known_convention(const Weights& weights) {
  const std::string found = convention_of(weights);
  for (const std::string_view known : conventions)
    if (found == known) return known;
  fail("weights: metadata 'convention' is '", found.substr(0, 80), "', expected one of ",
       listed(std::set(std::begin(conventions), std::end(conventions))), " (file ", weights.file(), ")");
}

[[nodiscard]] inline const Neck& neck_of(const Weights& weights) {
  if (weights.find("backbone.fpn.inner_blocks.0.0.weight") != nullptr) return necks[0];
  // the last layer works on every RoI in place of layers of the box head's own
  return weights.find("roi_heads.box_head.fc6.weight") == nullptr ? necks[1] : necks[2];
}

/// The residual network of the tensors. Every layer must have all of its blocks: what is missing at its end would not
/// be missed by a model that takes depths from the weights.
[[nodiscard]] inline const Network& network_of(const Weights& weights) {
  const auto found = residual_network_of(weights, body);
  if (!found)
    fail("weights: expected metadata 'architecture', or the tensors of a residual network ('", body,
         "layer1.0.conv1.weight'), of RegNet ('", body, "stem.0.weight') or of MobileNetV3 ('", body,
         "15.block.0.0.weight') by torchvision's, detectron2's, mmdetection's, maskrcnn-benchmark's or Detectron's "
         "names, found ",
         naming::described(weights.tensors()), "; known are ", supported_architectures(), " (file ", weights.file(),
         ")");
  const Network* best = nullptr;
  for (const Network& network : networks) {
    const bool wide = network.bottleneck && network.groups == 1 && found->expansion == 2;
    if (network.bottleneck != found->bottleneck || network.groups != found->groups || network.wide != wide ||
        network.depths != found->depths)
      continue;
    if (best == nullptr || network.group_width == found->group_width) best = &network;
  }
  if (best != nullptr) return *best;
  fail("weights: the tensors are of a residual network of ", found->bottleneck ? "bottleneck" : "basic",
       " blocks with ", found->groups, " group", found->groups == 1 ? "" : "s",
       ", so many in its layers: ", listed(found->depths), "; expected ", supported_architectures(), " (file ",
       weights.file(), ")");
}

[[nodiscard]] inline Heads heads_in(const Weights& weights) {
  const auto any_below = [&](const char* branch) { return naming::any_below(weights.tensors(), branch); };
  return {.masks = any_below("roi_heads.mask_") || any_below("roi_heads.cascade.0.mask_"),
          .keypoints = any_below("roi_heads.keypoint_"),
          .cascade = any_below("roi_heads.cascade.")};
}

[[nodiscard]] inline Architecture from_tensors(const Weights& weights) {
  Architecture architecture{
      .heads = heads_in(weights), .backbone = {}, .structure = {}, .convention = known_convention(weights)};
  if (weights.find(body + "15.block.0.0.weight") != nullptr) {
    architecture.backbone = architecture.structure = mobilenet;
    return architecture;
  }
  if (const auto name = regnet_of(weights)) {
    architecture.backbone = std::string(*name) + "_fpn";
    architecture.structure = regnet;
    return architecture;
  }
  const Network& network = network_of(weights);
  const Neck& neck = neck_of(weights);
  architecture.backbone = std::string(network.name) + "_" + std::string(neck.name);
  architecture.structure = network.bottleneck ? neck.bottleneck : neck.basic;
  return architecture;
}

/// The same by its name.
[[nodiscard]] inline Architecture from_metadata(const std::string& text, const Weights& weights) {
  std::string_view rest = text;
  const auto heads = heads_of(text);
  Architecture architecture{
      .heads = heads.value_or(Heads{}), .backbone = {}, .structure = {}, .convention = known_convention(weights)};
  // torchvision's second versions are the same structure, and its smaller MobileNet has other defaults only
  if (rest.ends_with("_v2")) rest.remove_suffix(3);
  if (heads) rest.remove_prefix(rest.find("_rcnn_") + 6);
  if (rest == "mobilenet_v3_large_320_fpn") rest = mobilenet;
  architecture.backbone = rest;
  if (rest == mobilenet) architecture.structure = mobilenet;
  if (rest.starts_with("regnet_") && rest.ends_with("_fpn")) {
    const auto found = regnet_of(weights);
    if (!found || rest != std::string(*found) + "_fpn")
      fail("weights: metadata 'architecture' is '", text.substr(0, 80), "', the tensors are of ",
           found ? "a " + std::string(*found) : "no RegNet", " (file ", weights.file(), ")");
    architecture.structure = regnet;
  }
  for (const Network& network : networks)
    for (const Neck& neck : necks)
      if (rest == std::string(network.name) + "_" + std::string(neck.name)) {
        architecture.structure = network.bottleneck ? neck.bottleneck : neck.basic;
        const auto found = residual_network_of(weights, body);
        if (found && found->depths != network.depths)
          fail("weights: metadata 'architecture' is '", text,
               "', whose layers have so many blocks: ", listed(network.depths), "; found ", listed(found->depths),
               " (file ", weights.file(), ")");
      }
  if (!heads || architecture.structure.empty())
    fail("weights: metadata 'architecture' is '", text.substr(0, 80), "', expected ", supported_architectures(),
         " (file ", weights.file(), ")");
  return architecture;
}

}  // namespace architectures

MASKRCNN_FUNCTION std::string supported_architectures() {
  std::vector<std::string_view> names;
  for (const architectures::Network& network : architectures::networks) names.push_back(network.name);
  std::vector<std::string> heads;
  for (const Heads& known : all_heads) heads.push_back(known.name());
  return listed(heads) + ", then _X with X one of " + std::string(architectures::mobilenet) +
         ", regnet_x_SIZE_fpn or regnet_y_SIZE_fpn with SIZE one of 400mf to 128gf, Y_fpn, Y_c4 or Y_dc5, Y one of " +
         listed(names);
}

MASKRCNN_FUNCTION Architecture architecture_of(const Weights& weights) {
  if (const auto text = weights.metadata("architecture")) return architectures::from_metadata(*text, weights);
  return architectures::from_tensors(weights);
}

}  // namespace maskrcnn
