/// Fully connected layers.
#pragma once

#include <maskrcnn/ops/gemm.hpp>
#include <string>
#include <utility>

namespace maskrcnn {

/// [N, in] -> [N, out]: x * weight^T + bias, then an optional ReLU. Products are computed of `Operand`, sums in T.
template <Scalar T, kernels::OperandOf<T> Operand = T>
class Linear {
 public:
  Linear() = default;

  /// @param weight [out, in], row-major, as `torch.nn.Linear` stores it
  /// @param bias   [out]
  /// @throws Error if the numbers of weights do not fit the sizes
  Linear(Index in, Index out, const std::vector<T>& weight, const std::vector<T>& bias, bool relu,
         const kernels::KernelSet<T>& kernels = kernels::best_kernels<T>())
      : relu_(relu) {
    if (weight.size() != in * out || bias.size() != out)
      fail("linear: expected ", in * out, " weights and ", out, " biases, found ", weight.size(), " and ", bias.size());
    matrix_ = PackedMatrix<T, Operand>(
        in, out, [&](Index k, Index n) { return weight[n * in + k]; }, bias, kernels);
  }

  /// Itself, with a name for profiles: its place in the weights.
  [[nodiscard]] Linear named(std::string name) && {
    name_ = std::move(name);
    return std::move(*this);
  }

  [[nodiscard]] Index in_features() const { return matrix_.depth(); }
  [[nodiscard]] Index out_features() const { return matrix_.columns(); }

  /// Any tensor whose dimensions after the first have `in` elements together.
  /// @throws Error if they have not
  template <std::size_t Rank>
  [[nodiscard]] Tensor<T, 2> operator()(const Tensor<T, Rank>& input) const {
    const Index rows = input.size(0), in = matrix_.depth(), out = matrix_.columns();
    if (element_count(input.shape()) != rows * in)
      fail("linear: expected ", in, " features a row, found shape ", shape_text(input.shape()));
    ProfileSpan span(input.profile(), "layer", name_);
    Tensor<T, 2> output = input.like(Shape<2>{rows, out});
    gemm(matrix_, {.rows = rows, .segments = 1, .segment = in, .relu = relu_}, input.pool(),
         [&](Index first, Index count, RowPointers<T>& pointers) {
           for (Index r = 0; r < count; ++r) {
             pointers.inputs[r] = input.data() + (first + r) * in;
             pointers.outputs[r] = output.data() + (first + r) * out;
           }
         });
    span.end([&] {
      return ProfileNotes{.flops = 2.0 * static_cast<double>(rows) * static_cast<double>(in) * static_cast<double>(out),
                          .details = {{"input", shape_text(input.shape())}, {"output", shape_text(output.shape())}}};
    });
    return output;
  }

 private:
  bool relu_ = false;
  PackedMatrix<T, Operand> matrix_;
  std::string name_ = "linear";
};

}  // namespace maskrcnn
