// Bodies of projected_conv2d.hpp.
#pragma once

#include <algorithm>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/layers/projected_conv2d.hpp>
#include <numeric>
#include <span>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

namespace projected_conv2d {

/// "place.conv3 + downsample.0": the place, which both share, once.
[[nodiscard]] inline std::string joint_name(const std::string& last, const std::string& projection) {
  const std::string place = last.substr(0, last.rfind('.') + 1);
  return last + " + " + (projection.starts_with(place) ? projection.substr(place.size()) : projection);
}

}  // namespace projected_conv2d

template <Scalar T>
ProjectedConv2d<T>::ProjectedConv2d(const ConvWeights<T>& last, const ConvWeights<T>& projection, Index stride,
                                    const Compute& compute)
    : name_(projected_conv2d::joint_name(last.name, projection.name)),
      stride_(stride),
      last_in_(last.in),
      in_(projection.in) {
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
  const auto rows = [&](Index k, Index first, std::span<T> to) {
    const ConvWeights<T>& weights = k < last_in_ ? last : projection;
    const T* from = weights.kernel.data() + first * weights.in + (k < last_in_ ? k : k - last_in_);
    for (Index n = 0; n < to.size(); ++n) to[n] = from[n * weights.in];
  };
  product_ = MatrixProduct<T>({last_in_ + in_, last.out}, rows, bias, compute);
}

template <Scalar T>
Tensor<T, 4> ProjectedConv2d<T>::operator()(const Tensor<T, 4>& x, const Tensor<T, 4>& input) const {
  const auto strided = [this](Index size) { return size == 0 ? 0 : (size - 1) / stride_ + 1; };
  const Shape<4> expected{input.size(0), strided(input.size(1)), strided(input.size(2)), last_in_};
  if (x.shape() != expected || input.size(3) != in_)
    fail("projected_conv2d: expected shape ", shape_text(expected), " beside an input of ", in_, " channels, found ",
         shape_text(x.shape()), " and ", shape_text(input.shape()));
  ProfileSpan span(input.profile(), "layer", name_);
  const Shape<4> shape{x.size(0), x.size(1), x.size(2), product_.columns()};
  Tensor<T, 4> output = x.like(shape);
  // rows are pieces of equal length: the largest that both inputs consist of
  const Index piece = std::gcd(last_in_, in_), last_pieces = last_in_ / piece;
  const GemmShape shape_of_product{
      .rows = shape[0] * shape[1] * shape[2], .segments = (last_in_ + in_) / piece, .segment = piece, .relu = true};
  product_(shape_of_product, x.pool(), [&](Index first, Index count, RowPointers<T>& rows) {
    for (Index r = 0; r < count; ++r) {
      const Index pixel = first + r, column = pixel % shape[2], line = pixel / shape[2];
      const T* const from = &input(line / shape[1], line % shape[1] * stride_, column * stride_, 0);
      for (Index s = 0; s < shape_of_product.segments; ++s)
        rows.inputs[s * rows.pitch + r] =
            s < last_pieces ? x.data() + pixel * last_in_ + s * piece : from + (s - last_pieces) * piece;
      rows.outputs[r] = output.data() + pixel * shape[3];
    }
  });
  span.end([&] {
    ProfileNotes notes{.flops = 2.0 * static_cast<double>(output.count()) * static_cast<double>(last_in_ + in_)};
    notes.say("input", shape_text(x.shape()) + " and " + shape_text(input.shape()))
        .say_shape("output", output.shape())
        .say("kernel", "[1,1]")
        .say("stride", "1 and " + std::to_string(stride_))
        .say("algorithm", product_.precision() == Precision::fp32 ? "direct" : "direct, bfloat16")
        .say("counted as", "direct");
    return notes;
  });
  return output;
}

#ifdef MASKRCNN_COMPILED
template class ProjectedConv2d<float>;
template class ProjectedConv2d<double>;
#endif

}  // namespace maskrcnn
