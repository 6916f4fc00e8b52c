/// The transforms of Winograd's F(4x4, 3x3) and F(6x6, 3x3) convolutions: their constants and calls.
#pragma once

#include <array>
#include <maskrcnn/core/tensor.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS::kernels {

/// Inputs of one tile and axis, where it has `Outputs` outputs and the kernel three taps.
template <Index Outputs>
inline constexpr Index winograd_inputs = Outputs + 2;
/// Products per tile and channel pair: 36 instead of the 144 of direct convolution, or 64 instead of 324.
template <Index Outputs>
inline constexpr Index winograd_products = winograd_inputs<Outputs>* winograd_inputs<Outputs>;

/// The interpolation points are 0, infinity, and plus and minus these. Those of 4 x 4 tiles lose half a digit against
/// direct convolution in float, where the usual 1 and 2 lose more than twice as much; 6 x 6 tiles lose most of a digit.
template <Index Outputs>
inline constexpr std::array<double, Outputs / 2> winograd_points{};
template <>
inline constexpr std::array<double, 2> winograd_points<4>{0.70710678118654752440, 1.41421356237309504880};
template <>
inline constexpr std::array<double, 3> winograd_points<6>{0.5, 1.0, 2.0};

/// Coefficients, by power of x * x, of the product of (x * x - p * p) over all points p but number `Skipped`.
template <Index Outputs, Index Skipped = Outputs>
inline constexpr auto winograd_polynomial = [] {
  std::array<double, Outputs / 2 + 1> product{1.0};
  for (Index k = 0, degree = 0; k < Outputs / 2; ++k) {
    if (k == Skipped) continue;
    const double square = winograd_points<Outputs>[k] * winograd_points<Outputs>[k];
    for (Index i = ++degree; i > 0; --i) product[i] = product[i - 1] - square * product[i];
    product[0] *= -square;
  }
  return product;
}();

/// Point number `k` to the power of `exponent`.
template <Index Outputs>
[[nodiscard]] constexpr double winograd_power(Index k, Index exponent) {
  double power = 1;
  for (Index i = 0; i < exponent; ++i) power *= winograd_points<Outputs>[k];
  return power;
}

/// One tile on its way in: [inputs, inputs] pixels to as many coefficients, channel by channel.
template <Scalar T>
struct WinogradInput {
  const T* const* pixels;  ///< [products] pointers to the first channel
  Index channels;          ///< a multiple of the kernel's vector length
  T* to;                   ///< coefficient i of channel c goes to to[i * pitch + c]
  Index pitch;
};

/// One tile on its way out: coefficients to [outputs, outputs] pixels.
template <Scalar T>
struct WinogradOutput {
  const T* from;  ///< coefficient i of channel c is from[i * pitch + c]
  Index pitch;
  Index channels;          ///< a multiple of the kernel's vector length
  const T* bias;           ///< [channels]
  T* const* pixels;        ///< pointers to the first channel; null where the tile reaches beyond the image
  const T* const* addend;  ///< pointers to what is added before the ReLU, valid where `pixels` is; or null
  bool relu;
};

/// Both transforms of a tile size; null where an instruction set has none.
template <Scalar T>
struct WinogradKernel {
  void (*input)(const WinogradInput<T>&) = nullptr;
  void (*output)(const WinogradOutput<T>&) = nullptr;
};

}  // namespace maskrcnn::kernels
