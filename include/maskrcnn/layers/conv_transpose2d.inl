// Bodies of conv_transpose2d.hpp.
#pragma once

#include <maskrcnn/core/error.hpp>
#include <maskrcnn/layers/conv_transpose2d.hpp>
#include <span>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS {

template <Scalar T>
ConvTranspose2d<T>::ConvTranspose2d(const ConvTransposeWeights<T>& weights, const ConvTransposeGeometry& geometry,
                                    const Compute& compute)
    : geometry_(geometry),
      in_(weights.in),
      out_(weights.out),
      height_(weights.height),
      width_(weights.width),
      zeros_(weights.in, T{0}),
      name_(weights.name) {
  const Index expected = in_ * out_ * height_ * width_;
  if (weights.kernel.size() != expected || weights.bias.size() != out_)
    fail("conv_transpose2d: expected ", expected, " weights and ", out_, " biases, found ", weights.kernel.size(),
         " and ", weights.bias.size());
  if (geometry.stride < 1 || geometry.stride > height_ || geometry.stride > width_ || 2 * geometry.padding >= height_ ||
      2 * geometry.padding >= width_)
    fail("conv_transpose2d: expected a stride of 1 to the kernel's size and a padding of less than half of it, found ",
         geometry.stride, " and ", geometry.padding, " with a kernel of ", height_, " x ", width_);
  if (geometry.activation != Activation::none && geometry.activation != Activation::relu)
    fail("conv_transpose2d: expected no activation or ReLU, found another (", name_, ")");
  for (Index y = 0; y < geometry.stride; ++y)
    for (Index x = 0; x < (side_by_side() ? 1 : geometry.stride); ++x) phases_.push_back(phase(weights, y, x, compute));
}

template <Scalar T>
typename ConvTranspose2d<T>::Phase ConvTranspose2d<T>::phase(const ConvTransposeWeights<T>& weights, Index y, Index x,
                                                             const Compute& compute) const {
  // output o comes from input i by tap o + padding - i * stride
  const auto taps = [this](Index position, Index kernel) {
    std::vector<Index> reached;
    for (Index tap = (position + geometry_.padding) % geometry_.stride; tap < kernel; tap += geometry_.stride)
      reached.push_back(tap);
    return reached;
  };
  Phase made{.y = y, .x = x, .tap_y = taps(y, height_), .tap_x = {0}, .product = {}};
  if (!side_by_side()) made.tap_x = taps(x, width_);
  const Index columns = side_by_side() ? width_ * out_ : out_;
  const auto rows = [&](Index k, Index first, std::span<T> to) {
    const Index tap = k / in_, channel = k % in_;
    const Index tap_y = made.tap_y[tap / made.tap_x.size()], tap_x = made.tap_x[tap % made.tap_x.size()];
    for (Index i = 0; i < to.size(); ++i) {
      const Index n = (first + i) % out_, beside = (first + i) / out_;
      to[i] = weights.kernel[((channel * out_ + n) * height_ + tap_y) * width_ + tap_x + beside];
    }
  };
  std::vector<T> bias;
  while (bias.size() < columns) bias.insert(bias.end(), weights.bias.begin(), weights.bias.end());
  made.product = MatrixProduct<T>({made.tap_y.size() * made.tap_x.size() * in_, columns}, rows, bias, compute);
  return made;
}

template <Scalar T>
Tensor<T, 4> ConvTranspose2d<T>::operator()(const Tensor<T, 4>& input) const {
  Tensor<T, 4> output = input.like(Shape<4>{input.size(0), out_height(input.size(1)), out_width(input.size(2)), out_});
  (*this)(input.view(), output.view(), input.workspace());
  return output;
}

template <Scalar T>
void ConvTranspose2d<T>::operator()(TensorView<const T, 4> input, TensorView<T, 4> output,
                                    const Workspace& workspace) const {
  const Shape<4> expected{input.size(0), out_height(input.size(1)), out_width(input.size(2)), out_};
  if (input.size(3) != in_ || output.shape() != expected)
    fail("conv_transpose2d: expected ", in_, " channels in and an output of shape ", shape_text(expected),
         ", found shapes ", shape_text(input.shape()), " and ", shape_text(output.shape()));
  ProfileSpan span(workspace.profile, "layer", name_);
  for (const Phase& phase : phases_) run(phase, input, output, workspace);
  span.end([&] {
    const Index taps = height_ * width_ * input.size(0) * input.size(1) * input.size(2);
    ProfileNotes notes{.flops = 2.0 * static_cast<double>(taps) * static_cast<double>(in_ * out_)};
    notes.say_shape("input", input.shape()).say_shape("output", output.shape());
    return notes;
  });
}

template <Scalar T>
void ConvTranspose2d<T>::run(const Phase& phase, TensorView<const T, 4> input, TensorView<T, 4> output,
                             const Workspace& workspace) const {
  const auto [images, height, width, channels] = output.shape();
  const Index stride = geometry_.stride;
  if (height <= phase.y || width <= phase.x) return;
  const Index rows = (height - phase.y + stride - 1) / stride, columns = (width - phase.x + stride - 1) / stride;
  const auto fill = [&](Index first, Index count, RowPointers<T>& pointers) {
    for (Index r = 0; r < count; ++r) {
      const Index at = first + r, image = at / (rows * columns);
      const Index y = phase.y + at / columns % rows * stride, x = phase.x + at % columns * stride;
      Index segment = r;
      for (const Index tap_y : phase.tap_y)
        for (const Index tap_x : phase.tap_x) {
          // whole: taps of a phase are those that leave no remainder; above and left wraps to a huge number
          const Index from_y = y + geometry_.padding < tap_y ? ~Index{0} : (y + geometry_.padding - tap_y) / stride;
          const Index from_x = x + geometry_.padding < tap_x ? ~Index{0} : (x + geometry_.padding - tap_x) / stride;
          const bool inside = from_y < input.size(1) && from_x < input.size(2);
          pointers.inputs[segment] = inside ? &input(image, from_y, from_x, 0) : zeros_.data();
          segment += pointers.pitch;
        }
      pointers.outputs[r] = &output(image, y, x, 0);
    }
  };
  phase.product({.rows = images * rows * columns,
                 .segments = phase.tap_y.size() * phase.tap_x.size(),
                 .segment = in_,
                 .relu = geometry_.activation == Activation::relu},
                workspace.pool, fill);
}

#ifdef MASKRCNN_COMPILED
template class ConvTranspose2d<float>;
template class ConvTranspose2d<double>;
#endif

}  // namespace maskrcnn
