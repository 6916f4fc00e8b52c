/// The end of a residual block that changes shape: two 1 x 1 convolutions and their sum, as one product.
#pragma once

#include <algorithm>
#include <maskrcnn/ops/conv_geometry.hpp>
#include <maskrcnn/ops/gemm.hpp>
#include <numeric>
#include <string>

namespace maskrcnn {

/// relu(last(x) + projection(input)): with the channels of both inputs in a row, one matrix product. The projected
/// input never goes to memory, which for the first blocks of a ResNet costs more than its arithmetic.
template <Scalar T, kernels::OperandOf<T> Operand = T>
class ProjectedConv2d {
 public:
  /// @param last       1 x 1, stride 1
  /// @param projection 1 x 1
  /// @param stride     of the projection
  /// @throws Error if one of them is not 1 x 1 or they do not have the same number of outputs
  ProjectedConv2d(const ConvWeights<T>& last, const ConvWeights<T>& projection, Index stride,
                  const kernels::KernelSet<T>& kernels = kernels::best_kernels<T>())
      : name_(joint_name(last.name, projection.name)), stride_(stride), last_in_(last.in), in_(projection.in) {
    for (const ConvWeights<T>* weights : {&last, &projection}) {
      weights->check();
      if (weights->height != 1 || weights->width != 1 || weights->out != last.out)
        fail("projected_conv2d: expected two 1 x 1 convolutions to as many channels, found ", last.name, " of ",
             last.height, " x ", last.width, " to ", last.out, ", ", projection.name, " of ", projection.height, " x ",
             projection.width, " to ", projection.out);
    }
    std::vector<T> bias(last.out, T{0});
    for (const ConvWeights<T>* weights : {&last, &projection})
      for (Index n = 0; n < weights->bias.size(); ++n) bias[n] += weights->bias[n];
    matrix_ = PackedMatrix<T, Operand>(
        last_in_ + in_, last.out,
        [&](Index k, Index n) {
          return k < last_in_ ? last.kernel[n * last_in_ + k] : projection.kernel[n * in_ + k - last_in_];
        },
        bias, kernels);
  }

  [[nodiscard]] Index out_channels() const { return matrix_.columns(); }

  /// @param x     [N, H', W', last's in]
  /// @param input [N, H, W, projection's in], H' = (H - 1) / stride + 1, W' likewise
  /// @throws Error if the shapes do not fit
  [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& x, const Tensor<T, 4>& input) const {
    const auto strided = [this](Index size) { return size == 0 ? 0 : (size - 1) / stride_ + 1; };
    const Shape<4> expected{input.size(0), strided(input.size(1)), strided(input.size(2)), last_in_};
    if (x.shape() != expected || input.size(3) != in_)
      fail("projected_conv2d: expected shape ", shape_text(expected), " beside an input of ", in_, " channels, found ",
           shape_text(x.shape()), " and ", shape_text(input.shape()));
    ProfileSpan span(input.profile(), "layer", name_);
    const Shape<4> shape{x.size(0), x.size(1), x.size(2), matrix_.columns()};
    Tensor<T, 4> output = x.like(shape);
    // rows are pieces of equal length: the largest that both inputs consist of
    const Index piece = std::gcd(last_in_, in_), last_pieces = last_in_ / piece;
    const GemmShape product{
        .rows = shape[0] * shape[1] * shape[2], .segments = (last_in_ + in_) / piece, .segment = piece, .relu = true};
    gemm(matrix_, product, x.pool(), [&](Index first, Index count, RowPointers<T>& rows) {
      for (Index r = 0; r < count; ++r) {
        const Index pixel = first + r, column = pixel % shape[2], line = pixel / shape[2];
        const T* const from = &input(line / shape[1], line % shape[1] * stride_, column * stride_, 0);
        for (Index s = 0; s < product.segments; ++s)
          rows.inputs[s * rows.pitch + r] =
              s < last_pieces ? x.data() + pixel * last_in_ + s * piece : from + (s - last_pieces) * piece;
        rows.outputs[r] = output.data() + pixel * shape[3];
      }
    });
    span.end([&] { return notes(x, input, output); });
    return output;
  }

 private:
  /// "place.conv3 + downsample.0": the place, which both share, once.
  static std::string joint_name(const std::string& last, const std::string& projection) {
    const std::string place = last.substr(0, last.rfind('.') + 1);
    return last + " + " + (projection.starts_with(place) ? projection.substr(place.size()) : projection);
  }

  [[nodiscard]] ProfileNotes notes(const Tensor<T, 4>& x, const Tensor<T, 4>& input, const Tensor<T, 4>& output) const {
    return {.flops = 2.0 * static_cast<double>(output.count()) * static_cast<double>(last_in_ + in_),
            .details = {{"input", shape_text(x.shape()) + " and " + shape_text(input.shape())},
                        {"output", shape_text(output.shape())},
                        {"kernel", "[1,1]"},
                        {"stride", "1 and " + std::to_string(stride_)},
                        {"way", std::same_as<Operand, T> ? "direct" : "direct, bfloat16"},
                        {"counted as", "direct"}}};
  }

  std::string name_;
  Index stride_, last_in_, in_;
  PackedMatrix<T, Operand> matrix_;
};

}  // namespace maskrcnn
