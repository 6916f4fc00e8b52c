/// From the contents of a pickle to named tensors: where a checkpoint keeps its state dict, and the names in it.
#pragma once

#include <algorithm>
#include <array>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/weights/byte_reader.hpp>
#include <maskrcnn/weights/checkpoint_meta.hpp>
#include <maskrcnn/weights/naming/scheme.hpp>
#include <maskrcnn/weights/pickle_value.hpp>
#include <maskrcnn/weights/strided_view.hpp>
#include <maskrcnn/weights/torch_module.hpp>
#include <maskrcnn/weights/weight_file.hpp>
#include <maskrcnn/weights/weights.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::state_dict {

/// How the pickles of a format say tensors.
class TensorSource {
 public:
  TensorSource() = default;
  TensorSource(const TensorSource&) = delete;
  TensorSource& operator=(const TensorSource&) = delete;

  /// Whether a value of this name is looked at.
  [[nodiscard]] virtual bool wanted(std::string_view) const { return true; }
  /// Whether `value` is a tensor, right or wrong.
  [[nodiscard]] virtual bool is_tensor(const pickle::Value& value) const = 0;
  /// The tensor that `value` is; empty if it is something else.
  /// @throws Error if it is a tensor and wrong
  [[nodiscard]] virtual std::optional<StoredTensor> tensor_of(const pickle::Value& value,
                                                              const std::string& name) const = 0;

 protected:
  ~TensorSource() = default;
};

/// Names and values, from wherever a checkpoint keeps them.
struct Entries {
  using Named = std::vector<std::pair<std::string, pickle::Value>>;

  Named values{};
  FileMetadata metadata{};           ///< what a whole module, or the meta of a checkpoint, says besides
  std::vector<std::string> notes{};  ///< for people: what was chosen
};

/// What a dict is called under in training checkpoints. The first are what everybody calls it; the others may be
/// something else, so that a note says when one of them is taken: averaged weights, most of all, if there are no
/// others.
inline constexpr std::array<std::string_view, 4> usual_keys{"model", "state_dict", "model_state_dict", "blobs"};
inline constexpr std::array<std::string_view, 8> last_keys{"net",    "network", "weights",   "params",
                                                           "module", "ema",     "model_ema", "ema_state_dict"};

/// Whether a value can hold a state dict: a dict, or a whole module.
[[nodiscard]] inline bool holds_names(const pickle::Tree& tree, const pickle::Value& value) {
  return tree.mapping(value).is(pickle::Kind::dict) || torch_module::is_module(tree, value);
}

/// The value that maps names to tensors: `root`, or what it has under one of the keys, at most four levels down. The
/// last keys count only where there is no tensor beside them.
/// @param has_tensor tells of a mapping whether it has one
template <class HasTensor>
[[nodiscard]] pickle::Value find(const pickle::Tree& tree, const pickle::Value& root, const HasTensor& has_tensor,
                                 std::vector<std::string>& notes) {
  if (!holds_names(tree, root)) {
    const std::string_view callee = root.is(pickle::Kind::call) ? tree.items(root)[0].text() : "";
    fail(
        "weights: expected a state dict, or a dict with one under 'model', 'state_dict' or 'model_state_dict', found "
        "a pickle of ",
        callee.empty() ? "something else" : callee, " (file ", tree.file(), ")");
  }
  pickle::Value at = root;
  for (int level = 0; level < 4 && !torch_module::is_module(tree, at); ++level) {
    const auto key_in = [&](const auto& keys) {
      const auto found = std::find_if(keys.begin(), keys.end(), [&](std::string_view key) {
        const auto value = tree.find(at, key);
        return value && holds_names(tree, *value);
      });
      return found == keys.end() ? std::string_view() : *found;
    };
    std::string_view key = key_in(usual_keys);
    if (key.empty() && !has_tensor(at)) {
      key = key_in(last_keys);
      if (!key.empty())
        notes.push_back("the file has no state dict but under '" + std::string(key) + "', which was taken");
    }
    if (key.empty()) break;
    at = *tree.find(at, key);
  }
  return at;
}

/// The names that a state dict or a whole module in `root` has, with their values.
/// @throws Error if `root` is neither
[[nodiscard]] inline Entries entries(pickle::Tree& tree, const pickle::Value& root, const TensorSource& source) {
  Entries found;
  const auto has_tensor = [&](const pickle::Value& mapping) {
    const auto items = std::as_const(tree).items(std::as_const(tree).mapping(mapping));
    for (std::size_t i = 0; i + 1 < items.size(); i += 2)
      if (items[i].is_string() && source.wanted(items[i].text()) && source.is_tensor(items[i + 1])) return true;
    return false;
  };
  const pickle::Value at = find(tree, root, has_tensor, found.notes);
  checkpoint_meta::read(tree, root, found.metadata, found.notes);
  if (torch_module::is_module(tree, at)) {
    found.values = torch_module::named_values(tree, at);
    torch_module::read_facts(tree, at, found.metadata, found.notes);
    return found;
  }
  const auto items = std::as_const(tree).items(std::as_const(tree).mapping(at));
  for (std::size_t i = 0; i + 1 < items.size(); i += 2)
    if (items[i].is_string()) found.values.emplace_back(items[i].text(), items[i + 1]);
  return found;
}

/// Whether a name is one that layers give to what they are made of.
[[nodiscard]] inline bool is_layer_name(std::string_view name) {
  for (const std::string_view leaf : {".weight", ".bias", ".running_mean", ".running_var"})
    if (name.ends_with(leaf)) return true;
  return false;
}

/// What stands for a tensor that a model may have but nobody can read.
[[nodiscard]] inline StoredTensor unreadable(std::string type_name) {
  StoredTensor tensor;
  tensor.type_name = std::move(type_name);
  return tensor;
}

/// The weights that a pickle holds: the tensors of its state dict by name, other values passed over. Of an object of an
/// unknown class under the name of a layer's, the name stays, so that a model that asks for it says what it found.
/// @throws Error if there is no tensor, or one name is given twice
[[nodiscard]] inline Weights weights(pickle::Tree& tree, const pickle::Value& root, const TensorSource& source,
                                     FileMetadata metadata, std::shared_ptr<const void> owner) {
  constexpr std::size_t longest_name = 256;
  Entries all = entries(tree, root, source);
  NamedTensors tensors;
  bool any = false;
  for (const auto& [key, value] : all.values) {
    if (!source.wanted(key)) continue;
    auto tensor = source.tensor_of(value, printable(key));
    any = any || tensor;
    if (!tensor && value.is(pickle::Kind::call) && is_layer_name(key))
      tensor = unreadable("an object of " + printable(std::as_const(tree).items(value)[0].text()));
    if (!tensor) continue;
    const auto readable = [](char c) { return c >= ' ' && c <= '~'; };
    if (key.size() > longest_name || !std::all_of(key.begin(), key.end(), readable))
      fail("weights: expected names of at most ", longest_name, " printable characters, found '", printable(key),
           "' (file ", tree.file(), ")");
    if (!tensors.emplace(key, std::move(*tensor)).second)
      fail("weights: '", key, "' appears twice in the state dict (file ", tree.file(), ")");
  }
  if (!any) {
    std::string found, object;
    for (std::size_t i = 0; i < all.values.size() && i < 12; ++i) {
      found.append(i == 0 ? "" : ", ").append(printable(all.values[i].first));
      if (const auto& value = all.values[i].second; object.empty() && value.is(pickle::Kind::call))
        object = "; '" + printable(all.values[i].first) + "' is an object of " +
                 printable(std::as_const(tree).items(value)[0].text());
    }
    // what pickle.dump() makes of a state dict has its storages inside, each as a file of torch.save
    if (object.ends_with("torch._utils._rebuild_tensor_v2"))
      object = "; its tensors were written by Python's pickle and not by torch.save(), which can write them again";
    fail(
        "weights: expected a state dict, or one under 'model', 'state_dict' or 'model_state_dict', found no tensor, "
        "but the keys {",
        found, "}", object, " (file ", tree.file(), ")");
  }
  metadata.insert(all.metadata.begin(), all.metadata.end());
  return {tree.file(), std::move(tensors), std::move(metadata), std::move(owner), std::move(all.notes)};
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
