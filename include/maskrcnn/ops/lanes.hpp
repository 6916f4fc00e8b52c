/// Loops over channels that compilers make vectors of without being asked for more than -O2.
#pragma once

#include <array>
#include <maskrcnn/core/tensor.hpp>

namespace maskrcnn {

/// So many numbers at a time: a constant, and kept in an array of the loop's own, or GCC 12 leaves loops as they are.
inline constexpr Index lane_count = 16;

template <Scalar T>
using Lanes = std::array<T, lane_count>;

/// How many lanes there are: all of them, known when compiling, or fewer at the end.
struct AllLanes {
  constexpr operator Index() const { return lane_count; }  // NOLINT(google-explicit-constructor)
};

/// Calls `body(first, lanes)` for all of [0, count): `lanes` is `AllLanes` or, once at the end, an `Index`.
template <class Body>
void for_lanes(Index count, const Body& body) {
  Index first = 0;
  for (; first + lane_count <= count; first += lane_count) body(first, AllLanes{});
  if (first < count) body(first, count - first);
}

}  // namespace maskrcnn
