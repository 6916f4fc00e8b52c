/// What training scripts of the MM series (mmcv, mmengine) leave in a checkpoint beside its state dict: the
/// configuration that the model was built by, and the names of its classes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <maskrcnn/weights/naming/scheme.hpp>
#include <maskrcnn/weights/pickle_value.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::checkpoint_meta {

/// Keys of metadata under which naming schemes find it.
inline constexpr const char* config_key = "mmdetection_config";    ///< Python's text of the configuration
inline constexpr const char* classes_key = "mmdetection_classes";  ///< names, one a line

inline constexpr std::size_t longest_config = std::size_t{1} << 20U, longest_name = 100, most_names = 10000;

/// Whether class names are texts that a line can hold.
[[nodiscard]] inline bool are_names(std::span<const pickle::Value> values) {
  return !values.empty() && values.size() <= most_names &&
         std::all_of(values.begin(), values.end(), [](const pickle::Value& value) {
           const auto plain = [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != '\x7F'; };
           const std::string_view text = value.text();
           return value.is_string() && !text.empty() && text.size() <= longest_name &&
                  std::all_of(text.begin(), text.end(), plain);
         });
}

/// Adds what the `meta` of a checkpoint says: `config` (mmcv) or `cfg` (mmengine), a text; `CLASSES` or `dataset_meta`,
/// with `classes` or `CLASSES` in it. What is too long or no such thing is passed over, with a note.
/// @param root the dict that a checkpoint is
inline void read(const pickle::Tree& tree, const pickle::Value& root, FileMetadata& metadata,
                 std::vector<std::string>& notes) {
  const auto meta = tree.find(root, "meta");
  if (!meta) return;
  const auto first_of = [&tree](const pickle::Value& of, std::string_view one, std::string_view other) {
    const auto found = tree.find(of, one);
    return found ? found : tree.find(of, other);
  };
  if (const auto config = first_of(*meta, "config", "cfg"); config && config->is_string()) {
    if (config->text().size() <= longest_config)
      metadata.emplace(config_key, config->text());
    else
      notes.emplace_back("the configuration in the file's meta is longer than 1 MiB and was not read");
  }
  auto classes = tree.find(*meta, "CLASSES");
  if (const auto data = tree.find(*meta, "dataset_meta"); data && !classes)
    classes = first_of(*data, "classes", "CLASSES");
  if (!classes || classes->is(pickle::Kind::none)) return;
  // a tuple of one name without its comma is a text
  const auto names = classes->is_string() ? std::span(&*classes, 1) : tree.items(*classes);
  const bool listed = classes->is_string() || classes->is(pickle::Kind::tuple) || classes->is(pickle::Kind::list);
  if (!listed || !are_names(names)) {
    notes.emplace_back("the class names in the file's meta are no list of short texts and were not read");
    return;
  }
  std::string lines;
  for (const pickle::Value& name : names) lines.append(lines.empty() ? "" : "\n").append(name.text());
  metadata.emplace(classes_key, std::move(lines));
}

}  // namespace maskrcnn::checkpoint_meta
