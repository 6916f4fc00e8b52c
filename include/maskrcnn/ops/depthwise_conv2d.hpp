/// Depthwise convolution on channels-last tensors: every channel has a kernel of its own.
#pragma once

#include <algorithm>
#include <array>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/kernels/dispatch.hpp>
#include <maskrcnn/ops/conv_geometry.hpp>
#include <string>
#include <utility>
#include <vector>

namespace maskrcnn {

/// Depthwise convolution [N, H, W, C] -> [N, H', W', C] with H' = (H + 2 padding - height) / stride + 1, W' likewise:
/// bias, then an activation, fused. torch's `conv2d` with as many groups as channels.
template <Scalar T>
class DepthwiseConv2d {
 public:
  DepthwiseConv2d() = default;

  /// @param weights  of one input channel each: [C, 1, height, width]
  /// @param geometry its ReLU comes from `activation`, not from here
  /// @throws Error if the numbers of weights do not fit the sizes
  DepthwiseConv2d(const ConvWeights<T>& weights, const ConvGeometry& geometry, Activation activation,
                  const kernels::KernelSet<T>& kernels = kernels::best_kernels<T>())
      : kernels_(&kernels),
        geometry_(geometry),
        activation_(activation),
        channels_(weights.out),
        height_(weights.height),
        width_(weights.width),
        name_(weights.name),
        bias_(weights.out, T{0}),
        weights_(weights.kernel.size()) {
    weights.check();
    if (weights.in != 1) fail("depthwise_conv2d: expected weights of 1 input channel, found ", weights.in);
    std::copy(weights.bias.begin(), weights.bias.end(), bias_.begin());
    const Index taps = height_ * width_;
    for (Index c = 0; c < channels_; ++c)
      for (Index tap = 0; tap < taps; ++tap) weights_[tap * channels_ + c] = weights.kernel[c * taps + tap];
  }

  [[nodiscard]] Index channels() const { return channels_; }

  /// @throws Error if channels do not fit or the input is smaller than the kernel
  [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& input) const {
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
                             .activation = activation_});
      }
    });
    span.end([&] { return notes(input, output); });
    return output;
  }

 private:
  /// The part of a kernel that lies inside the image, along one axis.
  struct Taps {
    Index first, end, source;  ///< taps [first, end); where the first one reads
    [[nodiscard]] bool same(const Taps& other) const { return first == other.first && end == other.end; }
  };
  [[nodiscard]] Taps inside(Index position, Index size, Index kernel) const {
    const Index begin = position * geometry_.stride, padding = geometry_.padding;
    const Index first = begin < padding ? padding - begin : 0;
    return {first, std::min(kernel, size + padding - begin), begin + first - padding};
  }

  [[nodiscard]] ProfileNotes notes(const Tensor<T, 4>& input, const Tensor<T, 4>& output) const {
    return {.flops = 2.0 * static_cast<double>(output.count()) * static_cast<double>(height_ * width_),
            .details = {{"input", shape_text(input.shape())},
                        {"output", shape_text(output.shape())},
                        {"kernel", shape_text(std::array{height_, width_})},
                        {"stride", std::to_string(geometry_.stride)},
                        {"way", "depthwise"}}};
  }

  const kernels::KernelSet<T>* kernels_ = nullptr;
  ConvGeometry geometry_;
  Activation activation_ = Activation::none;
  Index channels_ = 0, height_ = 0, width_ = 0;
  std::string name_;
  std::vector<T> bias_;     ///< [C]
  std::vector<T> weights_;  ///< [taps, C]
};

}  // namespace maskrcnn
