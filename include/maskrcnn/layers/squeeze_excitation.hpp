/// Squeeze and excitation: channels are weighted by what the whole image shows.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/layers/linear.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Mean of each channel, a small network on the means, hard sigmoid, and every pixel times the result (Hu et al.,
/// "Squeeze-and-excitation networks"). torchvision's `SqueezeExcitation` as MobileNetV3 uses it.
template <Scalar T>
class SqueezeExcitation {
 public:
  /// @param squeeze [N, C] -> [N, S], with ReLU
  /// @param excite  [N, S] -> [N, C]
  /// @throws Error if their sizes do not fit
  SqueezeExcitation(Linear<T> squeeze, Linear<T> excite);

  /// [N, H, W, C], changed in place.
  /// @throws Error if channels do not fit
  void operator()(Tensor<T, 4>& x) const;

 private:
  Linear<T> squeeze_, excite_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/layers/squeeze_excitation.inl>
#endif
