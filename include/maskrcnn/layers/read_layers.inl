// Bodies of read_layers.hpp.
#pragma once

#include <cmath>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/number.hpp>
#include <maskrcnn/layers/read_layers.hpp>
#include <span>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

template <Scalar T>
ConvWeights<T> read_conv(const Parameters& at, const ConvShape& shape) {
  const std::size_t in = shape.grouped ? Parameters::any : shape.in;
  const StoredTensor& stored = at.stored("weight", {shape.out, in, shape.kernel, shape.kernel});
  ConvWeights<T> conv{.out = stored.shape[0], .in = stored.shape[1], .height = shape.kernel, .width = shape.kernel};
  if (shape.grouped) {
    conv.in = shape.in;
    conv.groups = shape.in / stored.shape[1];
    if (conv.groups * stored.shape[1] != shape.in || conv.out % conv.groups != 0)
      (void)at.stored("weight", {shape.out, shape.in, shape.kernel, shape.kernel});  // says what was expected
  }
  conv.name = at.name();
  conv.kernel = at.values<T>("weight", stored.shape);
  if (shape.bias || at.contains("bias")) conv.bias = at.values<T>("bias", {conv.out});
  return conv;
}

template <Scalar T>
void fold_batch_norm(ConvWeights<T>& conv, const Parameters& norm, double epsilon, bool without_statistics) {
  const auto weight = norm.values<double>("weight", {conv.out}), bias = norm.values<double>("bias", {conv.out});
  const bool told = !without_statistics || norm.contains("running_mean") || norm.contains("running_var");
  const auto mean = told ? norm.values<double>("running_mean", {conv.out}) : std::vector<double>(conv.out, 0.0),
             var = told ? norm.values<double>("running_var", {conv.out}) : std::vector<double>(conv.out, 1.0);
  const Index depth = conv.in / conv.groups * conv.height * conv.width;
  conv.bias.resize(conv.out, T{0});
  for (Index n = 0; n < conv.out; ++n) {
    const double scale = weight[n] / std::sqrt(var[n] + epsilon);
    if (!is_finite(scale))
      fail("weights: batch norm '", norm.path(), "' has variance ", var[n], " + epsilon ", epsilon, " in channel ", n,
           ", expected a positive sum");
    conv.bias[n] = static_cast<T>(bias[n] + (static_cast<double>(conv.bias[n]) - mean[n]) * scale);
    bool finite = is_finite(conv.bias[n]);
    for (T& value : std::span(conv.kernel).subspan(n * depth, depth)) {
      value = static_cast<T>(static_cast<double>(value) * scale);
      finite = finite && is_finite(value);
    }
    if (!finite)
      fail("weights: batch norm '", norm.path(), "' scales channel ", n, " of its convolution by ", scale,
           ", expected products of the range of single precision");
  }
}

namespace read_layers {

/// @throws Error if the channels do not make so many groups
template <Scalar T>
[[nodiscard]] GroupNormWeights<T> read_group_norm(const Parameters& at, Index channels, Index groups) {
  if (groups == 0 || channels % groups != 0)
    fail("weights: norm '", at.path(), "' has no running statistics and ", channels,
         " channels, expected a multiple of the number of groups of group norms, ", groups,
         " (metadata 'group_norm_groups'; file ", at.weights().file(), ")");
  return {.scale = at.values<T>("weight", {channels}),
          .shift = at.values<T>("bias", {channels}),
          .groups = groups,
          .name = at.name()};
}

}  // namespace read_layers

template <Scalar T>
ConvWeights<T> read_normed_conv(const Parameters& conv, const Parameters& norm, const ConvShape& shape,
                                const NormOptions& options) {
  ConvWeights<T> weights = read_conv<T>(
      conv, {.out = shape.out, .in = shape.in, .kernel = shape.kernel, .bias = false, .grouped = shape.grouped});
  if (norm.contains("running_mean") || norm.contains("running_var") || options.without_statistics ||
      !norm.contains("weight"))  // whose absence is told as that of a batch norm's
    fold_batch_norm(weights, norm, options.epsilon, options.without_statistics);
  else
    weights.norm = read_layers::read_group_norm<T>(norm, weights.out, options.groups);
  return weights;
}

template <Scalar T>
ConvWeights<T> read_conv_block(const Parameters& block, const ConvShape& shape, const NormOptions& options) {
  if (!(block / "1").contains("weight") && !(block / "1").contains("running_mean"))
    return read_conv<T>(block / "0", shape);
  return read_normed_conv<T>(block / "0", block / "1", shape, options);
}

template <Scalar T>
LinearWeights<T> read_linear(const Parameters& at, std::size_t out, std::size_t in) {
  const StoredTensor& stored = at.stored("weight", {out, in});
  LinearWeights<T> linear{.out = stored.shape[0], .in = stored.shape[1], .name = at.name()};
  linear.weight = at.values<T>("weight", stored.shape);
  linear.bias = at.values<T>("bias", {linear.out});
  return linear;
}

#ifdef MASKRCNN_COMPILED
#define MASKRCNN_READERS(T)                                                                            \
  template ConvWeights<T> read_conv<T>(const Parameters&, const ConvShape&);                           \
  template void fold_batch_norm<T>(ConvWeights<T>&, const Parameters&, double, bool);                  \
  template ConvWeights<T> read_normed_conv<T>(const Parameters&, const Parameters&, const ConvShape&,  \
                                              const NormOptions&);                                     \
  template ConvWeights<T> read_conv_block<T>(const Parameters&, const ConvShape&, const NormOptions&); \
  template LinearWeights<T> read_linear<T>(const Parameters&, std::size_t, std::size_t);
MASKRCNN_READERS(float)
MASKRCNN_READERS(double)
#undef MASKRCNN_READERS
#endif

}  // namespace maskrcnn
