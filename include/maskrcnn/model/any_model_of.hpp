/// Models of a given type behind the interface of `AnyModel`: compiled once for each line of architectures.inc.
#pragma once

#include <maskrcnn/inspection.hpp>
#include <maskrcnn/mask_rcnn.hpp>
#include <maskrcnn/model/any_inspection.hpp>
#include <maskrcnn/model/any_model.hpp>
#include <maskrcnn/model/architecture.hpp>
#include <memory>
#include <optional>
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

/// The model of a backbone and a convention, with masks or without, with one box head or a cascade of them.
template <Backbone B, Convention C>
[[nodiscard]] std::unique_ptr<const AnyModel::Implementation> make_any_model(const Architecture& architecture,
                                                                             const Weights& weights,
                                                                             const ModelConfig& config,
                                                                             const ModelOptions& options) {
  constexpr bool cascades = C::cascade.stages > 0 && B::roi_levels > 1;
  if constexpr (cascades) {
    if (architecture.cascade && architecture.masks)
      return std::make_unique<AnyModelOf<CascadeMaskRCNN<B, C>>>(architecture, weights, config, options);
    if (architecture.cascade)
      return std::make_unique<AnyModelOf<CascadeRCNN<B, C>>>(architecture, weights, config, options);
  }
  if (architecture.cascade)
    fail("weights: expected one box head for ", architecture.structure, " by the convention of ",
         architecture.convention, ", which has no cascades here, found a cascade (file ", weights.file(), ")");
  if (architecture.masks) return std::make_unique<AnyModelOf<MaskRCNN<B, C>>>(architecture, weights, config, options);
  return std::make_unique<AnyModelOf<FasterRCNN<B, C>>>(architecture, weights, config, options);
}

}  // namespace maskrcnn
