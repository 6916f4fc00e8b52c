/// Max pooling on channels-last tensors.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/tensor.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Window of a max pooling; padding never wins a maximum.
struct PoolGeometry {
  Index size = 1, stride = 1, padding = 0;
};

/// [N, H, W, C] -> [N, H', W', C], H' = (H + 2 padding - size) / stride + 1 (torch's `max_pool2d`, floor mode).
/// @throws Error if the input is smaller than the window
template <Scalar T>
[[nodiscard]] Tensor<T, 4> max_pool(const Tensor<T, 4>& input, const PoolGeometry& pool);

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/layers/max_pool.inl>
#endif
