// Bodies of linear.hpp.
#pragma once

#include <algorithm>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/layers/linear.hpp>
#include <span>

namespace maskrcnn::inline MASKRCNN_FLAGS {

template <Scalar T>
Linear<T>::Linear(const LinearWeights<T>& weights, Activation activation, const Compute& compute)
    : relu_(activation == Activation::relu), name_(weights.name) {
  const Index in = weights.in, out = weights.out;
  if (weights.weight.size() != in * out || weights.bias.size() != out)
    fail("linear: expected ", in * out, " weights and ", out, " biases, found ", weights.weight.size(), " and ",
         weights.bias.size());
  if (activation != Activation::none && activation != Activation::relu)
    fail("linear: expected no activation or ReLU, found another (", name_, ")");
  const auto rows = [&](Index k, Index first, std::span<T> to) {
    const T* from = weights.weight.data() + first * in + k;
    for (Index n = 0; n < to.size(); ++n) to[n] = from[n * in];
  };
  product_ = MatrixProduct<T>({in, out}, rows, weights.bias, compute);
}

template <Scalar T>
Tensor<T, 2> Linear<T>::run(TensorView<const T, 2> input, const Workspace& workspace) const {
  const Index rows = input.size(0), in = input.size(1), out = out_features();
  ProfileSpan span(workspace.profile, "layer", name_);
  Tensor<T, 2> output(Shape<2>{rows, out}, workspace);
  product_({.rows = rows, .segments = 1, .segment = in, .relu = relu_}, workspace.pool,
           [&](Index first, Index count, RowPointers<T>& pointers) {
             for (Index r = 0; r < count; ++r) {
               pointers.inputs[r] = input.data() + (first + r) * in;
               pointers.outputs[r] = output.data() + (first + r) * out;
             }
           });
  span.end([&] {
    ProfileNotes notes{.flops = 2.0 * static_cast<double>(rows) * static_cast<double>(in) * static_cast<double>(out)};
    notes.say_shape("input", input.shape()).say_shape("output", output.shape());
    return notes;
  });
  return output;
}

#ifdef MASKRCNN_COMPILED
template class Linear<float>;
template class Linear<double>;
#endif

}  // namespace maskrcnn
