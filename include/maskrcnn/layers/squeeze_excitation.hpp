/// Squeeze and excitation: channels are weighted by what the whole image shows.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/layers/compute.hpp>
#include <maskrcnn/layers/linear.hpp>
#include <maskrcnn/weights/parameters.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// What turns the numbers of channels into factors: the sigmoid, or that made of straight lines (MobileNetV3).
enum class Gate { sigmoid, hard_sigmoid };

/// Mean of each channel, a small network on the means, a gate, and every pixel times the result (Hu et al.,
/// "Squeeze-and-excitation networks"). torchvision's `SqueezeExcitation`.
template <Scalar T>
class SqueezeExcitation {
 public:
  /// @param squeeze [N, C] -> [N, S], with ReLU
  /// @param excite  [N, S] -> [N, C]
  /// @throws Error if their sizes do not fit
  SqueezeExcitation(Linear<T> squeeze, Linear<T> excite, Gate gate = Gate::hard_sigmoid);

  /// [N, H, W, C], changed in place.
  /// @throws Error if channels do not fit
  void operator()(Tensor<T, 4>& x) const;

 private:
  Linear<T> squeeze_, excite_;
  Gate gate_;
};

/// The one whose two layers, stored as 1 x 1 convolutions, are at `fc1` and `fc2`. Computed in T: these are few
/// numbers.
/// @throws Error if a tensor is missing or does not fit
template <Scalar T>
[[nodiscard]] SqueezeExcitation<T> read_squeeze_excitation(const Parameters& at, Index channels, Gate gate,
                                                           const Compute& compute);

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/layers/squeeze_excitation.inl>
#endif
