/// The k largest of a list.
#pragma once

#include <algorithm>
#include <maskrcnn/core/tensor.hpp>
#include <numeric>
#include <span>
#include <vector>

namespace maskrcnn {

/// Positions of all values, largest value first; equal values in order of position, NaN last.
template <class T>
[[nodiscard]] std::vector<Index> sorted_descending(std::span<const T> values) {
  std::vector<Index> order(values.size());
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) {
    return values[a] > values[b] || (values[a] == values[a] && values[b] != values[b]);
  });
  return order;
}

/// Positions of the `k` largest values (all, if there are fewer), in the order of `sorted_descending`.
template <class T>
[[nodiscard]] std::vector<Index> top_k(std::span<const T> values, Index k) {
  if (k >= values.size()) return sorted_descending(values);
  std::vector<Index> order(values.size());
  std::iota(order.begin(), order.end(), Index{0});
  const auto before = [&](Index a, Index b) {  // a total order, NaN last, ties by position
    if (values[a] > values[b]) return true;
    if (values[b] > values[a]) return false;
    const bool a_is_number = values[a] == values[a], b_is_number = values[b] == values[b];
    return a_is_number != b_is_number ? a_is_number : a < b;
  };
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(k);
  std::nth_element(order.begin(), end, order.end(), before);
  order.resize(k);
  std::sort(order.begin(), order.end(), before);
  return order;
}

}  // namespace maskrcnn
