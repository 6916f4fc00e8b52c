// Bodies of the part of rpn.hpp that knows no anchors.
#pragma once

#include <maskrcnn/layers/read_layers.hpp>
#include <maskrcnn/stages/rpn.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

template <Scalar T>
RpnHead<T>::RpnHead(const Parameters& at, ConvTowerOptions tower, Index anchors) : anchors_(anchors) {
  tower.may_be_empty = false;
  tower_ = ConvTower<T>(at / "conv", tower);
  const Index width = tower_.channels();
  ConvWeights<T> both = read_conv<T>(at / "cls_logits", {.out = anchors, .in = width});
  const ConvWeights<T> deltas = read_conv<T>(at / "bbox_pred", {.out = 4 * anchors, .in = width});
  both.kernel.insert(both.kernel.end(), deltas.kernel.begin(), deltas.kernel.end());
  both.bias.insert(both.bias.end(), deltas.bias.begin(), deltas.bias.end());
  both.out += deltas.out;
  both.name += " + bbox_pred";
  predictors_ = Conv2d<T>(both, {}, tower.compute.kernels<T>());
}

template <Scalar T>
Tensor<T, 4> RpnHead<T>::operator()(const Tensor<T, 4>& features) const {
  Tensor<T, 4> memory;
  return predictors_(tower_(features, memory));
}

#ifdef MASKRCNN_COMPILED
template class RpnHead<float>;
template class RpnHead<double>;
#endif

}  // namespace maskrcnn
