/// Whole modules, as `torch.save(model)` pickles them: objects of somebody's classes, whose attributes hold the tensors
/// and, other than a state dict, all that a model was built with. Nothing of those classes is needed or run.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/weights/byte_reader.hpp>
#include <maskrcnn/weights/naming/scheme.hpp>
#include <maskrcnn/weights/pickle_value.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::torch_module {

using pickle::Kind, pickle::Tree, pickle::Value;

/// Whether `value` is an object with a module's attributes.
[[nodiscard]] inline bool is_module(const Tree& tree, const Value& value) {
  const Value attributes = tree.attributes(value);
  for (const char* const name : {"_modules", "_parameters", "_buffers"})
    if (!tree.find(attributes, name)) return false;
  return true;
}

/// The class of a module, for messages and to know whose it is.
[[nodiscard]] inline std::string_view class_of(const Tree& tree, const Value& module) {
  return tree.items(module)[0].text();
}

/// The attribute of a module below another: `{"rpn", "nms_thresh"}`. Its submodules are attributes, too.
[[nodiscard]] inline std::optional<Value> attribute(const Tree& tree, Value module,
                                                    std::initializer_list<std::string_view> path) {
  std::optional<Value> found;
  for (const std::string_view name : path) {
    const Value attributes = tree.attributes(module);
    found = tree.find(attributes, name);
    if (!found)
      if (const auto modules = tree.find(attributes, "_modules")) found = tree.find(*modules, name);
    if (!found) return std::nullopt;
    module = *found;
  }
  return found;
}

/// Calls `visit(name, module)` for a module and all below it, with names as a state dict has them ("rpn.head.").
/// Modules that lie in each other, or in many places, are bounded by what the tree may spend.
/// @throws Error if there are too many
template <class Visit>
void for_each_module(Tree& tree, const Value& root, const Visit& visit) {
  constexpr std::size_t deepest = 64;
  std::vector<std::pair<std::string, Value>> waiting{{"", root}};
  while (!waiting.empty()) {
    const auto [name, module] = waiting.back();
    waiting.pop_back();
    const Tree& held = tree;
    visit(name, module);
    const auto below = held.find(held.attributes(module), "_modules");
    const auto items = held.items(held.mapping(below.value_or(Value())));
    tree.spend(1 + items.size());
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      if (!items[i].is_string() || !is_module(held, items[i + 1])) continue;
      const std::string longer = name + std::string(items[i].text()) + ".";
      if (longer.size() > 256 || static_cast<std::size_t>(std::count(longer.begin(), longer.end(), '.')) > deepest)
        fail("weights: the modules of the file lie deeper in each other than any network's, at '", printable(longer),
             "' (file ", tree.file(), ")");
      waiting.emplace_back(longer, items[i + 1]);
    }
  }
}

/// What the state dict of a module would hold: parameters and buffers by name, but for the buffers that it leaves out.
/// @throws Error if there are too many
[[nodiscard]] inline std::vector<std::pair<std::string, Value>> named_values(Tree& tree, const Value& root) {
  std::vector<std::pair<std::string, Value>> values;
  for_each_module(tree, root, [&](const std::string& name, const Value& module) {
    const Tree& held = tree;
    const Value attributes = held.attributes(module);
    std::set<std::string_view> left_out;
    if (auto set = held.find(attributes, "_non_persistent_buffers_set")) {
      if (set->is(Kind::call) && !held.arguments(*set).empty()) set = held.arguments(*set)[0];  // set([...])
      for (const Value& item : held.items(*set)) left_out.insert(item.text());
    }
    for (const char* const kind : {"_parameters", "_buffers"}) {
      const auto items = held.items(held.mapping(held.find(attributes, kind).value_or(Value())));
      tree.spend(items.size());
      for (std::size_t i = 0; i + 1 < items.size(); i += 2)
        if (items[i].is_string() && !items[i + 1].is(Kind::none) &&
            (kind != std::string_view("_buffers") || !left_out.contains(items[i].text())))
          values.emplace_back(name + std::string(items[i].text()), items[i + 1]);
    }
  });
  return values;
}

/// A number, or a list of values, as the JSON text that metadata have; empty, if it is something else.
[[nodiscard]] inline std::string json_of(const Tree& tree, const Value& value, int depth = 0) {
  if (value.is(Kind::boolean)) return value.integer() != 0 ? "true" : "false";
  if (value.is(Kind::integer)) return std::to_string(value.integer());
  if (const auto real = value.real()) {
    std::array<char, 32> text{};
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), *real).ptr};
  }
  if ((!value.is(Kind::tuple) && !value.is(Kind::list)) || depth == 3 || tree.items(value).size() > 1000) return "";
  std::string list;
  for (const Value& item : tree.items(value)) {
    const std::string text = json_of(tree, item, depth + 1);
    if (text.empty()) return "";
    list.append(list.empty() ? "[" : ",").append(text);
  }
  return list.empty() ? "[]" : list + "]";
}

/// An attribute of all modules of a kind, as JSON text; empty, if there are none.
/// @param of   whether a module is of the kind
/// @param what for messages: "batch norms of one epsilon"
/// @throws Error if they differ
template <class Of>
[[nodiscard]] std::string common_attribute(Tree& tree, const Value& root, const char* attribute_name, const Of& of,
                                           const char* what) {
  std::string common;
  for_each_module(tree, root, [&](const std::string& name, const Value& module) {
    const auto value = attribute(tree, module, {attribute_name});
    if (!value || !of(module)) return;
    const std::string found = json_of(tree, *value);
    if (!common.empty() && found != common)
      fail("weights: expected ", what, ", found ", common, " and, in '", printable(name), "', ", found, " (file ",
           tree.file(), ")");
    common = found;
  });
  return common;
}

/// What the norms of a module are built with, as metadata.
/// @throws Error if it is not the same for all
inline void read_norms(Tree& tree, const Value& root, FileMetadata& metadata) {
  const auto is_batch_norm = [&](const Value& module) {
    const auto buffers = attribute(tree, module, {"_buffers"});
    return buffers && std::as_const(tree).find(*buffers, "running_var").has_value();
  };
  const auto is_group_norm = [&](const Value& module) { return attribute(tree, module, {"num_groups"}).has_value(); };
  const std::string epsilon = common_attribute(tree, root, "eps", is_batch_norm, "batch norms of one epsilon");
  if (!epsilon.empty()) metadata["batch_norm_eps"] = epsilon;
  const std::string groups =
      common_attribute(tree, root, "num_groups", is_group_norm, "group norms of one number of groups");
  if (!groups.empty()) metadata["group_norm_groups"] = groups;
  const std::string of_groups = common_attribute(tree, root, "eps", is_group_norm, "group norms of one epsilon");
  if (!of_groups.empty() && of_groups != "1e-05")
    fail("weights: expected group norms of an epsilon of 1e-05, found ", of_groups, " (file ", tree.file(), ")");
}

/// What a whole module says of its model, as metadata: of torchvision's detectors, all that they were built with; of
/// others nothing, with a note that says so.
/// @throws Error if a detector of torchvision's was built with what this library computes in one way only
inline void read_facts(Tree& tree, const Value& whole, FileMetadata& metadata, std::vector<std::string>& notes) {
  const std::string name = printable(class_of(tree, whole));
  std::optional<Value> detector;  // it may lie in a wrapper
  for_each_module(tree, whole, [&](const std::string&, const Value& module) {
    if (!detector && attribute(tree, module, {"transform", "min_size"}) &&
        attribute(tree, module, {"rpn", "nms_thresh"}) && attribute(tree, module, {"roi_heads", "nms_thresh"}))
      detector = module;
  });
  const Value root = detector.value_or(whole);
  if (!detector) {
    notes.push_back("the file is a whole " + name +
                    ", of which only the tensors are read: sizes, thresholds and anchors are those of its family");
    return;
  }
  const auto say = [&](const char* key, std::initializer_list<std::string_view> path) {
    if (const auto value = attribute(tree, root, path))
      if (const std::string text = json_of(tree, *value); !text.empty()) metadata[key] = text;
  };
  // one number where there may be several: the last of the sizes that training chooses from, the side of a square
  const auto say_last = [&](const char* key, std::initializer_list<std::string_view> path) {
    const auto value = attribute(tree, root, path);
    if (!value) return;
    const auto items = std::as_const(tree).items(*value);
    metadata[key] = json_of(tree, items.empty() ? *value : items.back());
  };
  const auto say_of_testing = [&](const char* key, std::string_view attribute_name) {
    if (const auto value = attribute(tree, root, {"rpn", attribute_name}))
      if (const auto testing = std::as_const(tree).find(*value, "testing")) metadata[key] = json_of(tree, *testing);
  };
  const auto expect = [&](std::initializer_list<std::string_view> path, const char* expected) {
    const auto value = attribute(tree, root, path);
    const std::string found = value ? json_of(tree, *value) : expected;
    std::string place;
    for (const std::string_view part : path) place.append(place.empty() ? "" : ".").append(part);
    if (found != expected && !value->is(Kind::none))
      fail("weights: expected ", place, " of ", expected, ", found ", found, ", in the whole ", name, " (file ",
           tree.file(), ")");
  };
  say_last("min_size", {"transform", "min_size"});
  say("max_size", {"transform", "max_size"});
  say("image_mean", {"transform", "image_mean"});
  say("image_std", {"transform", "image_std"});
  expect({"transform", "size_divisible"}, "32");
  say("anchor_sizes", {"rpn", "anchor_generator", "sizes"});
  say("anchor_aspect_ratios", {"rpn", "anchor_generator", "aspect_ratios"});
  say_of_testing("rpn_pre_nms_top_n", "_pre_nms_top_n");
  say_of_testing("rpn_post_nms_top_n", "_post_nms_top_n");
  say("rpn_nms_thresh", {"rpn", "nms_thresh"});
  say("rpn_score_thresh", {"rpn", "score_thresh"});
  expect({"rpn", "min_size"}, "0.001");
  expect({"rpn", "box_coder", "weights"}, "[1,1,1,1]");
  say("box_score_thresh", {"roi_heads", "score_thresh"});
  say("box_nms_thresh", {"roi_heads", "nms_thresh"});
  say("box_detections_per_img", {"roi_heads", "detections_per_img"});
  expect({"roi_heads", "box_coder", "weights"}, "[10,10,5,5]");
  for (const auto& [pool, size, samples] :
       {std::array<const char*, 3>{"box_roi_pool", "box_pool_size", "box_sampling_ratio"},
        std::array<const char*, 3>{"mask_roi_pool", "mask_pool_size", "mask_sampling_ratio"},
        std::array<const char*, 3>{"keypoint_roi_pool", "keypoint_pool_size", "keypoint_sampling_ratio"}}) {
    say_last(size, {"roi_heads", pool, "output_size"});
    say_last(samples, {"roi_heads", pool, "sampling_ratio"});
    expect({"roi_heads", pool, "canonical_scale"}, "224");
    expect({"roi_heads", pool, "canonical_level"}, "4");
  }
  read_norms(tree, root, metadata);
}

}  // namespace maskrcnn::torch_module
