/// Memory: large aligned blocks that come back from one inference and serve the next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#define MASKRCNN_HAS_MADVISE 1
#endif

namespace maskrcnn {

/// Alignment of every tensor, in bytes: one cache line, one AVX-512 register.
inline constexpr std::size_t tensor_alignment = 64;

/// Memory of `bytes` bytes, aligned. Large blocks ask the system for large pages, where it has them: touching fresh
/// memory and finding one's way in it then costs far less.
/// @throws std::bad_alloc
[[nodiscard]] inline void* allocate_aligned(std::size_t bytes) {
  constexpr std::size_t large_page = std::size_t{2} << 20U;
  if (bytes < large_page) return ::operator new (bytes, std::align_val_t{tensor_alignment});
  void* const data = ::operator new (bytes, std::align_val_t{large_page});
#ifdef MASKRCNN_HAS_MADVISE
  ::madvise(data, bytes, MADV_HUGEPAGE);  // a wish: if it is not granted nothing is lost
#endif
  return data;
}

/// Gives back what `allocate_aligned` gave for the same number of bytes.
inline void free_aligned(void* data, std::size_t bytes) noexcept {
  ::operator delete (data,
                     std::align_val_t{bytes < (std::size_t{2} << 20U) ? tensor_alignment : std::size_t{2} << 20U});
}

/// A cache of memory blocks. First touch of fresh pages costs more than many layers compute, so a block that a tensor
/// gives back is kept for the next tensor it fits. Safe to use from several threads.
class MemoryPool {
 public:
  MemoryPool() = default;
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;
  ~MemoryPool() {
    for (const Block& block : idle_) release(block);
  }

  struct Block {
    void* data = nullptr;
    std::size_t bytes = 0;
    std::uint64_t last_epoch = 0;
  };

  /// The smallest idle block that holds `bytes` without wasting more than half of itself, or a fresh one.
  [[nodiscard]] Block take(std::size_t bytes) {
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
    }
    return {allocate_aligned(bytes), bytes, 0};
  }

  /// Takes a block back.
  void give(Block block) noexcept {
    const std::lock_guard lock(mutex_);
    block.last_epoch = epoch_;
    try {
      idle_.push_back(block);
    } catch (...) {  // no memory for the list: the block itself goes instead
      release(block);
    }
  }

  /// Marks the end of one inference: blocks that the last two inferences did not touch are freed, so that a stream of
  /// differently sized images does not grow the pool.
  void end_inference() noexcept {
    const std::lock_guard lock(mutex_);
    ++epoch_;
    std::size_t kept = 0;
    for (const Block& block : idle_) {
      if (block.last_epoch + 2 < epoch_)
        release(block);
      else
        idle_[kept++] = block;
    }
    idle_.resize(kept);
  }

 private:
  static void release(const Block& block) noexcept { free_aligned(block.data, block.bytes); }

  std::mutex mutex_;
  std::vector<Block> idle_;
  std::uint64_t epoch_ = 0;
};

/// One block of memory, owned: goes back to its pool, or to the system if it has none, when the owner ends.
class PooledMemory {
 public:
  PooledMemory() = default;
  PooledMemory(std::size_t bytes, std::shared_ptr<MemoryPool> pool) : pool_(std::move(pool)) {
    if (bytes == 0) return;
    block_ = pool_ ? pool_->take(bytes) : MemoryPool::Block{allocate_aligned(bytes), bytes, 0};
  }
  PooledMemory(PooledMemory&& other) noexcept
      : pool_(std::move(other.pool_)), block_(std::exchange(other.block_, {})) {}
  PooledMemory& operator=(PooledMemory&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(block_, other.block_);
    return *this;
  }
  PooledMemory(const PooledMemory&) = delete;
  PooledMemory& operator=(const PooledMemory&) = delete;
  ~PooledMemory() {
    if (block_.data == nullptr) return;
    if (pool_)
      pool_->give(block_);
    else
      free_aligned(block_.data, block_.bytes);
  }

  [[nodiscard]] void* data() const { return block_.data; }
  [[nodiscard]] const std::shared_ptr<MemoryPool>& pool() const { return pool_; }

 private:
  std::shared_ptr<MemoryPool> pool_;
  MemoryPool::Block block_;
};

}  // namespace maskrcnn
