// Bodies of residual_unit.hpp.
#pragma once

#include <maskrcnn/layers/residual_unit.hpp>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS {

template <Scalar T>
ResidualUnit<T>::ResidualUnit(ResidualUnitParts<T> parts, const Compute& compute)
    : excitation_(std::move(parts.excitation)) {
  if (parts.projection) {
    const ConvWeights<T>& last = parts.convs.back().weights;
    // one product of both, unless a norm comes between the product and the sum
    if (last.height == 1 && last.width == 1 && !last.norm && !parts.projection->norm) {
      projected_.emplace(last, *parts.projection, parts.stride, compute);
      parts.convs.pop_back();
    } else {
      shortcut_.emplace(*parts.projection, ConvGeometry{.stride = parts.stride}, compute);
    }
  }
  for (ResidualUnitConv<T>& conv : parts.convs) {
    conv.geometry.activation = Activation::relu;
    if (conv.offsets)
      convs_.emplace_back(conv.weights, *conv.offsets, conv.geometry, compute);
    else
      convs_.emplace_back(conv.weights, conv.geometry, compute);
  }
}

template <Scalar T>
Tensor<T, 4> ResidualUnit<T>::operator()(const Tensor<T, 4>& input) const {
  const Tensor<T, 4> x = before_last(input);
  if (projected_) return (*projected_)(x, input);
  return convs_.back()(x, shortcut_ ? (*shortcut_)(input) : input.clone());
}

template <Scalar T>
Tensor<T, 4> ResidualUnit<T>::operator()(Tensor<T, 4>&& input) const {
  if (projected_ || shortcut_) return (*this)(input);
  const Tensor<T, 4> x = before_last(input);
  return convs_.back()(x, std::move(input));
}

template <Scalar T>
Tensor<T, 4> ResidualUnit<T>::before_last(const Tensor<T, 4>& input) const {
  const std::size_t count = convs_.size() - (projected_ ? 0 : 1);
  Tensor<T, 4> x = convs_[0](input);
  for (std::size_t i = 1; i < count; ++i) x = convs_[i](x);
  if (excitation_) (*excitation_)(x);
  return x;
}

#ifdef MASKRCNN_COMPILED
template class ResidualUnit<float>;
template class ResidualUnit<double>;
#endif

}  // namespace maskrcnn
