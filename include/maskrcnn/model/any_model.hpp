/// The door: a model of whatever kind a weight file is.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/detection.hpp>
#include <maskrcnn/core/image_range.hpp>
#include <maskrcnn/core/precision.hpp>
#include <memory>
#include <string>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

struct Architecture;
struct KeypointRule;
struct ModelConfig;
class AnyInspection;
class Profile;
class Weights;

/// A model of any architecture, convention and number of classes that the library knows (`model/architectures.inc`),
/// chosen by the file. Immutable; may be called from several threads at once; copies are the same model.
class AnyModel {
 public:
  /// @throws Error if the file is of no known model, or a tensor is missing, unknown or wrongly shaped
  explicit AnyModel(const Weights& weights, const ModelOptions& options = {});
  /// @param config in place of what the file says: see `ModelConfig::from`
  AnyModel(const Weights& weights, const ModelConfig& config, const ModelOptions& options = {});

  /// Objects in `image`, best first.
  /// @param profile if not null, gets the times of the call, of its stages and of their layers
  [[nodiscard]] AnyDetections operator()(const ImageView& image, Profile* profile = nullptr) const;

  /// The same for each image of a list, one after the other.
  template <ImageRange Images>
  [[nodiscard]] std::vector<AnyDetections> operator()(const Images& images) const {
    return call_for_each(*this, images);
  }

  /// What the file was recognised as (`model/architecture.hpp`).
  [[nodiscard]] const Architecture& architecture() const;
  /// What the model was built with (`weights/model_config.hpp`).
  [[nodiscard]] const ModelConfig& config() const;
  [[nodiscard]] Precision precision() const;
  /// Whether it makes masks.
  [[nodiscard]] bool has_masks() const;
  /// Whether it finds keypoints,
  [[nodiscard]] bool has_keypoints() const;
  /// and what their scores are, by its convention.
  [[nodiscard]] const KeypointRule& keypoint_rule() const;
  /// Gives back the memory that is kept from one call to the next.
  void trim() const;

  /// The image as the model sees it (`model/any_inspection.hpp`); model and pixels must outlive what is returned.
  [[nodiscard]] std::unique_ptr<const AnyInspection> inspect(const ImageView& image) const;

  /// What a model of a given type is behind this interface.
  class Implementation;

 private:
  std::shared_ptr<const Implementation> implementation_;
};

/// The model of a weight file of any format that `load_weights` reads.
/// @throws Error as `load_weights` and `AnyModel` do
[[nodiscard]] AnyModel load_model(const std::string& path, const ModelOptions& options = {});

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/model/any_model.inl>
#endif
