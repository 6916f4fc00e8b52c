// Bodies of squeeze_excitation.hpp.
#pragma once

#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/kernels/activation.hpp>
#include <maskrcnn/layers/lanes.hpp>
#include <maskrcnn/layers/read_layers.hpp>
#include <maskrcnn/layers/squeeze_excitation.hpp>
#include <maskrcnn/ops/softmax.hpp>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS {

namespace squeeze_excitation {

/// [N, H, W, C] -> [N, C]: sums of rows, then of those, in an order that threads do not change.
template <Scalar T>
Tensor<T, 2> means(const Tensor<T, 4>& x) {
  const auto [images, height, width, channels] = x.shape();
  Tensor<T, 2> rows = x.like(Shape<2>{images * height, channels});
  parallel_for(images * height, [&, w = width, c = channels](Index line) {
    for_lanes(c, [&](Index first, auto lanes) {
      Lanes<T> sum{};
      for (Index pixel = line * w; pixel < (line + 1) * w; ++pixel) {
        const T* const at = x.data() + pixel * c + first;
        for (Index i = 0; i < lanes; ++i) sum[i] += at[i];
      }
      for (Index i = 0; i < lanes; ++i) rows(line, first + i) = sum[i];
    });
  });
  Tensor<T, 2> means = x.like(Shape<2>{images, channels});
  means.fill(T{0});
  for (Index line = 0; line < images * height; ++line)
    for (Index c = 0; c < channels; ++c) means(line / height, c) += rows(line, c);
  for (T& value : means.elements()) value /= static_cast<T>(height * width);
  return means;
}

}  // namespace squeeze_excitation

template <Scalar T>
SqueezeExcitation<T>::SqueezeExcitation(Linear<T> squeeze, Linear<T> excite, Gate gate)
    : squeeze_(std::move(squeeze)), excite_(std::move(excite)), gate_(gate) {
  if (squeeze_.out_features() != excite_.in_features() || squeeze_.in_features() != excite_.out_features())
    fail("squeeze_excitation: expected layers of C to S and S to C channels, found ", squeeze_.in_features(), " to ",
         squeeze_.out_features(), " and ", excite_.in_features(), " to ", excite_.out_features());
}

template <Scalar T>
void SqueezeExcitation<T>::operator()(Tensor<T, 4>& x) const {
  const ProfileSpan span(x.profile(), "step", "squeeze_excitation");
  Tensor<T, 2> scale = excite_(squeeze_(squeeze_excitation::means(x)));
  for (T& value : scale.elements()) value = gate_ == Gate::sigmoid ? sigmoid(value) : hard_sigmoid(value);
  const auto [images, height, width, channels] = x.shape();
  parallel_for(images * height, [&, h = height, w = width, c = channels](Index line) {
    for_lanes(c, [&](Index first, auto lanes) {
      Lanes<T> factors{}, products{};
      for (Index i = 0; i < lanes; ++i) factors[i] = scale(line / h, first + i);
      for (Index pixel = line * w; pixel < (line + 1) * w; ++pixel) {
        T* const at = x.data() + pixel * c + first;
        for (Index i = 0; i < lanes; ++i) products[i] = at[i] * factors[i];
        for (Index i = 0; i < lanes; ++i) at[i] = products[i];
      }
    });
  });
}

template <Scalar T>
SqueezeExcitation<T> read_squeeze_excitation(const Parameters& at, Index channels, Gate gate, const Compute& compute) {
  const ConvWeights<T> squeeze = read_conv<T>(at / "fc1", {.in = channels});
  const ConvWeights<T> excite = read_conv<T>(at / "fc2", {.out = channels, .in = squeeze.out});
  const auto linear = [&](const ConvWeights<T>& conv, Activation activation) {
    return Linear<T>(
        LinearWeights<T>{.weight = conv.kernel, .bias = conv.bias, .out = conv.out, .in = conv.in, .name = conv.name},
        activation, compute.kernels<T>());
  };
  return {linear(squeeze, Activation::relu), linear(excite, Activation::none), gate};
}

#ifdef MASKRCNN_COMPILED
#define MASKRCNN_EXCITATION(T)         \
  template class SqueezeExcitation<T>; \
  template SqueezeExcitation<T> read_squeeze_excitation<T>(const Parameters&, Index, Gate, const Compute&);
MASKRCNN_EXCITATION(float)
MASKRCNN_EXCITATION(double)
#undef MASKRCNN_EXCITATION
#endif

}  // namespace maskrcnn
