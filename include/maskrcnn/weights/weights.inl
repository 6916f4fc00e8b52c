// Bodies of weights.hpp: whatever a file calls a tensor, here it gets torchvision's current name.
#pragma once

#include <cstddef>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/weights/byte_reader.hpp>
#include <maskrcnn/weights/naming/wrappers.hpp>
#include <maskrcnn/weights/weights.hpp>
#include <string>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS {

MASKRCNN_FUNCTION Weights::Weights(std::string file, Tensors tensors, Metadata metadata,
                                   std::shared_ptr<const void> owner, std::vector<std::string> notes)
    : file_(std::move(file)), metadata_(std::move(metadata)), owner_(std::move(owner)), notes_(std::move(notes)) {
  tensors = naming::unwrapped(std::move(tensors), file_, notes_);
  naming_ = &naming_of(tensors, metadata_);
  std::string unneeded;
  std::size_t count = 0;
  for (auto& [name, tensor] : tensors) {
    const std::string current = naming_->rename(name).value_or(name);
    if (current.empty() && count++ == 0) unneeded = name;
    // networks that share a layer between two parts have it under the names of both
    if (const StoredTensor* const other = current.empty() ? nullptr : find(current);
        other != nullptr && same_tensor(*other, tensor))
      continue;
    if (!current.empty() && !tensors_.emplace(current, std::move(tensor)).second)
      fail("weights: '", name, "' is there under its old and its new name (file ", file_, ")");
  }
  if (count > 0)
    notes_.push_back(std::to_string(count) + (count == 1 ? " tensor" : " tensors") +
                     " passed over, of a part that no model here has: '" + printable(unneeded) +
                     (count == 1 ? "'" : "', ..."));
}

MASKRCNN_FUNCTION Weights Weights::with_metadata(const Metadata& changes) const {
  Weights changed = *this;
  for (const auto& [key, value] : changes) changed.metadata_[key] = value;
  return changed;
}

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/weights/naming/schemes.inl>
#endif
