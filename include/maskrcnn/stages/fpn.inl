// Bodies of fpn.hpp.
#pragma once

#include <maskrcnn/layers/max_pool.hpp>
#include <maskrcnn/layers/read_layers.hpp>
#include <maskrcnn/stages/fpn.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

template <Scalar T>
Fpn<T>::Fpn(const Parameters& at, std::span<const Index> channels, const NormOptions& norms, const Compute& compute) {
  Index width = Parameters::any;  // the first level tells, the others must agree
  for (std::size_t level = 0; level < channels.size(); ++level) {
    laterals_.emplace_back(
        read_conv_block<T>(at / "inner_blocks" / level, {.out = width, .in = channels[level]}, norms), ConvGeometry{},
        compute);
    width = laterals_.front().out_channels();
    outputs_.emplace_back(
        read_conv_block<T>(at / "layer_blocks" / level, {.out = width, .in = width, .kernel = 3}, norms),
        ConvGeometry{.padding = 1, .winograd_tile = compute.winograd_tile()}, compute);
  }
}

template <Scalar T>
FeaturePyramid<T> Fpn<T>::operator()(FeaturePyramid<T> bottom_up) const {
  const ProfileSpan span(profile_of(bottom_up), "step", "fpn");
  FeaturePyramid<T> pyramid(bottom_up.size());
  Tensor<T, 4> sum;
  for (std::size_t level = bottom_up.size(); level-- > 0;) {
    sum = laterals_[level](bottom_up[level], sum.count() > 0 ? &sum : nullptr);
    bottom_up[level] = {};
    pyramid[level] = outputs_[level](sum);
  }
  pyramid.push_back(max_pool(pyramid.back(), {.size = 1, .stride = 2}));
  return pyramid;
}

#ifdef MASKRCNN_COMPILED
template class Fpn<float>;
template class Fpn<double>;
#endif

}  // namespace maskrcnn
