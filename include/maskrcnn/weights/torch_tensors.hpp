/// Tensors as PyTorch pickles them: a storage outside the pickle, and a call that says which part of it in which order.
#pragma once

#include <cstdint>
#include <maskrcnn/weights/byte_ranges.hpp>
#include <maskrcnn/weights/byte_reader.hpp>
#include <maskrcnn/weights/pickle_names.hpp>
#include <maskrcnn/weights/pickle_value.hpp>
#include <maskrcnn/weights/state_dict.hpp>
#include <maskrcnn/weights/strided_view.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::torch_format {

/// The name of a storage, as a persistent id says it: ('storage', type, key, location, number of elements[, view]).
struct StorageId {
  const pickle::TorchType* type = nullptr;
  std::string_view key;
  std::uint64_t elements = 0;

  /// All bytes of it; the largest integer if there are more.
  [[nodiscard]] std::uint64_t bytes() const {
    return elements > ~std::uint64_t{0} / type->bytes ? ~std::uint64_t{0} : elements * type->bytes;
  }
};

/// Empty, if the persistent id is not that of a storage of a known type.
[[nodiscard]] inline std::optional<StorageId> known_storage_id(const pickle::Tree& tree,
                                                               const pickle::Value& persistent) {
  const auto id = tree.items(tree.items(persistent)[0]);
  const pickle::TorchType* type = nullptr;
  if (id.size() >= 5 && id[1].is(pickle::Kind::global))
    for (const auto& known : pickle::torch_types)
      if (known.storage == id[1].text()) type = &known;
  if (type == nullptr || !id[0].is_string() || id[0].text() != "storage" || !id[2].is_string() || !id[4].size())
    return std::nullopt;
  return StorageId{type, id[2].text(), *id[4].size()};
}

/// @throws Error if the persistent id is not that of a storage of a known type
[[nodiscard]] inline StorageId storage_id(const pickle::Tree& tree, const pickle::Value& persistent) {
  if (const auto known = known_storage_id(tree, persistent)) return *known;
  const auto id = tree.items(tree.items(persistent)[0]);
  fail("weights: expected ('storage', type, key, location, elements) outside the pickle, found ",
       id.size() > 1 && id[1].is(pickle::Kind::global) ? "a storage of type " + std::string(id[1].text())
                                                       : "something else",
       " (file ", tree.file(), ")");
}

/// Reads tensors of one pickle.
class TensorReader final : public state_dict::TensorSource {
 public:
  /// All three must outlive the reader.
  TensorReader(const pickle::Tree& tree, const NamedBytes& storages, TensorCopies& copies)
      : tree_(&tree), storages_(&storages), copies_(&copies) {}

  [[nodiscard]] bool is_tensor(const pickle::Value& value) const override {
    if (!value.is(pickle::Kind::call)) return false;
    const std::string_view callee = tree_->items(value)[0].text();
    return callee.starts_with("torch._utils._rebuild_") || callee == "torch._tensor._rebuild_from_type_v2";
  }

  [[nodiscard]] std::optional<StoredTensor> tensor_of(const pickle::Value& value,
                                                      const std::string& name) const override {
    if (!value.is(pickle::Kind::call)) return std::nullopt;
    std::string_view callee = tree_->items(value)[0].text();
    auto arguments = tree_->arguments(value);
    for (int wrapped = 0; wrapped < 4; ++wrapped) {
      if (callee == "torch._tensor._rebuild_from_type_v2") {  // (callee, type, arguments, state)
        if (arguments.size() < 3 || !arguments[0].is(pickle::Kind::global)) refuse(name);
        callee = arguments[0].text();
        arguments = tree_->items(arguments[2]);
      } else if (callee.starts_with("torch._utils._rebuild_parameter")) {  // (tensor, requires_grad, hooks)
        if (arguments.empty() || !arguments[0].is(pickle::Kind::call)) refuse(name);
        callee = tree_->items(arguments[0])[0].text();
        arguments = tree_->arguments(arguments[0]);
      }
    }
    if (!callee.starts_with("torch._utils._rebuild_tensor")) return std::nullopt;
    return tensor(arguments, callee == "torch._utils._rebuild_tensor_v3", name);
  }

 private:
  using Values = std::span<const pickle::Value>;

  [[noreturn]] void refuse(const std::string& name) const {
    fail("weights: '", name, "' expects (storage, offset, sizes, strides), found something else (file ", tree_->file(),
         ")");
  }

  /// `_rebuild_tensor`: storage, offset, sizes, strides; `_v2` has requires_grad, hooks and metadata behind them, `_v3`
  /// an element type before the metadata.
  [[nodiscard]] StoredTensor tensor(Values arguments, bool typed, const std::string& name) const {
    if (arguments.size() < 4 || !arguments[0].is(pickle::Kind::persistent) || !arguments[1].size()) refuse(name);
    const pickle::TorchType* type = storage_id(*tree_, arguments[0]).type;
    if (typed) type = arguments.size() > 6 ? type_of(arguments[6]) : nullptr;
    if (type == nullptr) refuse(name);
    const std::size_t metadata = typed ? 7 : 6;
    const bool plain = arguments.size() <= metadata || tree_->items(arguments[metadata]).empty();
    // metadata says that numbers are to be conjugated or negated: present, but not to be read as they are
    StridedView view{.type = plain ? type->type : DType::other,
                     .type_name = plain ? (type->dtype.empty() ? type->storage : type->dtype) : "conjugated or negated",
                     .storage = storage(arguments[0], name),
                     .offset = *arguments[1].size(),
                     .sizes = integers(arguments[2], name),
                     .strides = integers(arguments[3], name)};
    if (view.sizes.size() != view.strides.size()) refuse(name);
    return view.stored(name, *copies_);
  }

  [[nodiscard]] static const pickle::TorchType* type_of(const pickle::Value& value) {
    for (const auto& known : pickle::torch_types)
      if (value.is(pickle::Kind::global) && known.dtype == value.text()) return &known;
    return nullptr;
  }

  /// The bytes of a storage, or of the part that old files call a view of it: (key, offset, elements).
  [[nodiscard]] std::span<const std::byte> storage(const pickle::Value& persistent, const std::string& name) const {
    const StorageId id = storage_id(*tree_, persistent);
    const auto found = storages_->find(id.key);
    if (found == storages_->end())
      fail("weights: '", name, "' lies in storage '", printable(id.key), "', which the file does not have (file ",
           tree_->file(), ")");
    const auto parts = tree_->items(tree_->items(persistent)[0]);
    const auto view = parts.size() > 5 ? tree_->items(parts[5]) : Values();
    if (view.empty()) return found->second;
    if (view.size() != 3 || !view[1].size() || !view[2].size()) refuse(name);
    const std::uint64_t elements = found->second.size() / id.type->bytes, offset = *view[1].size(),
                        count = *view[2].size();
    if (offset > elements || count > elements - offset)
      fail("weights: '", name, "' lies in elements ", offset, " to ", offset, " + ", count, " of a storage of ",
           elements, " (file ", tree_->file(), ")");
    return found->second.subspan(static_cast<std::size_t>(offset) * id.type->bytes,
                                 static_cast<std::size_t>(count) * id.type->bytes);
  }

  [[nodiscard]] std::vector<std::uint64_t> integers(const pickle::Value& tuple, const std::string& name) const {
    std::vector<std::uint64_t> integers;
    const auto items = tree_->items(tuple);
    if (!tuple.is(pickle::Kind::tuple) || items.size() > StridedView::max_rank) refuse(name);
    for (const auto& item : items) integers.push_back(item.size() ? *item.size() : (refuse(name), 0));
    return integers;
  }

  const pickle::Tree* tree_;
  const NamedBytes* storages_;
  TensorCopies* copies_;
};

}  // namespace maskrcnn::torch_format
