/// Naming schemes: who named the tensors of a file, and what follows from that.
#pragma once

#include <map>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/labels.hpp>
#include <maskrcnn/weights/stored_tensor.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

class Weights;
struct ModelConfig;

/// Tensors by name.
using NamedTensors = std::map<std::string, StoredTensor>;
/// What a file says besides its tensors, by key.
using FileMetadata = std::map<std::string, std::string>;

/// A library's way to name the tensors of its files, and what is known of a file that follows it. Each is one file of
/// this folder and one line of `schemes.inl`; nothing else asks which scheme a file follows.
struct NamingScheme {
  /// For messages, and what `Convention::naming` refers to.
  const char* name;
  /// Whose numbers such files follow, unless their metadata say otherwise: a `Convention::name`.
  const char* convention;
  /// Which label that convention gives the background.
  BackgroundClass background;

  /// Whether a file of these tensors and metadata follows the scheme.
  bool (*recognise)(const NamedTensors& tensors, const FileMetadata& metadata);
  /// torchvision's current name of a tensor; an empty one, if no model needs it; nothing, if no layer of a network is
  /// called so.
  std::optional<std::string> (*rename)(std::string_view name);
  /// The configuration of the model that a file is recognised as, before its metadata change it.
  ModelConfig (*defaults)(const Weights& weights);
  /// The names of COCO's classes by label, as models of this family number them.
  const std::vector<std::string>& (*coco_names)();
};

/// All schemes.
[[nodiscard]] std::span<const NamingScheme> naming_schemes();

/// The first scheme that recognises a file; the first of all, if none does.
[[nodiscard]] const NamingScheme& naming_of(const NamedTensors& tensors, const FileMetadata& metadata);

/// Whose numbers a file follows: the metadata key "convention", else that of who named the tensors.
/// @return a `Convention::name`, known to this library or not
[[nodiscard]] std::string convention_of(const Weights& weights);

/// The family of models that a file belongs to: the scheme of its tensors' names if that is of the file's convention,
/// else the first that is (files that were converted have torchvision's names, whatever their convention), else
/// torchvision's, whose numbers the other conventions start from.
[[nodiscard]] const NamingScheme& family_of(const Weights& weights);

/// The labels of the model that a file is of: as many as its box head scores; of 0 classes, if it has none.
[[nodiscard]] Labels labels_of(const Weights& weights);

}  // namespace maskrcnn
