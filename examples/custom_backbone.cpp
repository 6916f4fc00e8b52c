// A backbone of your own in Mask R-CNN: anything that satisfies `maskrcnn::Backbone` will do.
//
// PlainNet below is five strided convolutions under a feature pyramid. There is no trained file for it, so main() makes
// weights up; with a trained one, replace `made_up_weights()` by `maskrcnn::load_weights(path)`.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <maskrcnn/maskrcnn.hpp>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

/// Stride-2 convolutions, each followed by ReLU; the last four make C2..C5, an FPN makes P2..P6 of them.
class PlainNet : public maskrcnn::PyramidTraits {
 public:
  using Scalar = float;
  static constexpr std::size_t levels = 5, roi_levels = 4;
  static constexpr std::array<maskrcnn::Index, 5> widths{8, 16, 24, 32, 48};

  PlainNet(const maskrcnn::Parameters& at, const maskrcnn::BackboneOptions& options)
      : body_(read_body(at / "body", options.compute)),
        fpn_(at / "fpn", std::span(widths).subspan(1), options.norms, options.compute) {}

  [[nodiscard]] maskrcnn::Index channels() const { return fpn_.channels(); }

  [[nodiscard]] maskrcnn::FeaturePyramid<float> operator()(const maskrcnn::Tensor<float, 4>& image) const {
    const auto stem = body_[0](image);
    maskrcnn::FeaturePyramid<float> features;
    for (std::size_t i = 1; i < body_.size(); ++i)
      features.push_back(body_[i](features.empty() ? stem : features.back()));
    return fpn_(std::move(features));
  }

 private:
  static std::vector<maskrcnn::Conv2d<float>> read_body(const maskrcnn::Parameters& at,
                                                        const maskrcnn::Compute& compute) {
    std::vector<maskrcnn::Conv2d<float>> body;
    maskrcnn::Index in = 3;
    for (const maskrcnn::Index out : widths) {
      const auto weights = maskrcnn::read_conv<float>(at / body.size(), {.out = out, .in = in, .kernel = 3});
      body.emplace_back(weights,
                        maskrcnn::ConvGeometry{.stride = 2, .padding = 1, .activation = maskrcnn::Activation::relu},
                        compute);
      in = out;
    }
    return body;
  }

  std::vector<maskrcnn::Conv2d<float>> body_;
  maskrcnn::Fpn<float> fpn_;
};

/// Weights in memory instead of in a file: random, of the shapes that the model asks for.
class WeightMaker {
 public:
  /// A layer's `weight` of this shape and `bias`; spread so that activations keep their size.
  void layer(const std::string& name, const std::vector<std::size_t>& shape, std::size_t biases) {
    std::size_t fan_in = 1;
    for (std::size_t i = 1; i < shape.size(); ++i) fan_in *= shape[i];
    add(name + ".weight", shape, 1.5F / std::sqrt(static_cast<float>(fan_in)));
    add(name + ".bias", {biases}, 0.1F);
  }

  [[nodiscard]] maskrcnn::Weights weights() const {
    return {"made up", tensors_, {{"min_size", "256"}, {"max_size", "512"}}, values_};
  }

 private:
  void add(const std::string& name, const std::vector<std::size_t>& shape, float deviation) {
    maskrcnn::StoredTensor tensor{.type = maskrcnn::DType::f32, .type_name = "F32", .shape = shape, .data = nullptr};
    std::normal_distribution<float> normal(0.0F, deviation);
    auto& values = (*values_)[name];
    for (std::size_t i = 0; i < tensor.count(); ++i) values.push_back(normal(random_));
    tensor.data = reinterpret_cast<const std::byte*>(values.data());
    tensors_.emplace(name, tensor);
  }

  std::mt19937 random_{1};
  maskrcnn::Weights::Tensors tensors_;
  std::shared_ptr<std::map<std::string, std::vector<float>>> values_ =
      std::make_shared<std::map<std::string, std::vector<float>>>();
};

maskrcnn::Weights made_up_weights() {
  constexpr std::size_t pyramid = 16, hidden = 32, classes = 4, anchors = 3;
  WeightMaker make;
  std::size_t in = 3;
  for (std::size_t i = 0; i < PlainNet::widths.size(); ++i) {
    const std::string number = std::to_string(i);
    make.layer("backbone.body." + number, {PlainNet::widths[i], in, 3, 3}, PlainNet::widths[i]);
    in = PlainNet::widths[i];
  }
  for (std::size_t i = 0; i < 4; ++i) {
    const std::string number = std::to_string(i);
    make.layer("backbone.fpn.inner_blocks." + number + ".0", {pyramid, PlainNet::widths[i + 1], 1, 1}, pyramid);
    make.layer("backbone.fpn.layer_blocks." + number + ".0", {pyramid, pyramid, 3, 3}, pyramid);
    make.layer("roi_heads.mask_head." + number + ".0", {pyramid, pyramid, 3, 3}, pyramid);
  }
  make.layer("rpn.head.conv.0.0", {pyramid, pyramid, 3, 3}, pyramid);
  make.layer("rpn.head.cls_logits", {anchors, pyramid, 1, 1}, anchors);
  make.layer("rpn.head.bbox_pred", {4 * anchors, pyramid, 1, 1}, 4 * anchors);
  make.layer("roi_heads.box_head.fc6", {hidden, pyramid * 7 * 7}, hidden);
  make.layer("roi_heads.box_head.fc7", {hidden, hidden}, hidden);
  make.layer("roi_heads.box_predictor.cls_score", {classes, hidden}, classes);
  make.layer("roi_heads.box_predictor.bbox_pred", {4 * classes, hidden}, 4 * classes);
  make.layer("roi_heads.mask_predictor.conv5_mask", {pyramid, pyramid, 2, 2}, pyramid);
  make.layer("roi_heads.mask_predictor.mask_fcn_logits", {classes, pyramid, 1, 1}, classes);
  return make.weights();
}

}  // namespace

int main() {
  static_assert(maskrcnn::Backbone<PlainNet>);
  const maskrcnn::MaskRCNN<PlainNet> model(made_up_weights());

  maskrcnn::Image image({.height = 120, .width = 200});
  std::mt19937 random{2};
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < 3 * image.width(); ++x) image.row(y)[x] = static_cast<std::uint8_t>(random() % 256);

  const auto detections = model(image);
  std::printf("a made-up network sees %zu objects in noise; the best five:\n", detections.size());
  for (std::size_t i = 0; i < std::min<std::size_t>(5, detections.size()); ++i) {
    const auto& [box, label, score, mask] = detections[i];
    std::printf("  class %d  %.3f  [%.1f %.1f %.1f %.1f]  %zu pixels\n", label, score, box.x0, box.y0, box.x1, box.y1,
                mask.area());
  }
}
