#include "allocations.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

namespace {

constinit std::atomic<long> made{0}, failing{-1}, in_use{0};

[[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment) {
  const long number = made.fetch_add(1), first = failing.load();
  if (first >= 0 && number >= first) throw std::bad_alloc();
  const std::size_t rounded = (std::max<std::size_t>(bytes, 1) + alignment - 1) / alignment * alignment;
  void* const block = std::aligned_alloc(alignment, rounded);
  if (block == nullptr) throw std::bad_alloc();
  ++in_use;
  return block;
}

void release(void* block) {
  if (block == nullptr) return;
  --in_use;
  std::free(block);
}

}  // namespace

namespace test {

void fail_from_allocation(long n) {
  failing.store(-1);
  made.store(0);
  failing.store(n);
}

long allocations_made() { return made.load(); }

long blocks_in_use() { return in_use.load(); }

}  // namespace test

void* operator new(std::size_t bytes) { return allocate(bytes, alignof(std::max_align_t)); }
void* operator new[](std::size_t bytes) { return allocate(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return allocate(bytes, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  try {
    return ::operator new(bytes);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* block) noexcept { release(block); }
void operator delete[](void* block) noexcept { release(block); }
void operator delete(void* block, std::size_t) noexcept { release(block); }
void operator delete[](void* block, std::size_t) noexcept { release(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { release(block); }
void operator delete(void* block, std::align_val_t) noexcept { release(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { release(block); }
