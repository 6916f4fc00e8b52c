/// What `torch.save` wrote before PyTorch 1.6, and still does on request: pickles one after the other, then the
/// storages.
#pragma once

#include <map>
#include <maskrcnn/weights/pickle.hpp>
#include <maskrcnn/weights/state_dict.hpp>
#include <maskrcnn/weights/torch_tensors.hpp>
#include <string>
#include <string_view>

namespace maskrcnn::inline MASKRCNN_FLAGS {

namespace torch_format {

/// The number that such a file begins with, 0x1950a86a20f9469cfc6c, as a pickle says it.
inline constexpr std::string_view legacy_magic = "\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19";

/// The storages behind the pickles: in the order of `keys`, the number of elements and the elements of each.
[[nodiscard]] inline NamedBytes legacy_storages(const pickle::Tree& tree, const pickle::Value& keys, ByteReader& in) {
  std::map<std::string_view, StorageId> ids;
  for (const auto& persistent : tree.persistents()) {
    const StorageId id = storage_id(tree, persistent);
    const auto [known, added] = ids.emplace(id.key, id);
    if (!added && (known->second.type->bytes != id.type->bytes || known->second.elements != id.elements))
      fail("weights: storage '", printable(id.key), "' is said to be of ", known->second.elements, " elements of ",
           known->second.type->bytes, " bytes and of ", id.elements, " of ", id.type->bytes, " (file ", tree.file(),
           ")");
  }
  if (!keys.is(pickle::Kind::list))
    fail("weights: expected a list of storages behind the pickle, found something else (file ", tree.file(), ")");
  NamedBytes storages;
  for (const auto& key : tree.items(keys)) {
    const auto id = ids.find(key.text());
    if (!key.is_string() || id == ids.end())
      fail("weights: the file has storage '", printable(key.text()), "', which no tensor is said to lie in (file ",
           tree.file(), ")");
    const auto elements = in.number<std::uint64_t>();
    if (elements != id->second.elements)
      fail("weights: storage '", printable(key.text()), "' has ", elements, " elements, expected ", id->second.elements,
           " (file ", tree.file(), ")");
    if (!storages.emplace(id->first, in.take(id->second.bytes())).second)
      fail("weights: storage '", printable(key.text()), "' appears twice (file ", tree.file(), ")");
  }
  return storages;
}

}  // namespace torch_format

/// Reads a PyTorch file of the old form: the magic number, the protocol, facts about the system, the object, the keys
/// of the storages, each a pickle; then the storages. Tensors stay in the file. Source: `_legacy_save` and
/// `_legacy_load` in torch/serialization.py (2.15).
/// @throws Error naming what is wrong, not allowed or not understood
[[nodiscard]] inline Weights read_torch_legacy(const WeightFile& file) {
  ByteReader in(file.bytes, "the PyTorch file", file.name);
  pickle::Tree tree(file.name);
  if (pickle::read(tree, in).text() != torch_format::legacy_magic)
    fail("weights: expected PyTorch's magic number, found something else (file ", file.name, ")");
  if (const auto version = pickle::read(tree, in).size(); version != 1001U)
    fail("weights: expected version 1001 of PyTorch's stream, found ", version.value_or(0), " (file ", file.name, ")");
  const auto little = tree.find(pickle::read(tree, in), "little_endian");
  if (!little || !little->is(pickle::Kind::boolean) || little->integer() == 0)
    fail("weights: expected little-endian numbers, found a file that does not say so (file ", file.name, ")");
  const pickle::Value root = pickle::read(tree, in), keys = pickle::read(tree, in);
  const auto storages = torch_format::legacy_storages(tree, keys, in);
  const auto memory = state_dict::memory_of(file);
  const torch_format::TensorReader reader(tree, storages, memory->copies);
  return state_dict::weights(tree, root, reader, {}, memory);
}

}  // namespace maskrcnn
