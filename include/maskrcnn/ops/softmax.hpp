/// Softmax and sigmoid.
#pragma once

#include <algorithm>
#include <cmath>
#include <maskrcnn/core/compiled.hpp>
#include <span>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Turns logits into probabilities that sum to 1, in place.
template <class T>
void softmax(std::span<T> logits) {
  if (logits.empty()) return;
  const T largest = *std::max_element(logits.begin(), logits.end());
  T sum = 0;
  for (T& value : logits) sum += value = std::exp(value - largest);
  for (T& value : logits) value /= sum;
}

/// 1 / (1 + exp(-logit)).
template <class T>
[[nodiscard]] T sigmoid(T logit) {
  return T{1} / (T{1} + std::exp(-logit));
}

/// The inverse of `sigmoid`.
template <class T>
[[nodiscard]] T logit(T probability) {
  return std::log(probability / (T{1} - probability));
}

}  // namespace maskrcnn
