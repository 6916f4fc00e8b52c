/// How layers read themselves from their place in the weights.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/layers/conv_geometry.hpp>
#include <maskrcnn/layers/linear.hpp>
#include <maskrcnn/weights/parameters.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// What a convolution must look like; `Parameters::any` leaves a size to the file.
struct ConvShape {
  std::size_t out = Parameters::any, in = Parameters::any, kernel = 1;
  bool bias = true;      ///< whether it must have one; if not, it still may
  bool grouped = false;  ///< whether it may have groups: as many as inputs of the file's kernels go into `in`
};

/// What the tensors of norms do not tell.
struct NormOptions {
  double epsilon = 1e-5;  ///< of batch norms
  /// Of norms without running statistics, which are group norms: their epsilon is always 1e-5.
  Index groups = 32;
  /// Whether norms without running statistics are batch norms whose statistics are 0 and 1 instead.
  bool without_statistics = false;
};

/// Reads `weight` and `bias` of a convolution.
/// @throws Error if a tensor is missing or does not fit
template <Scalar T>
[[nodiscard]] ConvWeights<T> read_conv(const Parameters& at, const ConvShape& shape);

/// Folds the batch norm stored at `norm` into `conv`, in double: y = scale * conv(x) + (bias - mean * scale) with
/// scale = weight / sqrt(var + epsilon).
/// @param without_statistics whether a file that has none means a mean of 0 and a variance of 1
/// @throws Error if a variance leaves no finite scale
template <Scalar T>
void fold_batch_norm(ConvWeights<T>& conv, const Parameters& norm, double epsilon, bool without_statistics = false);

/// A convolution and the norm behind it: a batch norm is folded in, a group norm goes along (`ConvWeights::norm`).
/// @throws Error if a tensor is missing or does not fit
template <Scalar T>
[[nodiscard]] ConvWeights<T> read_normed_conv(const Parameters& conv, const Parameters& norm, const ConvShape& shape,
                                              const NormOptions& options);

/// The same where the file may have no norm, and the convolution then must have a bias: torchvision's
/// conv-norm-activation block stores the convolution at `0` and the norm at `1`.
template <Scalar T>
[[nodiscard]] ConvWeights<T> read_conv_block(const Parameters& block, const ConvShape& shape,
                                             const NormOptions& options);

/// Reads `weight` [out, in] and `bias` of a fully connected layer; `Parameters::any` leaves a size to the file.
/// @throws Error if a tensor is missing or does not fit
template <Scalar T>
[[nodiscard]] LinearWeights<T> read_linear(const Parameters& at, std::size_t out, std::size_t in);

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/layers/read_layers.inl>
#endif
