/// The pipelines of one backbone; compiled once for each line of architectures.inc.
#pragma once

#include <chrono>
#include <maskrcnn/core/workspace.hpp>
#include <maskrcnn/evaluate/model_losses.hpp>
#include <maskrcnn/maskrcnn.hpp>
#include <memory>
#include <vector>

#include "pipeline.hpp"

namespace segment {

template <class Model>
class PipelineOf final : public Pipeline {
 public:
  PipelineOf(const maskrcnn::Weights& weights, const maskrcnn::ModelConfig& config) : model_(weights, config) {}
  [[nodiscard]] const maskrcnn::ModelConfig& config() const override { return model_.config(); }
  [[nodiscard]] Result operator()(const maskrcnn::ImageView& image, maskrcnn::Profile* profile) const override {
    return model_(image, profile);
  }
  [[nodiscard]] ResultAndLosses with_losses(const maskrcnn::ImageView& image,
                                            const std::vector<maskrcnn::evaluate::TrueObject>* truths) const override {
    const auto start = std::chrono::steady_clock::now();
    const maskrcnn::InferenceScope scope({model_.trunk().pool(), nullptr});
    const auto seen = model_.trunk().propose(image);
    ResultAndLosses all;
    all.result = model_.detections(seen);
    all.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (truths != nullptr) all.losses = maskrcnn::evaluate::losses_on(model_, seen, *truths);
    return all;
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
