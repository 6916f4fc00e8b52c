/// Memory that runs out on purpose: this program's `operator new`, which counts and can be told to fail.
#pragma once

#include <cstddef>

namespace test {

/// The `n`-th allocation from now on, on whichever thread, and all that follow throw std::bad_alloc; negative: none.
void fail_from_allocation(long n);

/// How many allocations there were since the last call of `fail_from_allocation`.
[[nodiscard]] long allocations_made();

/// How many blocks are in use.
[[nodiscard]] long blocks_in_use();

}  // namespace test
