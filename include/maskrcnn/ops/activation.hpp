/// Activations: what follows a layer, number by number.
#pragma once

#include <algorithm>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <maskrcnn/ops/lanes.hpp>

namespace maskrcnn {

/// `hard_swish`: x * hard_sigmoid(x) (Howard et al., "Searching for MobileNetV3", section 5.2).
enum class Activation { none, relu, hard_swish };

/// The sigmoid made of straight lines: 0 up to -3, 1 from 3 on. torch's `hardsigmoid`.
template <Scalar T>
[[nodiscard]] constexpr T hard_sigmoid(T x) {
  return std::min(std::max(x + T{3}, T{0}), T{6}) / T{6};
}

/// One number. torch's `relu` and `hardswish`.
template <Activation A, Scalar T>
[[nodiscard]] constexpr T activated(T x) {
  if constexpr (A == Activation::relu) return std::max(x, T{0});
  if constexpr (A == Activation::hard_swish) return x * std::min(std::max(x + T{3}, T{0}), T{6}) * (T{1} / T{6});
  return x;
}

/// Some numbers in place.
template <Scalar T>
void activate(Lanes<T>& x, Activation activation) {
  if (activation == Activation::relu)
    for (T& value : x) value = activated<Activation::relu>(value);
  else if (activation == Activation::hard_swish)
    for (T& value : x) value = activated<Activation::hard_swish>(value);
}

/// All of a tensor, in place.
template <Scalar T, std::size_t Rank>
void activate(Tensor<T, Rank>& x, Activation activation) {
  if (activation == Activation::none) return;
  ProfileSpan span(x.profile(), "layer", activation == Activation::relu ? "relu" : "hard_swish");
  constexpr Index task = Index{1} << 15U;
  const Index count = x.count();
  parallel_for((count + task - 1) / task, [&](Index t) {
    for_lanes(std::min(task, count - t * task), [&](Index first, auto lanes) {
      T* const at = x.data() + t * task + first;
      Lanes<T> values{};
      for (Index i = 0; i < lanes; ++i) values[i] = at[i];
      activate(values, activation);
      for (Index i = 0; i < lanes; ++i) at[i] = values[i];
    });
  });
  span.end([&] { return ProfileNotes{.details = {{"output", shape_text(x.shape())}}}; });
}

}  // namespace maskrcnn
