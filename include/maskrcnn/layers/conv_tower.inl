// Bodies of conv_tower.hpp.
#pragma once

#include <maskrcnn/layers/conv_tower.hpp>
#include <maskrcnn/layers/read_layers.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

template <Scalar T>
ConvTower<T>::ConvTower(const Parameters& at, const ConvTowerOptions& options) : channels_(options.channels) {
  for (std::size_t i = 0; (i == 0 && !options.may_be_empty) || (at / i / 0).contains("weight"); ++i) {
    convs_.emplace_back(
        read_conv_block<T>(at / i, {.in = channels_, .kernel = 3}, options.norms),
        ConvGeometry{.padding = 1, .activation = Activation::relu, .winograd_tile = options.winograd_tile},
        options.compute);
    channels_ = convs_.back().out_channels();
  }
}

template <Scalar T>
const Tensor<T, 4>& ConvTower<T>::operator()(const Tensor<T, 4>& input, Tensor<T, 4>& memory) const {
  const Tensor<T, 4>* x = &input;
  for (const Conv2d<T>& conv : convs_) {
    memory = conv(*x);
    x = &memory;
  }
  return *x;
}

#ifdef MASKRCNN_COMPILED
template class ConvTower<float>;
template class ConvTower<double>;
#endif

}  // namespace maskrcnn
