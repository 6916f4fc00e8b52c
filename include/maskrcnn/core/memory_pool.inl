// Bodies of memory_pool.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/memory_pool.hpp>
#include <new>

// The address sanitizer sees what lies beyond a block of operator new, not beyond one of the system's.
#if defined(__SANITIZE_ADDRESS__)
#define MASKRCNN_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MASKRCNN_ADDRESS_SANITIZER 1
#endif
#endif
#if defined(__linux__) && !defined(MASKRCNN_ADDRESS_SANITIZER)
#include <sys/mman.h>
#define MASKRCNN_HAS_MMAP_BLOCKS 1
#endif

namespace maskrcnn::inline MASKRCNN_FLAGS {

namespace memory_pool {

/// Blocks of at least so many bytes are the system's own where they can be: the heap keeps what it has been given back,
/// a third more than models of images of many sizes need, and never the same.
inline constexpr std::size_t mapped_from = std::size_t{128} << 10U;
/// Blocks of at least so many begin on a large page.
inline constexpr std::size_t large_page = std::size_t{2} << 20U;

[[nodiscard]] constexpr std::align_val_t alignment_of(std::size_t bytes) {
  return std::align_val_t{bytes < large_page ? tensor_alignment : large_page};
}

#ifdef MASKRCNN_HAS_MMAP_BLOCKS

/// What a block takes of the system's memory: whole pages.
[[nodiscard]] constexpr std::size_t mapped_bytes(std::size_t bytes) { return (bytes + 4095) / 4096 * 4096; }

[[nodiscard]] MASKRCNN_FUNCTION void* map_block(std::size_t bytes) {
  if (bytes > SIZE_MAX - 2 * large_page) throw std::bad_alloc();
  const std::size_t size = mapped_bytes(bytes), spare = bytes < large_page ? 0 : large_page;
  void* const mapped = ::mmap(nullptr, size + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  auto* const begin = static_cast<std::byte*>(mapped);
  if (spare == 0) return begin;
  const std::size_t before = (large_page - reinterpret_cast<std::uintptr_t>(begin) % large_page) % large_page;
  if (before > 0) ::munmap(begin, before);
  if (before < spare) ::munmap(begin + before + size, spare - before);
  ::madvise(begin + before, size, MADV_HUGEPAGE);  // a wish: if it is not granted nothing is lost
  return begin + before;
}

#endif

}  // namespace memory_pool

MASKRCNN_FUNCTION void* allocate_aligned(std::size_t bytes) {
#ifdef MASKRCNN_HAS_MMAP_BLOCKS
  if (bytes >= memory_pool::mapped_from) return memory_pool::map_block(bytes);
#endif
  return ::operator new(bytes, memory_pool::alignment_of(bytes));
}

MASKRCNN_FUNCTION void free_aligned(void* data, std::size_t bytes) noexcept {
#ifdef MASKRCNN_HAS_MMAP_BLOCKS
  if (bytes >= memory_pool::mapped_from) {
    ::munmap(data, memory_pool::mapped_bytes(bytes));
    return;
  }
#endif
  ::operator delete(data, memory_pool::alignment_of(bytes));
}

MASKRCNN_FUNCTION MemoryPool::Block MemoryPool::take(std::size_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    auto best = idle_.end();
    for (auto block = idle_.begin(); block != idle_.end(); ++block)
      if (block->bytes >= bytes && block->bytes / 2 <= bytes && (best == idle_.end() || block->bytes < best->bytes))
        best = block;
    if (best != idle_.end()) {
      const Block taken = *best;
      *best = idle_.back();
      idle_.pop_back();
      return taken;
    }
    ++allocations_;
    total_ += bytes;
    free_stale_beyond(largest_);
  }
  try {
    return {allocate_aligned(bytes), bytes, 0};
  } catch (...) {
    const std::lock_guard lock(mutex_);
    total_ -= bytes;
    throw;
  }
}

/// Frees idle blocks that this inference has not touched, the oldest first, until no more bytes are left than `limit`.
MASKRCNN_FUNCTION void MemoryPool::free_stale_beyond(std::size_t limit) noexcept {
  while (total_ > limit) {
    const auto oldest = std::min_element(idle_.begin(), idle_.end(),
                                         [](const Block& a, const Block& b) { return a.last_epoch < b.last_epoch; });
    if (oldest == idle_.end() || oldest->last_epoch >= epoch_) return;
    free_aligned(oldest->data, oldest->bytes);
    total_ -= oldest->bytes;
    *oldest = idle_.back();
    idle_.pop_back();
  }
}

MASKRCNN_FUNCTION void MemoryPool::give(Block block) noexcept {
  const std::lock_guard lock(mutex_);
  block.last_epoch = epoch_;
  try {
    idle_.push_back(block);
  } catch (...) {  // no memory for the list: the block itself goes instead
    free_aligned(block.data, block.bytes);
    total_ -= block.bytes;
  }
}

MASKRCNN_FUNCTION void MemoryPool::end_inference() noexcept {
  const std::lock_guard lock(mutex_);
  std::size_t used = 0;
  for (const Block& block : idle_)
    if (block.last_epoch == epoch_) used += block.bytes;
  largest_ = std::max(largest_, used);
  free_stale_beyond(largest_);
  ++epoch_;
  std::size_t kept = 0;
  for (const Block& block : idle_) {
    if (block.last_epoch + 2 < epoch_) {
      free_aligned(block.data, block.bytes);
      total_ -= block.bytes;
    } else {
      idle_[kept++] = block;
    }
  }
  idle_.resize(kept);
}

MASKRCNN_FUNCTION void MemoryPool::trim() noexcept {
  const std::lock_guard lock(mutex_);
  for (const Block& block : idle_) {
    free_aligned(block.data, block.bytes);
    total_ -= block.bytes;
  }
  idle_.clear();
}

MASKRCNN_FUNCTION std::size_t MemoryPool::allocations() const {
  const std::lock_guard lock(mutex_);
  return allocations_;
}

MASKRCNN_FUNCTION std::size_t MemoryPool::idle_bytes() const {
  const std::lock_guard lock(mutex_);
  std::size_t sum = 0;
  for (const Block& block : idle_) sum += block.bytes;
  return sum;
}

MASKRCNN_FUNCTION PooledMemory::PooledMemory(std::size_t bytes, std::shared_ptr<MemoryPool> pool)
    : pool_(std::move(pool)) {
  if (bytes == 0) return;
  block_ = pool_ ? pool_->take(bytes) : MemoryPool::Block{allocate_aligned(bytes), bytes, 0};
}

MASKRCNN_FUNCTION void PooledMemory::give_back() noexcept {
  if (pool_)
    pool_->give(block_);
  else
    free_aligned(block_.data, block_.bytes);
}

}  // namespace maskrcnn
