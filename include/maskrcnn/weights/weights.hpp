/// Weights: named tensors and the facts about the model that tensors do not tell, as a file holds them.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/weights/naming/scheme.hpp>
#include <maskrcnn/weights/stored_tensor.hpp>
#include <memory>
#include <optional>
#include <string>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// The contents of a weight file. Cheap to copy; the memory behind it lives as long as any copy.
class Weights {
 public:
  using Tensors = NamedTensors;
  using Metadata = FileMetadata;

  /// @param file  name for messages
  /// @param owner whatever keeps the tensors' bytes alive
  /// @throws Error if a tensor is there under two names
  Weights(std::string file, Tensors tensors, Metadata metadata, std::shared_ptr<const void> owner);

  [[nodiscard]] const std::string& file() const { return file_; }
  /// Who named the tensors in the file.
  [[nodiscard]] const NamingScheme& naming() const { return *naming_; }
  /// Tensors by torchvision's current names.
  [[nodiscard]] const Tensors& tensors() const { return tensors_; }
  [[nodiscard]] const Metadata& metadata() const { return metadata_; }

  [[nodiscard]] const StoredTensor* find(const std::string& name) const {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second;
  }

  [[nodiscard]] std::optional<std::string> metadata(const std::string& key) const {
    const auto found = metadata_.find(key);
    return found == metadata_.end() ? std::nullopt : std::optional(found->second);
  }

  /// The same tensors with metadata that says `changes`, whatever it said of these keys.
  [[nodiscard]] Weights with_metadata(const Metadata& changes) const;

 private:
  std::string file_;
  Tensors tensors_;
  Metadata metadata_;
  const NamingScheme* naming_;
  std::shared_ptr<const void> owner_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/weights/weights.inl>
#endif
