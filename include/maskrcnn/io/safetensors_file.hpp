/// Writing weight files: safetensors.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/io/json_writer.hpp>
#include <maskrcnn/io/output_file.hpp>
#include <maskrcnn/weights/weights.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

/// A tensor to be written: its bytes are asked for when their turn comes, so that not all have to be in memory at once.
struct TensorToWrite {
  DType type = DType::f32;
  std::vector<std::size_t> shape{};
  StoredTensor from{};  ///< of the same shape; converted on the way if its type is another

  [[nodiscard]] std::size_t bytes() const { return from.count() * byte_size(type); }
};

namespace safetensors_file {

/// @throws Error if a tensor cannot be written as it should be: models read floats alone, so only those are converted
inline void require_writable(const std::string& name, const TensorToWrite& tensor) {
  const StoredTensor& from = tensor.from;
  const bool kept = tensor.type == from.type && tensor.type != DType::other;
  const bool converted = (tensor.type == DType::f16 || tensor.type == DType::f32) && is_float(from.type);
  if (!kept && !converted)
    fail("weights: cannot write '", name, "' of ", from.type_name, " as ",
         tensor.type == DType::other ? "an unknown type" : dtype_name(tensor.type),
         ", expected the type that it has or, of floats, F16 or F32");
  if (tensor.shape != from.shape)
    fail("weights: cannot write '", name, "' of shape ", shape_text(from.shape), " as ", shape_text(tensor.shape));
  if (name == "__metadata__") fail("weights: cannot write a tensor '", name, "', a name that safetensors keeps");
}

/// The elements of a tensor as the file stores them.
[[nodiscard]] inline std::vector<std::byte> bytes_of(const TensorToWrite& tensor) {
  std::vector<std::byte> bytes(tensor.bytes());
  if (tensor.type == tensor.from.type) {
    if (!bytes.empty()) std::memcpy(bytes.data(), tensor.from.data, bytes.size());
    return bytes;
  }
  for (std::size_t i = 0; i < tensor.from.count(); ++i) {
    const auto value = tensor.from.element<float>(i);
    if (tensor.type == DType::f16) {
      const std::uint16_t half = float_to_f16(value);
      std::memcpy(bytes.data() + 2 * i, &half, sizeof half);
    } else {
      std::memcpy(bytes.data() + 4 * i, &value, sizeof value);
    }
  }
  return bytes;
}

/// What stands before the tensors: which there are, and where. Entries are in the order of their names.
[[nodiscard]] inline std::string header_of(const std::map<std::string, TensorToWrite>& tensors,
                                           const Weights::Metadata& metadata) {
  std::map<std::string, std::string> entries;
  if (!metadata.empty()) {
    JsonObject object;
    for (const auto& [key, value] : metadata) object.add(key, json_quoted(value));
    entries["__metadata__"] = object.text();
  }
  std::size_t end = 0;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t begin = end;
    end += tensor.bytes();
    entries[name] = JsonObject()
                        .add("data_offsets", json_numbers(std::array{begin, end}))
                        .add("dtype", json_quoted(dtype_name(tensor.type)))
                        .add("shape", json_numbers(tensor.shape))
                        .text();
  }
  JsonObject header;
  for (const auto& [name, entry] : entries) header.add(name, entry);
  return header.text();
}

}  // namespace safetensors_file

/// Writes a safetensors file: the header, padded so that the data begin at a multiple of 64 bytes, then the tensors in
/// order of their names. Types are those of the tensors' own, or F16 or F32 for floats that are converted.
/// @throws Error if a tensor is of a type that is not converted to the wanted one; with the system's reason, if the
/// file
///         cannot be written
inline void write_safetensors(const std::string& path, const std::map<std::string, TensorToWrite>& tensors,
                              const Weights::Metadata& metadata) {
  for (const auto& [name, tensor] : tensors) safetensors_file::require_writable(name, tensor);
  std::string text = safetensors_file::header_of(tensors, metadata);
  constexpr std::size_t alignment = 64;
  text.append((alignment - (text.size() + 8) % alignment) % alignment, ' ');
  std::string length;
  for (unsigned shift = 0; shift < 64; shift += 8)
    length += static_cast<char>(std::uint64_t{text.size()} >> shift & 0xFFU);
  OutputFile file(path, "weights");
  file.write(length);
  file.write(text);
  for (const auto& [name, tensor] : tensors) {
    const auto bytes = safetensors_file::bytes_of(tensor);
    file.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  file.commit();
}

}  // namespace maskrcnn::io
