/// Weights of torchvision's maskrcnn_resnet50_fpn made of random numbers: right names, right sizes, nothing learned.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <maskrcnn/weights/weights.hpp>
#include <memory>
#include <string>
#include <vector>

namespace made {

/// Collects tensors in memory.
class Tensors {
 public:
  /// Uniform numbers whose variance keeps that of a layer's inputs after a ReLU: 2 / (inputs of one output).
  void weight(const std::string& name, const std::vector<std::size_t>& shape, double inputs) {
    auto& values = add(name, shape);
    const auto limit = static_cast<float>(std::sqrt(6.0 / inputs));
    for (float& value : values) {
      state_ = state_ * 6364136223846793005U + 1442695040888963407U;
      value = (static_cast<float>(state_ >> 40U) / 8388608.0F - 1.0F) * limit;
    }
  }
  void constant(const std::string& name, std::size_t size, float value) {
    for (float& element : add(name, {size})) element = value;
  }

  /// @param gain by which outputs are smaller or larger than inputs
  void conv(const std::string& at, std::size_t in, std::size_t out, std::size_t kernel, double gain = 1) {
    weight(at + ".weight", {out, in, kernel, kernel}, static_cast<double>(in * kernel * kernel) / (gain * gain));
    constant(at + ".bias", out, 0);
  }
  void conv_norm(const std::string& conv, const std::string& norm, std::size_t in, std::size_t out, std::size_t kernel,
                 float gain = 1) {
    weight(conv + ".weight", {out, in, kernel, kernel}, static_cast<double>(in * kernel * kernel));
    constant(norm + ".weight", out, gain);
    constant(norm + ".bias", out, 0);
    constant(norm + ".running_mean", out, 0);
    constant(norm + ".running_var", out, 1);
  }
  void linear(const std::string& at, std::size_t in, std::size_t out, double gain = 1) {
    weight(at + ".weight", {out, in}, static_cast<double>(in) / (gain * gain));
    constant(at + ".bias", out, 0);
  }

  [[nodiscard]] maskrcnn::Weights weights() const { return {"(made)", tensors_, {}, values_}; }

 private:
  std::vector<float>& add(const std::string& name, const std::vector<std::size_t>& shape) {
    maskrcnn::StoredTensor tensor{.type = maskrcnn::DType::f32, .type_name = "F32", .shape = shape, .data = nullptr};
    auto& values = (*values_)[name];
    values.resize(tensor.count());
    tensor.data = reinterpret_cast<const std::byte*>(values.data());
    tensors_[name] = tensor;
    return values;
  }

  std::uint64_t state_ = 1;
  maskrcnn::Weights::Tensors tensors_;
  std::shared_ptr<std::map<std::string, std::vector<float>>> values_ =
      std::make_shared<std::map<std::string, std::vector<float>>>();
};

/// The network with 91 classes.
[[nodiscard]] inline maskrcnn::Weights mask_rcnn_resnet50_fpn() {
  Tensors made;
  const std::string body = "backbone.body.", fpn = "backbone.fpn.", heads = "roi_heads.";
  made.conv_norm(body + "conv1", body + "bn1", 3, 64, 7);
  constexpr std::size_t depths[] = {3, 4, 6, 3};
  std::size_t in = 64;
  for (std::size_t layer = 0; layer < 4; ++layer) {
    const std::size_t width = std::size_t{64} << layer, out = 4 * width;
    for (std::size_t i = 0; i < depths[layer]; ++i, in = out) {
      const std::string block = body + "layer" + std::to_string(layer + 1) + "." + std::to_string(i) + ".";
      made.conv_norm(block + "conv1", block + "bn1", in, width, 1);
      made.conv_norm(block + "conv2", block + "bn2", width, width, 3);
      // sums of a residual and a shortcut stay as large as their inputs
      made.conv_norm(block + "conv3", block + "bn3", width, out, 1, 0.3F);
      if (i == 0) made.conv_norm(block + "downsample.0", block + "downsample.1", in, out, 1, 0.7F);
    }
    made.conv(fpn + "inner_blocks." + std::to_string(layer) + ".0", out, 256, 1, 0.5);
    made.conv(fpn + "layer_blocks." + std::to_string(layer) + ".0", 256, 256, 3);
  }
  made.conv("rpn.head.conv.0.0", 256, 256, 3);
  made.conv("rpn.head.cls_logits", 256, 3, 1, 1);
  made.conv("rpn.head.bbox_pred", 256, 12, 1, 0.2);
  made.linear(heads + "box_head.fc6", 256 * 7 * 7, 1024);
  made.linear(heads + "box_head.fc7", 1024, 1024);
  made.linear(heads + "box_predictor.cls_score", 1024, 91, 1);
  made.linear(heads + "box_predictor.bbox_pred", 1024, 364, 1);
  for (int i = 0; i < 4; ++i) made.conv(heads + "mask_head." + std::to_string(i) + ".0", 256, 256, 3);
  made.weight(heads + "mask_predictor.conv5_mask.weight", {256, 256, 2, 2}, 256);
  made.constant(heads + "mask_predictor.conv5_mask.bias", 256, 0);
  made.conv(heads + "mask_predictor.mask_fcn_logits", 256, 91, 1);
  return made.weights();
}

}  // namespace made
