/// What `torch.save` writes since PyTorch 1.6: a zip archive of one pickle and one entry for each storage.
#pragma once

#include <maskrcnn/weights/pickle.hpp>
#include <maskrcnn/weights/state_dict.hpp>
#include <maskrcnn/weights/torch_tensors.hpp>
#include <maskrcnn/weights/zip_archive.hpp>
#include <string>
#include <string_view>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Reads a PyTorch file of the zip form: `NAME/data.pkl`, `NAME/byteorder`, `NAME/data/KEY`. Tensors stay in the file.
/// Source: `_save` and `_load` in torch/serialization.py (2.15).
/// @throws Error naming what is wrong, not allowed or not understood
[[nodiscard]] inline Weights read_torch_zip(const WeightFile& file) {
  const ZipArchive archive(file);
  const std::string_view pickle_name = "/data.pkl";
  std::string folder;
  std::string inside;
  bool program = false;
  for (const std::string_view name : archive.names()) {
    if (name.ends_with(pickle_name) && name.find('/') == name.size() - pickle_name.size())
      folder = name.substr(0, name.size() - pickle_name.size() + 1);
    if (name.ends_with("/constants.pkl") || name.ends_with("/archive_format")) program = true;
    if (inside.size() < 120) inside.append(inside.empty() ? "" : ", ").append(printable(name));
  }
  if (program)
    fail(
        "weights: expected a state dict saved by torch.save, found a TorchScript or exported program; load it in "
        "Python "
        "and save its state_dict() (file ",
        file.name, ")");
  if (folder.empty())
    fail("weights: expected a zip archive of torch.save, found one without data.pkl, of {", inside,
         "}; if the weights are among them, unpack it (file ", file.name, ")");
  const auto bytes = archive.find(folder + "data.pkl");
  if (!bytes) fail("weights: expected a zip archive of torch.save, found one without data.pkl (file ", file.name, ")");
  if (const auto order = archive.find(folder + "byteorder"); order && ByteReader::text_of(*order) != "little")
    fail("weights: expected little-endian numbers, found byte order '", printable(ByteReader::text_of(*order)),
         "' (file ", file.name, ")");

  pickle::Tree tree(file.name);
  ByteReader in(*bytes, "the pickle", file.name);
  const pickle::Value root = pickle::read(tree, in);
  NamedBytes storages;
  for (const auto& persistent : tree.persistents()) {
    const auto id = torch_format::known_storage_id(tree, persistent);
    if (!id) continue;  // an error only if a tensor that is read lies there, as below
    const auto storage = archive.find(folder + "data/" + std::string(id->key.substr(0, 100)));
    if (!storage) continue;
    if (storage->size() < id->bytes())
      fail("weights: storage '", printable(id->key), "' has ", storage->size(), " bytes, expected ", id->elements,
           " elements of ", id->type->bytes, " (file ", file.name, ")");
    storages.emplace(id->key, *storage);
  }
  const auto memory = state_dict::memory_of(file);
  const torch_format::TensorReader reader(tree, storages, memory->copies);
  return state_dict::weights(tree, root, reader, {}, memory);
}

}  // namespace maskrcnn
