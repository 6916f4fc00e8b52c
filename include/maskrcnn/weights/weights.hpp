/// Weights: named tensors and the facts about the model that tensors do not tell, as a file holds them.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/weights/naming/scheme.hpp>
#include <maskrcnn/weights/stored_tensor.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// The contents of a weight file. Cheap to copy; the memory behind it lives as long as any copy.
class Weights {
 public:
  using Tensors = NamedTensors;
  using Metadata = FileMetadata;

  /// @param file  name for messages
  /// @param owner whatever keeps the tensors' bytes alive
  /// @param notes what the reader of the file assumed
  /// @throws Error if a tensor is there under two names, or those of two networks are
  Weights(std::string file, Tensors tensors, Metadata metadata, std::shared_ptr<const void> owner,
          std::vector<std::string> notes = {});

  [[nodiscard]] const std::string& file() const { return file_; }
  /// Who named the tensors in the file.
  [[nodiscard]] const NamingScheme& naming() const { return *naming_; }
  /// Tensors by torchvision's current names.
  [[nodiscard]] const Tensors& tensors() const { return tensors_; }
  [[nodiscard]] const Metadata& metadata() const { return metadata_; }

  /// For people: what was assumed where the file does not say, what of it was passed over. A line each.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

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
  std::vector<std::string> notes_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/weights/weights.inl>
#endif
