/// Step 6: the mask head, a small fully convolutional network on every RoI (He et al., "Mask R-CNN", figure 4).
#pragma once

#include <algorithm>
#include <array>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/ops/conv2d.hpp>
#include <maskrcnn/ops/conv_transpose2d.hpp>
#include <maskrcnn/ops/softmax.hpp>
#include <maskrcnn/weights/parameters.hpp>
#include <span>
#include <vector>

namespace maskrcnn {

/// 3 x 3 convolutions with ReLU, a 2 x 2 deconvolution with ReLU, a 1 x 1 convolution to one mask per class, a sigmoid.
/// Masks do not compete across classes, so only the mask of the class that the box head chose is computed. A network
/// with a single mask for all classes (class-agnostic) is recognised by its weights. Products of the deconvolution are
/// computed of `Operand`, those of the 3 x 3 convolutions as `Conv2d<T, Operand>` sees fit.
template <Scalar T, kernels::OperandOf<T> Operand = T>
class MaskHead {
 public:
  /// @param at       the place of `mask_head` and `mask_predictor`
  /// @param channels of the pooled features
  /// @param classes  labels that have a mask
  /// @throws Error if a tensor is missing or does not fit
  MaskHead(const Parameters& at, Index channels, Index classes, double epsilon) {
    Index width = channels;
    for (std::size_t i = 0; (at / "mask_head" / i / 0).contains("weight"); ++i) {
      convs_.emplace_back(read_conv_block<T>(at / "mask_head" / i, {.in = width, .kernel = 3}, epsilon),
                          ConvGeometry{.padding = 1, .relu = true, .winograd_tile = winograd_tile_beside<T, Operand>});
      width = convs_.back().out_channels();
    }
    const Parameters up = at / "mask_predictor" / "conv5_mask";
    const Index out = up.stored("weight", {width, Parameters::any, 2, 2}).shape[1];
    upsample_ = ConvTranspose2x2<T, Operand>(width, out, up.values<T>("weight", {width, out, 2, 2}),
                                             up.values<T>("bias", {out}), true)
                    .named(up.name());
    const Parameters logits = at / "mask_predictor" / "mask_fcn_logits";
    class_agnostic_ = logits.stored("weight", {Parameters::any, out, 1, 1}).shape[0] == 1;
    logits_ = read_conv<T>(logits, {.out = class_agnostic_ ? 1 : classes, .in = out});
  }

  /// [N, k, k, C] and the class of each RoI -> [N, 2k, 2k] probabilities of belonging to the object.
  /// @throws Error if a label is no class of the model or the lengths differ
  [[nodiscard]] Tensor<T, 3> operator()(const Tensor<T, 4>& pooled, std::span<const int> labels) const {
    return predict(pooled, labels, [](T logit) { return sigmoid(logit); });
  }

  /// The same before the sigmoid, for losses.
  [[nodiscard]] Tensor<T, 3> logits(const Tensor<T, 4>& pooled, std::span<const int> labels) const {
    return predict(pooled, labels, [](T logit) { return logit; });
  }

 private:
  template <class Activation>
  [[nodiscard]] Tensor<T, 3> predict(const Tensor<T, 4>& pooled, std::span<const int> labels,
                                     const Activation& activation) const {
    const ProfileSpan stage(pooled.profile(), "stage", "mask head");
    const Index rois = pooled.size(0), bins = pooled.size(1);
    if (labels.size() != rois) fail("mask_head: expected ", rois, " labels, found ", labels.size());
    Tensor<T, 3> masks = pooled.like(Shape<3>{rois, 2 * bins, 2 * bins});
    if (rois == 0) return masks;
    const Tensor<T, 4> convolved = convs_.empty() ? Tensor<T, 4>() : convolve(pooled);
    const Tensor<T, 4>& features = convs_.empty() ? pooled : convolved;
    // a few RoIs at a time: the upsampled features are four times larger than what they come from
    constexpr Index group = 16;
    const Index channels = features.size(3), pixels = bins * bins;
    Tensor<T, 4> upsampled = pooled.like(Shape<4>{std::min(group, rois), 2 * bins, 2 * bins, logits_.in});
    for (Index first = 0; first < rois; first += group) {
      const Index count = std::min(group, rois - first);
      upsample_({features.data() + first * pixels * channels, {count, bins, bins, channels}},
                {upsampled.data(), {count, 2 * bins, 2 * bins, logits_.in}}, pooled.workspace());
      ProfileSpan span(pooled.profile(), "layer", logits_.name);
      parallel_for(count, [&](Index i) {
        const Index channel = channel_of(labels[first + i]);
        for (Index pixel = 0; pixel < 4 * pixels; ++pixel)
          masks.data()[(first + i) * 4 * pixels + pixel] =
              activation(logit(upsampled.data() + (i * 4 * pixels + pixel) * logits_.in, channel));
      });
      span.end([&] {
        return ProfileNotes{.flops = 2.0 * static_cast<double>(count * 4 * pixels * logits_.in),
                            .details = {{"input", shape_text(Shape<4>{count, 2 * bins, 2 * bins, logits_.in})},
                                        {"output", shape_text(Shape<3>{count, 2 * bins, 2 * bins})}}};
      });
    }
    return masks;
  }

  [[nodiscard]] Tensor<T, 4> convolve(const Tensor<T, 4>& pooled) const {
    Tensor<T, 4> x = convs_[0](pooled);
    for (std::size_t i = 1; i < convs_.size(); ++i) x = convs_[i](x);
    return x;
  }

  [[nodiscard]] Index channel_of(int label) const {
    if (class_agnostic_) return 0;
    if (label < 0 || static_cast<Index>(label) >= logits_.out)
      fail("mask_head: expected a label from 0 to ", logits_.out - 1, ", found ", label);
    return static_cast<Index>(label);
  }

  /// One output of the 1 x 1 convolution. The sum runs in 16 lanes, so that compilers can vectorise it.
  [[nodiscard]] T logit(const T* features, Index channel) const {
    const T* const weights = logits_.kernel.data() + channel * logits_.in;
    std::array<T, 16> lanes{};
    Index c = 0;
    for (; c + lanes.size() <= logits_.in; c += lanes.size())
      for (std::size_t lane = 0; lane < lanes.size(); ++lane) lanes[lane] += features[c + lane] * weights[c + lane];
    T sum = logits_.bias[channel];
    for (; c < logits_.in; ++c) sum += features[c] * weights[c];
    for (const T lane : lanes) sum += lane;
    return sum;
  }

  std::vector<Conv2d<T, Operand>> convs_;
  ConvTranspose2x2<T, Operand> upsample_;
  ConvWeights<T> logits_;
  bool class_agnostic_ = false;
};

}  // namespace maskrcnn
