// Bodies of depthwise_conv2d.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/layers/activation.hpp>
#include <maskrcnn/layers/depthwise_conv2d.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

template <Scalar T>
DepthwiseConv2d<T>::DepthwiseConv2d(const ConvWeights<T>& weights, const ConvGeometry& geometry, const Compute& compute)
    : kernels_(&compute.kernels<T>()),
      geometry_(geometry),
      channels_(weights.out),
      height_(weights.height),
      width_(weights.width),
      name_(weights.name),
      bias_(weights.out, T{0}),
      weights_(weights.kernel.size()) {
  weights.check();
  if (weights.norm) norm_.emplace(*weights.norm);
  if (weights.in != 1) fail("depthwise_conv2d: expected weights of 1 input channel, found ", weights.in);
  std::copy(weights.bias.begin(), weights.bias.end(), bias_.begin());
  const Index taps = height_ * width_;
  for (Index c = 0; c < channels_; ++c)
    for (Index tap = 0; tap < taps; ++tap) weights_[tap * channels_ + c] = weights.kernel[c * taps + tap];
}

template <Scalar T>
Tensor<T, 4> DepthwiseConv2d<T>::operator()(const Tensor<T, 4>& input) const {
  const auto [images, in_height, in_width, channels] = input.shape();
  const Index padding = geometry_.padding, stride = geometry_.stride;
  if (channels != channels_ || in_height + 2 * padding < height_ || in_width + 2 * padding < width_)
    fail("depthwise_conv2d: expected an input of ", channels_, " channels and at least ", height_, " x ", width_,
         " pixels with padding, found shape ", shape_text(input.shape()));
  ProfileSpan span(input.profile(), "layer", name_);
  const Shape<4> shape{images, (in_height + 2 * padding - height_) / stride + 1,
                       (in_width + 2 * padding - width_) / stride + 1, channels};
  Tensor<T, 4> output = input.like(shape);
  parallel_for(images * shape[1], [&, rows = in_height, columns = in_width](Index line) {
    const Taps y = inside(line % shape[1], rows, height_);
    // pixels whose windows meet the image in the same taps go together: all but those at the borders
    for (Index first = 0, end = 0; first < shape[2]; first = end) {
      const Taps x = inside(first, columns, width_);
      for (end = first + 1; end < shape[2] && x.same(inside(end, columns, width_));) ++end;
      kernels_->depthwise({.input = &input(line / shape[1], y.source, x.source, 0),
                           .stride = stride * channels_,
                           .row = columns * channels_,
                           .weights = weights_.data() + (y.first * width_ + x.first) * channels_,
                           .weight_row = width_ * channels_,
                           .rows = y.end - y.first,
                           .columns = x.end - x.first,
                           .bias = bias_.data(),
                           .channels = channels_,
                           .pixels = end - first,
                           .to = output.data() + (line * shape[2] + first) * channels_,
                           .activation = norm_ ? Activation::none : geometry_.activation});
    }
  });
  span.end([&] {
    ProfileNotes notes{.flops = 2.0 * static_cast<double>(output.count()) * static_cast<double>(height_ * width_)};
    notes.say_shape("input", input.shape())
        .say_shape("output", output.shape())
        .say_shape("kernel", std::array{height_, width_})
        .say("stride", std::to_string(geometry_.stride))
        .say("algorithm", "depthwise");
    return notes;
  });
  if (!norm_) return output;
  (*norm_)(output, Addend<T>(nullptr, output.shape()), geometry_.activation);
  if (geometry_.activation != Activation::relu) activate(output, geometry_.activation);
  return output;
}

template <Scalar T>
typename DepthwiseConv2d<T>::Taps DepthwiseConv2d<T>::inside(Index position, Index size, Index kernel) const {
  const Index begin = position * geometry_.stride, padding = geometry_.padding;
  const Index first = begin < padding ? padding - begin : 0;
  return {first, std::min(kernel, size + padding - begin), begin + first - padding};
}

#ifdef MASKRCNN_COMPILED
template class DepthwiseConv2d<float>;
template class DepthwiseConv2d<double>;
#endif

}  // namespace maskrcnn
