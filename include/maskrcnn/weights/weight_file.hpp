/// A weight file in memory: what every reader of a format is given.
#pragma once

#include <cstddef>
#include <maskrcnn/weights/mapped_file.hpp>
#include <memory>
#include <span>
#include <string>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// The bytes of a weight file, whoever holds them. Tensors point into `bytes`, so `Weights` keep `owner`.
struct WeightFile {
  std::string name;  ///< for messages
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
};

/// The file at `path`, mapped.
/// @throws Error if it cannot be opened or read, or is not a regular file
[[nodiscard]] inline WeightFile open_weight_file(const std::string& path) {
  auto file = std::make_shared<const MappedFile>(path);
  const auto bytes = file->bytes();
  return {path, bytes, std::move(file)};
}

}  // namespace maskrcnn
