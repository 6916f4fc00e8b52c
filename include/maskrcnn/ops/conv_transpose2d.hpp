/// Transposed convolution, kernel 2 x 2, stride 2: every input pixel becomes 2 x 2 output pixels that nothing else
/// touches, so it is four matrix products.
#pragma once

#include <array>
#include <maskrcnn/ops/gemm.hpp>

namespace maskrcnn {

/// [N, H, W, in] -> [N, 2 H, 2 W, out], bias, then an optional ReLU.
template <Scalar T>
class ConvTranspose2x2 {
 public:
  ConvTranspose2x2() = default;

  /// @param weights [in, out, 2, 2], row-major, as `torch.nn.ConvTranspose2d` stores them
  /// @param bias    [out]
  /// @throws Error if the numbers of weights do not fit the sizes
  ConvTranspose2x2(Index in, Index out, const std::vector<T>& weights, const std::vector<T>& bias, bool relu,
                   const kernels::GemmKernel<T>& kernel = kernels::gemm_kernel<T>())
      : relu_(relu) {
    if (weights.size() != 4 * in * out || bias.size() != out)
      fail("conv_transpose2x2: expected ", 4 * in * out, " weights and ", out, " biases, found ", weights.size(),
           " and ", bias.size());
    for (Index corner = 0; corner < 4; ++corner)
      corners_[corner] = PackedMatrix<T>(
          in, out, [&](Index k, Index n) { return weights[(k * out + n) * 4 + corner]; }, bias, kernel);
  }

  /// @throws Error if the channels do not fit
  [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& input) const {
    Tensor<T, 4> output =
        input.like(Shape<4>{input.size(0), 2 * input.size(1), 2 * input.size(2), corners_[0].columns()});
    (*this)(input.view(), output.view());
    return output;
  }

  /// The same into memory of the caller's.
  /// @throws Error if shapes do not fit
  void operator()(TensorView<const T, 4> input, TensorView<T, 4> output) const {
    const auto [images, height, width, channels] = input.shape();
    const Index out = corners_[0].columns();
    if (channels != corners_[0].depth() || output.shape() != Shape<4>{images, 2 * height, 2 * width, out})
      fail("conv_transpose2x2: expected ", corners_[0].depth(), " channels in and ", out,
           " out at twice the size, found shapes ", shape_text(input.shape()), " and ", shape_text(output.shape()));
    for (Index corner = 0; corner < 4; ++corner)
      gemm(corners_[corner], {.rows = images * height * width, .segments = 1, .segment = channels}, false, relu_,
           [&, w = width, c = channels](Index first, Index count, RowPointers<T>& rows) {
             for (Index r = 0; r < count; ++r) {
               const Index pixel = first + r, line = pixel / w, column = pixel % w;  // a line of any image
               rows.inputs[r] = input.data() + pixel * c;
               rows.outputs[r] = output.data() + ((2 * line + corner / 2) * 2 * w + 2 * column + corner % 2) * out;
             }
           });
  }

 private:
  bool relu_ = false;
  std::array<PackedMatrix<T>, 4> corners_;
};

}  // namespace maskrcnn
