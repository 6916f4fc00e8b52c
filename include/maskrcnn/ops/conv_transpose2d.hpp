/// Transposed convolution, kernel 2 x 2, stride 2: every input pixel becomes 2 x 2 output pixels that nothing else
/// touches, so it is matrix products: one for the upper outputs, one for the lower ones.
#pragma once

#include <array>
#include <maskrcnn/ops/gemm.hpp>
#include <string>
#include <utility>

namespace maskrcnn {

/// [N, H, W, in] -> [N, 2 H, 2 W, out], bias, then an optional ReLU. Products are computed of `Operand`, sums in T.
template <Scalar T, kernels::OperandOf<T> Operand = T>
class ConvTranspose2x2 {
 public:
  ConvTranspose2x2() = default;

  /// @param weights [in, out, 2, 2], row-major, as `torch.nn.ConvTranspose2d` stores them
  /// @param bias    [out]
  /// @throws Error if the numbers of weights do not fit the sizes
  ConvTranspose2x2(Index in, Index out, const std::vector<T>& weights, const std::vector<T>& bias, bool relu,
                   const kernels::KernelSet<T>& kernels = kernels::best_kernels<T>())
      : relu_(relu), out_(out) {
    if (weights.size() != 4 * in * out || bias.size() != out)
      fail("conv_transpose2x2: expected ", 4 * in * out, " weights and ", out, " biases, found ", weights.size(),
           " and ", bias.size());
    std::vector<T> biases(bias);
    biases.insert(biases.end(), bias.begin(), bias.end());
    for (Index half = 0; half < 2; ++half)
      halves_[half] = PackedMatrix<T, Operand>(
          in, 2 * out, [&](Index k, Index n) { return weights[(k * out + n % out) * 4 + 2 * half + n / out]; }, biases,
          kernels);
  }

  /// Itself, with a name for profiles: its place in the weights.
  [[nodiscard]] ConvTranspose2x2 named(std::string name) && {
    name_ = std::move(name);
    return std::move(*this);
  }

  /// @throws Error if the channels do not fit
  [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& input) const {
    Tensor<T, 4> output = input.like(Shape<4>{input.size(0), 2 * input.size(1), 2 * input.size(2), out_});
    (*this)(input.view(), output.view(), input.workspace());
    return output;
  }

  /// The same into memory of the caller's; scratch memory comes from the workspace, times go there.
  /// @throws Error if shapes do not fit
  void operator()(TensorView<const T, 4> input, TensorView<T, 4> output, const Workspace& workspace) const {
    const auto [images, height, width, channels] = input.shape();
    const Index out = out_;
    if (channels != halves_[0].depth() || output.shape() != Shape<4>{images, 2 * height, 2 * width, out})
      fail("conv_transpose2x2: expected ", halves_[0].depth(), " channels in and ", out,
           " out at twice the size, found shapes ", shape_text(input.shape()), " and ", shape_text(output.shape()));
    ProfileSpan span(workspace.profile, "layer", name_);
    for (Index half = 0; half < 2; ++half)
      gemm(halves_[half], {.rows = images * height * width, .segments = 1, .segment = channels, .relu = relu_},
           workspace.pool, [&, w = width, c = channels](Index first, Index count, RowPointers<T>& rows) {
             for (Index r = 0; r < count; ++r) {
               const Index pixel = first + r, line = pixel / w, column = pixel % w;  // a line of any image
               rows.inputs[r] = input.data() + pixel * c;
               rows.outputs[r] = output.data() + ((2 * line + half) * 2 * w + 2 * column) * out;
             }
           });
    span.end([&] {
      return ProfileNotes{.flops = 2.0 * static_cast<double>(output.count()) * static_cast<double>(input.size(3)),
                          .details = {{"input", shape_text(input.shape())}, {"output", shape_text(output.shape())}}};
    });
  }

 private:
  bool relu_ = false;
  std::array<PackedMatrix<T, Operand>, 2> halves_;  ///< upper and lower outputs: two neighbours lie side by side
  Index out_ = 0;
  std::string name_ = "conv_transpose2x2";
};

}  // namespace maskrcnn
