// Bodies of mask_head.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/layers/read_layers.hpp>
#include <maskrcnn/ops/softmax.hpp>
#include <maskrcnn/stages/mask_head.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

template <Scalar T>
MaskHead<T>::MaskHead(const Parameters& at, const MaskHeadOptions& options) : tower_(at / "mask_head", options.tower) {
  const Parameters up = at / "mask_predictor" / "conv5_mask";
  ConvTransposeWeights<T> upsample{.in = tower_.channels(), .name = up.name()};
  const auto shape = up.stored("weight", {upsample.in, Parameters::any, 2, 2}).shape;
  upsample.out = shape[1];
  upsample.kernel = up.values<T>("weight", shape);
  upsample.bias = up.values<T>("bias", {upsample.out});
  upsample_ = ConvTranspose2d<T>(upsample, {.activation = Activation::relu}, options.tower.compute);
  const Parameters logits = at / "mask_predictor" / "mask_fcn_logits";
  class_agnostic_ = logits.stored("weight", {Parameters::any, upsample.out, 1, 1}).shape[0] == 1;
  logits_ = read_conv<T>(logits, {.out = class_agnostic_ ? 1 : options.labels, .in = upsample.out});
}

template <Scalar T>
Tensor<T, 3> MaskHead<T>::operator()(const Tensor<T, 4>& pooled, std::span<const int> labels) const {
  return predict(pooled, labels, [](T logit) { return sigmoid(logit); });
}

template <Scalar T>
Tensor<T, 3> MaskHead<T>::logits(const Tensor<T, 4>& pooled, std::span<const int> labels) const {
  return predict(pooled, labels, [](T logit) { return logit; });
}

template <Scalar T>
Tensor<T, 3> MaskHead<T>::predict(const Tensor<T, 4>& pooled, std::span<const int> labels,
                                  FunctionRef<T(T)> activation) const {
  const ProfileSpan stage(pooled.profile(), "stage", "mask head");
  const Index rois = pooled.size(0), bins = pooled.size(1);
  if (labels.size() != rois) fail("mask_head: expected ", rois, " labels, found ", labels.size());
  Tensor<T, 3> masks = pooled.like(Shape<3>{rois, 2 * bins, 2 * bins});
  if (rois == 0) return masks;
  Tensor<T, 4> memory;
  const Tensor<T, 4>& features = tower_(pooled, memory);
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
      ProfileNotes notes{.flops = 2.0 * static_cast<double>(count * 4 * pixels * logits_.in)};
      notes.say_shape("input", Shape<4>{count, 2 * bins, 2 * bins, logits_.in})
          .say_shape("output", Shape<3>{count, 2 * bins, 2 * bins});
      return notes;
    });
  }
  return masks;
}

template <Scalar T>
Index MaskHead<T>::channel_of(int label) const {
  if (class_agnostic_) return 0;
  if (label < 0 || static_cast<Index>(label) >= logits_.out)
    fail("mask_head: expected a label from 0 to ", logits_.out - 1, ", found ", label);
  return static_cast<Index>(label);
}

/// One output of the 1 x 1 convolution. The sum runs in 16 lanes, so that compilers can vectorise it.
template <Scalar T>
T MaskHead<T>::logit(const T* features, Index channel) const {
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

#ifdef MASKRCNN_COMPILED
template class MaskHead<float>;
template class MaskHead<double>;
#endif

}  // namespace maskrcnn
