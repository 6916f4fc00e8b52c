/// Whether a weight file is of a model's own kind: its convention and its head.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/heads.hpp>
#include <maskrcnn/weights/weights.hpp>
#include <string>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// A convention as a model asks for it.
struct RequiredConvention {
  const char* name;    ///< `Convention::name`
  const char* naming;  ///< `Convention::naming`
};

/// See the template below.
void require_convention(const Weights& weights, const RequiredConvention& required);

/// Refuses a file that follows other numbers than a model of convention C, which would run it and find other things.
/// What the file's metadata say must be C's name; if they say nothing, its tensors must have the names of C's files, so
/// that any of torchvision's conventions may be chosen for a file of torchvision's that does not say.
/// @throws Error with the convention expected, the one found, and how to run the file
template <Convention C>
void require_convention(const Weights& weights) {
  require_convention(weights, {.name = C::name, .naming = C::naming});
}

/// Refuses a file whose metadata `architecture` say another head than the model's.
/// @throws Error with the head expected and the architecture found
void require_head(const Weights& weights, const Heads& heads);

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/weights/require_convention.inl>
#endif
