/// The pipelines of one backbone; compiled once for each line of architectures.inc.
#pragma once

#include <maskrcnn/evaluate/model_losses.hpp>
#include <maskrcnn/maskrcnn.hpp>
#include <memory>

#include "pipeline.hpp"

namespace segment {

template <class Model>
class PipelineOf final : public Pipeline {
 public:
  PipelineOf(const maskrcnn::Weights& weights, const maskrcnn::ModelConfig& config) : model_(weights, config) {}
  [[nodiscard]] Result operator()(const maskrcnn::ImageView& image, maskrcnn::Profile* profile) const override {
    return model_(image, profile);
  }
  [[nodiscard]] maskrcnn::evaluate::PictureLosses losses(
      const maskrcnn::ImageView& image, const std::vector<maskrcnn::evaluate::TrueObject>& truths) const override {
    return maskrcnn::evaluate::losses_on(model_, image, truths);
  }

 private:
  Model model_;
};

template <maskrcnn::Backbone B, maskrcnn::Convention C>
std::unique_ptr<Pipeline> make_pipeline(bool masks, const maskrcnn::Weights& weights,
                                        const maskrcnn::ModelConfig& config) {
  if (masks) return std::make_unique<PipelineOf<maskrcnn::MaskRCNN<B, C>>>(weights, config);
  return std::make_unique<PipelineOf<maskrcnn::FasterRCNN<B, C>>>(weights, config);
}

}  // namespace segment
