#include "pipeline.hpp"

#include <algorithm>
#include <array>
#include <maskrcnn/backbone.hpp>
#include <maskrcnn/core/error.hpp>
#include <string_view>

namespace segment {

// defined in the translation units of the architectures
template <maskrcnn::Backbone B>
std::unique_ptr<Pipeline> make_pipeline(bool masks, const maskrcnn::Weights& weights,
                                        const maskrcnn::ModelConfig& config);

namespace {

struct Entry {
  std::string_view backbone;
  using Make = std::unique_ptr<Pipeline>(bool, const maskrcnn::Weights&, const maskrcnn::ModelConfig&);
  Make *fp32, *bf16;
};

template <maskrcnn::Backbone B>
constexpr Entry entry_of(std::string_view backbone) {
  return {backbone, &make_pipeline<B>, &make_pipeline<maskrcnn::Bf16<B>>};
}

constexpr Entry entries[] = {
#define MASKRCNN_ARCHITECTURE(name, type) entry_of<type>(#name),
#include "architectures.inc"
#undef MASKRCNN_ARCHITECTURE
};

std::string supported() {
  std::string names;
  for (const Entry& entry : entries) names += (names.empty() ? "" : ", ") + std::string(entry.backbone);
  return "mask_rcnn_X_fpn or faster_rcnn_X_fpn with X one of " + names;
}

Architecture from_metadata(const std::string& text, const std::string& file) {
  std::string_view rest = text;
  Architecture architecture{.masks = rest.starts_with("mask_rcnn_"), .backbone = {}};
  const bool known_head = architecture.masks || rest.starts_with("faster_rcnn_");
  // torchvision's second versions are the same structure, and its smaller MobileNet has other defaults only
  if (rest.ends_with("_v2")) rest.remove_suffix(3);
  if (known_head && rest.ends_with("_fpn")) {
    rest.remove_prefix(rest.find("_rcnn_") + 6);
    rest.remove_suffix(std::min<std::size_t>(rest.size(), 4));
    if (rest == "mobilenet_v3_large_320") rest.remove_suffix(4);
    architecture.backbone = rest;
  }
  const auto matches = [&](const Entry& entry) { return entry.backbone == architecture.backbone; };
  if (std::none_of(std::begin(entries), std::end(entries), matches))
    maskrcnn::fail("weights: metadata 'architecture' is '", text.substr(0, 80), "', expected ", supported(), " (file ",
                   file, ")");
  return architecture;
}

Architecture from_tensors(const maskrcnn::Weights& weights) {
  const std::string body = "backbone.body.", mask_branch = "roi_heads.mask_";
  const auto first = weights.tensors().lower_bound(mask_branch);  // tensors are sorted by name
  const bool masks = first != weights.tensors().end() && first->first.starts_with(mask_branch);
  if (weights.find(body + "15.block.0.0.weight") != nullptr) return {.masks = masks, .backbone = "mobilenet_v3_large"};
  if (weights.find(body + "layer1.0.conv1.weight") == nullptr)
    maskrcnn::fail("weights: found neither metadata 'architecture' nor a tensor '", body, "layer1.0.conv1.weight' or '",
                   body, "15.block.0.0.weight', expected ", supported(), ", with torchvision's names (file ",
                   weights.file(), ")");
  const bool bottleneck = weights.find(body + "layer1.0.conv3.weight") != nullptr;
  int blocks = 0;
  while (weights.find(body + "layer3." + std::to_string(blocks) + ".conv1.weight") != nullptr) ++blocks;

  struct Depth {
    bool bottleneck;
    int blocks;
    std::string_view backbone;
  };
  constexpr std::array<Depth, 4> depths{
      {{false, 2, "resnet18"}, {false, 6, "resnet34"}, {true, 6, "resnet50"}, {true, 23, "resnet101"}}};
  for (const Depth& depth : depths)
    if (depth.bottleneck == bottleneck && depth.blocks == blocks)
      return {.masks = masks, .backbone = std::string(depth.backbone)};
  maskrcnn::fail("weights: the tensors are of a residual network with ", blocks, bottleneck ? " bottleneck" : " basic",
                 " blocks in layer3, expected ", supported(), " (file ", weights.file(), ")");
}

}  // namespace

std::optional<Precision> precision_named(std::string_view name) {
  if (name == "fp32") return Precision::fp32;
  if (name == "bf16") return Precision::bf16;
  return std::nullopt;
}

Architecture architecture_of(const maskrcnn::Weights& weights) {
  if (const auto convention = weights.metadata("convention"); convention && *convention != "torchvision")
    maskrcnn::fail("weights: metadata 'convention' is '", convention->substr(0, 80), "', expected torchvision (file ",
                   weights.file(), ")");
  if (const auto text = weights.metadata("architecture")) return from_metadata(*text, weights.file());
  return from_tensors(weights);
}

std::unique_ptr<Pipeline> make_pipeline(const Architecture& architecture, const maskrcnn::Weights& weights,
                                        const maskrcnn::ModelConfig& config, Precision precision) {
  for (const Entry& entry : entries)
    if (entry.backbone == architecture.backbone)
      return (precision == Precision::bf16 ? entry.bf16 : entry.fp32)(architecture.masks, weights, config);
  maskrcnn::fail("weights: ", architecture.name(), " is not compiled in, expected ", supported());
}

}  // namespace segment
