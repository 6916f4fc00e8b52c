// Bodies of memory_pool.hpp.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/memory_pool.hpp>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#define MASKRCNN_HAS_MADVISE 1
#endif

namespace maskrcnn::inline MASKRCNN_FLAGS {

MASKRCNN_FUNCTION void* allocate_aligned(std::size_t bytes) {
  constexpr std::size_t large_page = std::size_t{2} << 20U;
  if (bytes < large_page) return ::operator new (bytes, std::align_val_t{tensor_alignment});
  void* const data = ::operator new (bytes, std::align_val_t{large_page});
#ifdef MASKRCNN_HAS_MADVISE
  ::madvise(data, bytes, MADV_HUGEPAGE);  // a wish: if it is not granted nothing is lost
#endif
  return data;
}

MASKRCNN_FUNCTION void free_aligned(void* data, std::size_t bytes) noexcept {
  ::operator delete (data,
                     std::align_val_t{bytes < (std::size_t{2} << 20U) ? tensor_alignment : std::size_t{2} << 20U});
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
  }
  return {allocate_aligned(bytes), bytes, 0};
}

MASKRCNN_FUNCTION void MemoryPool::give(Block block) noexcept {
  const std::lock_guard lock(mutex_);
  block.last_epoch = epoch_;
  try {
    idle_.push_back(block);
  } catch (...) {  // no memory for the list: the block itself goes instead
    free_aligned(block.data, block.bytes);
  }
}

MASKRCNN_FUNCTION void MemoryPool::end_inference() noexcept {
  const std::lock_guard lock(mutex_);
  ++epoch_;
  std::size_t kept = 0;
  for (const Block& block : idle_) {
    if (block.last_epoch + 2 < epoch_)
      free_aligned(block.data, block.bytes);
    else
      idle_[kept++] = block;
  }
  idle_.resize(kept);
}

MASKRCNN_FUNCTION void MemoryPool::trim() noexcept {
  const std::lock_guard lock(mutex_);
  for (const Block& block : idle_) free_aligned(block.data, block.bytes);
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
