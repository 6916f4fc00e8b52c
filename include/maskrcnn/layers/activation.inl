// Bodies of activation.hpp.
#pragma once

#include <algorithm>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/layers/activation.hpp>
#include <maskrcnn/layers/lanes.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Some numbers in place.
template <Scalar T>
void activate(Lanes<T>& x, Activation activation) {
  // one loop each, with the activation a constant in it
  if (activation == Activation::relu)
    for (T& value : x) value = activated(value, Activation::relu);
  else if (activation == Activation::hard_swish)
    for (T& value : x) value = activated(value, Activation::hard_swish);
}

template <Scalar T>
void activate(Tensor<T, 4>& x, Activation activation) {
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
  span.end([&] {
    ProfileNotes notes{};
    notes.say_shape("output", x.shape());
    return notes;
  });
}

#ifdef MASKRCNN_COMPILED
template void activate<float>(Tensor<float, 4>&, Activation);
template void activate<double>(Tensor<double, 4>&, Activation);
#endif

}  // namespace maskrcnn
