/// Models of a given type behind the interface of `AnyModel`: compiled once for each line of architectures.inc.
#pragma once

#include <maskrcnn/inspection.hpp>
#include <maskrcnn/mask_rcnn.hpp>
#include <maskrcnn/model/any_inspection.hpp>
#include <maskrcnn/model/any_model.hpp>
#include <maskrcnn/model/architecture.hpp>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

class AnyModel::Implementation {
 public:
  Implementation(Architecture recognised, const ModelOptions& given)
      : architecture(std::move(recognised)), options(given) {}
  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;
  virtual ~Implementation() = default;

  [[nodiscard]] virtual AnyDetections detect(const ImageView& image, Profile* profile) const = 0;
  [[nodiscard]] virtual const ModelConfig& config() const = 0;
  [[nodiscard]] virtual const KeypointRule& keypoint_rule() const = 0;
  [[nodiscard]] virtual std::unique_ptr<const AnyInspection> inspect(const ImageView& image) const = 0;
  virtual void trim() const = 0;

  const Architecture architecture;
  const ModelOptions options;
};

template <class Model>
class AnyModelOf final : public AnyModel::Implementation {
 public:
  AnyModelOf(const Architecture& recognised, const Weights& weights, const ModelConfig& config,
             const ModelOptions& given)
      : Implementation(recognised, given), model_(weights, config, given) {}

  [[nodiscard]] AnyDetections detect(const ImageView& image, Profile* profile) const override {
    return model_(image, profile);
  }
  [[nodiscard]] const ModelConfig& config() const override { return model_.config(); }
  [[nodiscard]] const KeypointRule& keypoint_rule() const override { return Model::Conventions::keypoints; }
  [[nodiscard]] std::unique_ptr<const AnyInspection> inspect(const ImageView& image) const override {
    return std::make_unique<AnyInspectionOf>(model_, image);
  }
  void trim() const override { model_.trim(); }

 private:
  class AnyInspectionOf final : public AnyInspection {
    using Boxes = std::vector<BasicBox<float>>;

   public:
    AnyInspectionOf(const Model& model, const ImageView& image) : of_(model, image) {}

    [[nodiscard]] AnyDetections results() const override { return of_.results(); }
    [[nodiscard]] const Frame& frame() const override { return of_.frame(); }
    [[nodiscard]] const Boxes& proposals() const override { return of_.proposals(); }
    [[nodiscard]] Index classes() const override { return of_.classes(); }
    [[nodiscard]] BackgroundClass background() const override { return of_.background(); }
    [[nodiscard]] std::optional<Masks> masks() const override { return of_.masks(); }
    [[nodiscard]] Tensor<float, 2> box_predictions(const Boxes& rois) const override {
      return of_.box_predictions(rois);
    }
    [[nodiscard]] Tensor<float, 3> mask_logits(const Boxes& boxes, const std::vector<int>& labels) const override {
      return of_.mask_logits(boxes, labels);
    }

   private:
    InspectionOf<Model> of_;
  };

  Model model_;
};

/// The first of the models that has the heads of the architecture; null, if none has.
template <class... Models>
[[nodiscard]] std::unique_ptr<const AnyModel::Implementation> make_any_of(const Architecture& architecture,
                                                                          const Weights& weights,
                                                                          const ModelConfig& config,
                                                                          const ModelOptions& options) {
  std::unique_ptr<const AnyModel::Implementation> made;
  const auto make = [&]<class Model>(std::type_identity<Model>) {
    if (!made && Model::heads == architecture.heads)
      made = std::make_unique<AnyModelOf<Model>>(architecture, weights, config, options);
  };
  (make(std::type_identity<Models>{}), ...);
  return made;
}

/// The model of a backbone and a convention, with masks or without.
template <Backbone B, Convention C>
[[nodiscard]] std::unique_ptr<const AnyModel::Implementation> make_any_mask_model(const Architecture& architecture,
                                                                                  const Weights& weights,
                                                                                  const ModelConfig& config,
                                                                                  const ModelOptions& options) {
  return make_any_of<MaskRCNN<B, C>, FasterRCNN<B, C>>(architecture, weights, config, options);
}

/// The same with keypoints.
template <Backbone B, Convention C>
[[nodiscard]] std::unique_ptr<const AnyModel::Implementation> make_any_keypoint_model(const Architecture& architecture,
                                                                                      const Weights& weights,
                                                                                      const ModelConfig& config,
                                                                                      const ModelOptions& options) {
  return make_any_of<KeypointRCNN<B, C>, MaskKeypointRCNN<B, C>>(architecture, weights, config, options);
}

/// With a cascade of box heads, with masks or without.
template <Backbone B, Convention C>
[[nodiscard]] std::unique_ptr<const AnyModel::Implementation> make_any_cascade_model(const Architecture& architecture,
                                                                                     const Weights& weights,
                                                                                     const ModelConfig& config,
                                                                                     const ModelOptions& options) {
  return make_any_of<CascadeMaskRCNN<B, C>, CascadeRCNN<B, C>>(architecture, weights, config, options);
}

}  // namespace maskrcnn
