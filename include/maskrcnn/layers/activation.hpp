/// Activations of whole tensors, for layers that have none fused.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <maskrcnn/kernels/activation.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// All of a tensor, in place.
template <Scalar T>
void activate(Tensor<T, 4>& x, Activation activation);

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/layers/activation.inl>
#endif
