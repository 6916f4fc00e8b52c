/// Direct convolution on channels-last tensors: a matrix product whose rows are read where they lie.
#pragma once

#include <algorithm>
#include <maskrcnn/ops/conv_geometry.hpp>
#include <maskrcnn/ops/gemm.hpp>

namespace maskrcnn {

/// Convolution [N, H, W, in] -> [N, H', W', out] with H' = (H + 2 padding - height) / stride + 1, W' likewise: bias,
/// then an optional addend, then an optional ReLU, fused. Weights are packed once, at construction. Operands other than
/// the scalar itself are for 1 x 1 kernels.
template <Scalar T, kernels::OperandOf<T> Operand = T>
class DirectConv2d {
 public:
  DirectConv2d() = default;

  DirectConv2d(const ConvWeights<T>& weights, const ConvGeometry& geometry, const kernels::KernelSet<T>& kernels)
      : geometry_(geometry), in_(weights.in), height_(weights.height), width_(weights.width) {
    const Index depth = weights.in * weights.height * weights.width;
    const Index taps = weights.height * weights.width;
    matrix_ = PackedMatrix<T, Operand>(
        depth, weights.out,
        [&](Index k, Index n) { return weights.kernel[(n * weights.in + k % weights.in) * taps + k / weights.in]; },
        weights.bias, kernels);
  }

  [[nodiscard]] Index in_channels() const { return in_; }
  [[nodiscard]] Index out_channels() const { return matrix_.columns(); }

  /// @param reuse null, or what `added` points to, if the output may take its memory
  /// @throws Error if channels do not fit or the input is smaller than the kernel
  [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& input, const Tensor<T, 4>* added,
                                        Tensor<T, 4>* reuse) const {
    const auto [images, in_height, in_width, channels] = input.shape();
    if (channels != in_ || in_height + 2 * geometry_.padding < height_ || in_width + 2 * geometry_.padding < width_)
      fail("conv2d: expected an input of ", in_, " channels and at least ", height_, " x ", width_,
           " pixels with padding, found shape ", shape_text(input.shape()));
    const Shape<4> shape{images, (in_height + 2 * geometry_.padding - height_) / geometry_.stride + 1,
                         (in_width + 2 * geometry_.padding - width_) / geometry_.stride + 1, matrix_.columns()};
    const Addend<T> addend(added, shape);

    // A few channels a pixel (the stem) would make short segments: then a whole kernel row is one segment, read from a
    // copy of the input that has its padding as real zeros.
    const bool by_rows = in_ < 16 && width_ > 1;
    const Tensor<T, 4> padded = by_rows ? pad(input) : Tensor<T, 4>();
    const std::vector<T> zeros(by_rows ? 0 : in_, T{0});
    const GemmShape gemm_shape{.rows = images * shape[1] * shape[2],
                               .segments = by_rows ? height_ : height_ * width_,
                               .segment = by_rows ? width_ * in_ : in_,
                               .with_addend = static_cast<bool>(addend),
                               .relu = geometry_.relu};
    const bool reuses = reuse != nullptr && reuse->shape() == shape && gemm_shape.one_step();
    Tensor<T, 4> output = reuses ? std::move(*reuse) : input.like(shape);
    gemm(matrix_, gemm_shape, input.pool(), [&](Index first, Index count, RowPointers<T>& rows) {
      Pixel at{first / (shape[1] * shape[2]), first / shape[2] % shape[1], first % shape[2]};
      for (Index r = 0; r < count; ++r, at.advance(shape)) {
        if (by_rows)
          fill_rows(padded, at, rows.inputs.data() + r, rows.pitch);
        else
          fill_taps(input, at, zeros.data(), rows.inputs.data() + r, rows.pitch);
        rows.outputs[r] = output.data() + (first + r) * shape[3];
        if (addend) rows.addends[r] = addend(first + r);
      }
    });
    return output;
  }

 private:
  /// An output pixel.
  struct Pixel {
    Index image, y, x;
    void advance(const Shape<4>& shape) {
      if (++x == shape[2]) x = 0, ++y;
      if (y == shape[1]) y = 0, ++image;
    }
  };

  /// Where each tap of the kernel reads for output pixel `at`; zeros outside the image.
  void fill_taps(const Tensor<T, 4>& input, const Pixel& at, const T* zeros, const T** taps, Index pitch) const {
    const Index height = input.size(1), width = input.size(2);
    const T* const image = input.data() + at.image * height * width * in_;
    if (height_ == 1 && width_ == 1 && geometry_.padding == 0) {
      *taps = image + (at.y * geometry_.stride * width + at.x * geometry_.stride) * in_;
      return;
    }
    for (Index ky = 0; ky < height_; ++ky)
      for (Index kx = 0; kx < width_; ++kx, taps += pitch) {
        // unsigned arithmetic: above and left of the image wraps to a huge number, which is outside too
        const Index y = at.y * geometry_.stride + ky - geometry_.padding;
        const Index x = at.x * geometry_.stride + kx - geometry_.padding;
        *taps = y < height && x < width ? image + (y * width + x) * in_ : zeros;
      }
  }

  /// Where each row of the kernel begins in the padded copy.
  void fill_rows(const Tensor<T, 4>& padded, const Pixel& at, const T** kernel_rows, Index pitch) const {
    for (Index ky = 0; ky < height_; ++ky, kernel_rows += pitch)
      *kernel_rows = &padded(at.image, at.y * geometry_.stride + ky, at.x * geometry_.stride, 0);
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
  Index in_ = 0, height_ = 0, width_ = 0;
  PackedMatrix<T, Operand> matrix_;
};

}  // namespace maskrcnn
