/// Direct convolution on channels-last tensors: a matrix product whose rows are read where they lie.
#pragma once

#include <algorithm>
#include <concepts>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/layers/conv_algorithm.hpp>
#include <maskrcnn/layers/conv_geometry.hpp>
#include <maskrcnn/layers/gemm.hpp>
#include <maskrcnn/layers/packed_conv.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Convolution [N, H, W, in] -> [N, H', W', out] with H' = (H + 2 padding - dilation (height - 1) - 1) / stride + 1, W'
/// likewise: bias, then an optional addend, then an optional ReLU, fused. Weights are packed once, at construction.
/// Inputs of kernels larger than 1 x 1, which are read several times, are rounded to the operand beforehand. Groups are
/// blocks of one product.
template <Scalar T, kernels::OperandOf<T> Operand = T>
class DirectConv2d final : public ConvAlgorithm<T> {
 public:
  DirectConv2d(const ConvWeights<T>& weights, const ConvGeometry& geometry, const kernels::KernelSet<T>& kernels)
      : geometry_(geometry),
        in_(weights.in),
        out_(weights.out),
        height_(weights.height),
        width_(weights.width),
        matrix_(pack_conv<Operand>(weights, kernels)) {}

  [[nodiscard]] Index in_channels() const override { return in_; }
  [[nodiscard]] Index out_channels() const override { return out_; }
  [[nodiscard]] const char* algorithm() const override {
    return std::same_as<Operand, T> ? "direct" : "direct, bfloat16";
  }

  [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& input, const Tensor<T, 4>* added,
                                        Tensor<T, 4>* reuse) const override {
    const auto [images, in_height, in_width, channels] = input.shape();
    const Index reach_y = geometry_.dilation * (height_ - 1) + 1, reach_x = geometry_.dilation * (width_ - 1) + 1;
    if (channels != in_ || in_height + 2 * geometry_.padding < reach_y || in_width + 2 * geometry_.padding < reach_x)
      fail("conv2d: expected an input of ", in_, " channels and at least ", reach_y, " x ", reach_x,
           " pixels with padding, found shape ", shape_text(input.shape()));
    const Shape<4> shape{images, (in_height + 2 * geometry_.padding - reach_y) / geometry_.stride + 1,
                         (in_width + 2 * geometry_.padding - reach_x) / geometry_.stride + 1, out_};
    const Addend<T> addend(added, shape);

    if constexpr (!std::same_as<Operand, T>) {
      if (height_ * width_ > 1 || matrix_.blocks() > 1) {
        const PooledMemory rounded = round(input);
        return multiply(Map<Operand>{static_cast<const Operand*>(rounded.data()), input.shape()}, shape, input, addend,
                        reuse);
      }
    }
    // A few channels a pixel (the stem) would make short segments: then a whole kernel row is one segment, read from a
    // copy of the input that has its padding as real zeros.
    if (by_rows()) {
      const Tensor<T, 4> padded = pad(input);
      return multiply(Map<T>{padded.data(), padded.shape()}, shape, input, addend, reuse);
    }
    return multiply(Map<T>{input.data(), input.shape()}, shape, input, addend, reuse);
  }

 private:
  /// Where inputs are read.
  template <class Input>
  struct Map {
    const Input* pixels;
    Shape<4> shape;
  };

  /// @param map the input as it is to be read: itself, padded, or rounded
  template <class Input>
  [[nodiscard]] Tensor<T, 4> multiply(const Map<Input>& map, const Shape<4>& shape, const Tensor<T, 4>& input,
                                      const Addend<T>& addend, Tensor<T, 4>* reuse) const {
    const std::vector<Input> zeros(in_, Input{});
    const GemmShape gemm_shape{.rows = shape[0] * shape[1] * shape[2],
                               .segments = by_rows() ? height_ : height_ * width_,
                               .segment = matrix_.depth() / (by_rows() ? height_ : height_ * width_),
                               .with_addend = static_cast<bool>(addend),
                               .relu = geometry_.activation == Activation::relu};
    const bool reuses = reuse != nullptr && reuse->shape() == shape && gemm_shape.one_step(matrix_.kernel());
    Tensor<T, 4> output = reuses ? std::move(*reuse) : input.like(shape);
    const auto fill = [&](Index first, Index count, RowPointers<T, Input>& rows) {
      Pixel at{first / (shape[1] * shape[2]), first / shape[2] % shape[1], first % shape[2]};
      for (Index r = 0; r < count; ++r, at.advance(shape)) {
        if (by_rows())
          fill_rows(map, at, rows.inputs.data() + r, rows.pitch);
        else
          fill_taps(map, at, zeros.data(), rows.inputs.data() + r, rows.pitch);
        rows.outputs[r] = output.data() + (first + r) * out_;
        if (addend) rows.addends[r] = addend(first + r);
      }
    };
    gemm_of<Input>(matrix_, gemm_shape, input.pool(), FillRows<T, Input>(fill));
    return output;
  }

  [[nodiscard]] bool by_rows() const {
    return in_ < 16 && width_ > 1 && geometry_.dilation == 1 && matrix_.blocks() == 1 && std::same_as<Operand, T>;
  }

  /// An output pixel.
  struct Pixel {
    Index image, y, x;
    void advance(const Shape<4>& shape) {
      if (++x == shape[2]) x = 0, ++y;
      if (y == shape[1]) y = 0, ++image;
    }
  };

  /// Where each tap of the kernel reads for output pixel `at`; zeros outside the image.
  template <class Input>
  void fill_taps(const Map<Input>& map, const Pixel& at, const Input* zeros, const Input** taps, Index pitch) const {
    const Index height = map.shape[1], width = map.shape[2];
    const Input* const image = map.pixels + at.image * height * width * in_;
    if (height_ == 1 && width_ == 1 && geometry_.padding == 0) {
      *taps = image + (at.y * geometry_.stride * width + at.x * geometry_.stride) * in_;
      return;
    }
    for (Index ky = 0; ky < height_; ++ky)
      for (Index kx = 0; kx < width_; ++kx, taps += pitch) {
        // unsigned arithmetic: above and left of the image wraps to a huge number, which is outside too
        const Index y = at.y * geometry_.stride + ky * geometry_.dilation - geometry_.padding;
        const Index x = at.x * geometry_.stride + kx * geometry_.dilation - geometry_.padding;
        *taps = y < height && x < width ? image + (y * width + x) * in_ : zeros;
      }
  }

  /// Where each row of the kernel begins in the padded copy.
  template <class Input>
  void fill_rows(const Map<Input>& padded, const Pixel& at, const Input** kernel_rows, Index pitch) const {
    const Index height = padded.shape[1], width = padded.shape[2], x = at.x * geometry_.stride;
    for (Index ky = 0; ky < height_; ++ky, kernel_rows += pitch)
      *kernel_rows = padded.pixels + ((at.image * height + at.y * geometry_.stride + ky) * width + x) * in_;
  }

  /// The whole input as operands.
  [[nodiscard]] PooledMemory round(const Tensor<T, 4>& input) const {
    PooledMemory memory(input.count() * sizeof(Operand), input.pool());
    auto* const to = static_cast<Operand*>(memory.data());
    const Index row = input.size(2) * in_;
    parallel_for(input.size(0) * input.size(1),
                 [&](Index line) { matrix_.kernels().round_to_bf16(input.data() + line * row, row, to + line * row); });
    return memory;
  }

  [[nodiscard]] Tensor<T, 4> pad(const Tensor<T, 4>& input) const {
    const auto [images, height, width, channels] = input.shape();
    const Index padding = geometry_.padding, row = (width + 2 * padding) * channels;
    Tensor<T, 4> padded = input.like(Shape<4>{images, height + 2 * padding, width + 2 * padding, channels});
    parallel_for(images * padded.size(1), [&, h = height, w = width, c = channels](Index line) {
      T* const to = padded.data() + line * row;
      std::fill_n(to, row, T{0});
      const Index y = line % (h + 2 * padding) - padding;
      if (y < h) std::copy_n(&input(line / (h + 2 * padding), y, 0, 0), w * c, to + padding * c);
    });
    return padded;
  }

  ConvGeometry geometry_;
  Index in_ = 0, out_ = 0, height_ = 0, width_ = 0;
  PackedMatrix<T, Operand> matrix_;
};

}  // namespace maskrcnn
