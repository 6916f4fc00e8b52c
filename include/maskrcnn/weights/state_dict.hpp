/// From the contents of a pickle to named tensors: where a checkpoint keeps its state dict, and the names in it.
#pragma once

#include <algorithm>
#include <array>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/weights/byte_reader.hpp>
#include <maskrcnn/weights/naming/scheme.hpp>
#include <maskrcnn/weights/pickle_value.hpp>
#include <maskrcnn/weights/strided_view.hpp>
#include <maskrcnn/weights/weight_file.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS::state_dict {

/// The dict that maps names to tensors: `root`, or what it has under `model`, `state_dict` or `model_state_dict` as
/// training checkpoints do, or under `blobs` as Caffe2's files do; in this order, and at most four levels down.
/// @throws Error if `root` is no dict
[[nodiscard]] inline pickle::Value find(const pickle::Tree& tree, const pickle::Value& root) {
  constexpr std::array<std::string_view, 4> keys{"model", "state_dict", "model_state_dict", "blobs"};
  if (!root.is(pickle::Kind::dict))
    fail(
        "weights: expected a state dict, or a dict with one under 'model', 'state_dict' or 'model_state_dict', found "
        "a pickle of something else (file ",
        tree.file(), ")");
  pickle::Value dict = root;
  for (int level = 0; level < 4; ++level) {
    std::optional<pickle::Value> below;
    for (const std::string_view key : keys)
      if (const auto value = tree.find(dict, key); !below && value && value->is(pickle::Kind::dict)) below = value;
    if (!below) break;
    dict = *below;
  }
  return dict;
}

/// How the pickles of a format say tensors.
class TensorSource {
 public:
  TensorSource() = default;
  TensorSource(const TensorSource&) = delete;
  TensorSource& operator=(const TensorSource&) = delete;

  /// Whether a value of this name is looked at.
  [[nodiscard]] virtual bool wanted(std::string_view) const { return true; }
  /// The tensor that `value` is; empty if it is something else.
  /// @throws Error if it is a tensor and wrong
  [[nodiscard]] virtual std::optional<StoredTensor> tensor_of(const pickle::Value& value,
                                                              const std::string& name) const = 0;

 protected:
  ~TensorSource() = default;
};

/// The tensors of the state dict in `root` by name; other values are passed over. `module.`, which `DataParallel` puts
/// before every name, is removed if every name has it.
/// @throws Error if there is no tensor, or one name is given twice
[[nodiscard]] inline NamedTensors tensors(const pickle::Tree& tree, const pickle::Value& root,
                                          const TensorSource& source) {
  constexpr std::string_view prefix = "module.";
  constexpr std::size_t longest_name = 256;
  const auto items = tree.items(find(tree, root));
  NamedTensors tensors;
  bool all_prefixed = true;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    const std::string_view key = items[i].text();
    if (!items[i].is_string() || !source.wanted(key)) continue;
    auto tensor = source.tensor_of(items[i + 1], printable(key));
    if (!tensor) continue;
    const auto readable = [](char c) { return c >= ' ' && c <= '~'; };
    if (key.size() > longest_name || !std::all_of(key.begin(), key.end(), readable))
      fail("weights: expected names of at most ", longest_name, " printable characters, found '", printable(key),
           "' (file ", tree.file(), ")");
    all_prefixed = all_prefixed && key.starts_with(prefix);
    if (!tensors.emplace(key, std::move(*tensor)).second)
      fail("weights: '", key, "' appears twice in the state dict (file ", tree.file(), ")");
  }
  if (tensors.empty()) {
    std::string found;
    for (std::size_t i = 0; i + 1 < items.size() && i < 12; i += 2)
      if (items[i].is_string()) found.append(found.empty() ? "" : ", ").append(printable(items[i].text()));
    fail(
        "weights: expected a state dict, or one under 'model', 'state_dict' or 'model_state_dict', found no tensor, "
        "but the keys {",
        found, "} (file ", tree.file(), ")");
  }
  if (!all_prefixed) return tensors;
  NamedTensors renamed;
  for (auto& [name, tensor] : tensors) renamed.emplace(name.substr(prefix.size()), std::move(tensor));
  return renamed;
}

/// What tensors of a pickle point into: the file, and the copies of those that it does not hold in order.
struct Memory {
  std::shared_ptr<const void> file;
  TensorCopies copies;
};

[[nodiscard]] inline std::shared_ptr<Memory> memory_of(const WeightFile& file) {
  return std::make_shared<Memory>(Memory{file.owner, TensorCopies(file.bytes.size(), file.name)});
}

}  // namespace maskrcnn::state_dict
