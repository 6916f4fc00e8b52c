/// Writing weight files: safetensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/io/output_file.hpp>
#include <maskrcnn/weights/weights.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace maskrcnn::io {

/// A tensor to be written: its bytes are asked for when their turn comes, so that not all have to be in memory at once.
struct TensorToWrite {
  DType type = DType::f32;
  std::vector<std::size_t> shape{};
  StoredTensor from{};  ///< of the same shape; converted on the way if its type is another

  [[nodiscard]] std::size_t bytes() const { return from.count() * byte_size(type); }
};

namespace safetensors_file {

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

}  // namespace safetensors_file

/// Writes a safetensors file: the header, padded so that the data begin at a multiple of 64 bytes, then the tensors in
/// order of their names. Types are those of the tensors' own, or F16 or F32 for those that are converted.
/// @throws Error with the system's reason, if the file cannot be written
inline void write_safetensors(const std::string& path, const std::map<std::string, TensorToWrite>& tensors,
                              const Weights::Metadata& metadata) {
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::size_t end = 0;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t begin = end;
    end += tensor.bytes();
    header[name] = {{"dtype", dtype_name(tensor.type)}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
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
