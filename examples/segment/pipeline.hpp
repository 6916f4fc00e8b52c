/// A model of any compiled architecture behind one interface.
#pragma once

#include <maskrcnn/core/detection.hpp>
#include <maskrcnn/core/image.hpp>
#include <maskrcnn/core/profile.hpp>
#include <maskrcnn/evaluate/picture_losses.hpp>
#include <maskrcnn/evaluate/roi_targets.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <maskrcnn/weights/weights.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "architecture.hpp"

namespace segment {

/// With masks or without.
using Result = std::variant<maskrcnn::Detections, maskrcnn::BoxDetections>;

/// What a model finds in a picture, in how many seconds, and its losses there.
struct ResultAndLosses {
  Result result;
  double seconds = 0;
  maskrcnn::evaluate::PictureLosses losses;
};

class Pipeline {
 public:
  Pipeline() = default;
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;
  virtual ~Pipeline() = default;

  /// What the model was built with.
  [[nodiscard]] virtual const maskrcnn::ModelConfig& config() const = 0;

  /// @param profile if not null, gets the times of the call and of its parts
  [[nodiscard]] virtual Result operator()(const maskrcnn::ImageView& image,
                                          maskrcnn::Profile* profile = nullptr) const = 0;

  /// The same, its time, and its losses where the objects are known; features and proposals serve both.
  /// @param truths with the model's labels; null: losses stay zero
  [[nodiscard]] virtual ResultAndLosses with_losses(
      const maskrcnn::ImageView& image, const std::vector<maskrcnn::evaluate::TrueObject>* truths) const = 0;
};

/// What products of 1 x 1 convolutions and fully connected layers are computed of.
enum class Precision { fp32, bf16 };

/// "fp32" or "bf16", or nothing if `name` is neither.
[[nodiscard]] std::optional<Precision> precision_named(std::string_view name);

/// @throws Error if the weights do not fit
[[nodiscard]] std::unique_ptr<Pipeline> make_pipeline(const Architecture& architecture,
                                                      const maskrcnn::Weights& weights,
                                                      const maskrcnn::ModelConfig& config, Precision precision);

}  // namespace segment
