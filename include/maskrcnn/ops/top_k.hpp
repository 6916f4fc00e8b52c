/// The k largest of a list.
#pragma once

#include <algorithm>
#include <maskrcnn/core/number.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <numeric>
#include <span>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// What values are sorted by: integers in the same order, NaN below all numbers.
template <class T>
[[nodiscard]] std::vector<BitsOf<T>> ranks_of(std::span<const T> values) {
  std::vector<BitsOf<T>> ranks(values.size());
  std::transform(values.begin(), values.end(), ranks.begin(), rank_of<T>);
  return ranks;
}

/// Positions of all values, largest value first; equal values in order of position, NaN last.
template <class T>
[[nodiscard]] std::vector<Index> sorted_descending(std::span<const T> values) {
  std::vector<Index> order(values.size());
  std::iota(order.begin(), order.end(), Index{0});
  const auto ranks = ranks_of(values);
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return ranks[a] > ranks[b]; });
  return order;
}

/// Positions of the `k` largest values (all, if there are fewer), in the order of `sorted_descending`.
template <class T>
[[nodiscard]] std::vector<Index> top_k(std::span<const T> values, Index k) {
  if (k >= values.size()) return sorted_descending(values);
  std::vector<Index> order(values.size());
  std::iota(order.begin(), order.end(), Index{0});
  const auto ranks = ranks_of(values);
  const auto before = [&](Index a, Index b) { return ranks[a] != ranks[b] ? ranks[a] > ranks[b] : a < b; };
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(k);
  std::nth_element(order.begin(), end, order.end(), before);
  order.resize(k);
  std::sort(order.begin(), order.end(), before);
  return order;
}

}  // namespace maskrcnn
