/// Loops over channels that compilers make vectors of without being asked for more than -O2.
#pragma once

#include <array>
#include <maskrcnn/core/tensor.hpp>
#include <type_traits>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// So many numbers at a time, in an array of the loop's own: GCC 12 leaves loops over other memory as they are.
inline constexpr Index lane_count = 16;

template <Scalar T>
using Lanes = std::array<T, lane_count>;

/// Calls `body(first, lanes)` for all of [0, count): `lanes` is a constant as long as `lane_count` or half of it go in,
/// and at the end, once, an `Index`. Widths of networks are mostly multiples of 8.
template <class Body>
void for_lanes(Index count, const Body& body) {
  constexpr Index half = lane_count / 2;
  Index first = 0;
  for (; first + lane_count <= count; first += lane_count) body(first, std::integral_constant<Index, lane_count>{});
  if (first + half <= count) {
    body(first, std::integral_constant<Index, half>{});
    first += half;
  }
  if (first < count) body(first, count - first);
}

}  // namespace maskrcnn
