/// The transforms of Winograd's F(4x4, 3x3) convolution: their calls.
#pragma once

#include <maskrcnn/core/tensor.hpp>

namespace maskrcnn::kernels {

/// Outputs of one tile and axis, taps of the kernel, inputs of one tile: 4 + 3 - 1.
inline constexpr Index winograd_outputs = 4, winograd_inputs = 6;
/// Products per tile and channel pair: 36 instead of the 144 of direct convolution.
inline constexpr Index winograd_products = winograd_inputs * winograd_inputs;

/// The interpolation points are 0, +-sqrt(1/2), +-sqrt(2) and infinity: a and b below. They lose half a digit against
/// direct convolution in float; the usual 0, +-1, +-2 lose more than twice as much.
template <Scalar T>
inline constexpr T winograd_a = T(0.70710678118654752440);
template <Scalar T>
inline constexpr T winograd_b = T(1.41421356237309504880);

/// One tile on its way in: 6 x 6 pixels to 36 coefficients, channel by channel.
template <Scalar T>
struct WinogradInput {
  const T* const* pixels;  ///< [36] pointers to the first channel
  Index channels;          ///< a multiple of the kernel's vector length
  T* to;                   ///< coefficient i of channel c goes to to[i * pitch + c]
  Index pitch;
};

/// One tile on its way out: 36 coefficients to 4 x 4 pixels.
template <Scalar T>
struct WinogradOutput {
  const T* from;  ///< coefficient i of channel c is from[i * pitch + c]
  Index pitch;
  Index channels;          ///< a multiple of the kernel's vector length
  const T* bias;           ///< [channels]
  T* const* pixels;        ///< [16] pointers to the first channel; null where the tile reaches beyond the image
  const T* const* addend;  ///< [16] pointers to what is added before the ReLU, valid where `pixels` is; or null
  bool relu;
};

/// Both transforms; null where an instruction set has none.
template <Scalar T>
struct WinogradKernel {
  void (*input)(const WinogradInput<T>&) = nullptr;
  void (*output)(const WinogradOutput<T>&) = nullptr;
};

}  // namespace maskrcnn::kernels
