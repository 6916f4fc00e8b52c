/// Memory: large aligned blocks that come back from one inference and serve the next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <maskrcnn/core/compiled.hpp>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Alignment of every tensor, in bytes: one cache line, one AVX-512 register.
inline constexpr std::size_t tensor_alignment = 64;

/// Memory of `bytes` bytes, aligned. Large blocks ask the system for large pages, where it has them: touching fresh
/// memory and finding one's way in it then costs far less.
/// @throws std::bad_alloc
[[nodiscard]] void* allocate_aligned(std::size_t bytes);

/// Gives back what `allocate_aligned` gave for the same number of bytes.
void free_aligned(void* data, std::size_t bytes) noexcept;

/// A cache of memory blocks. First touch of fresh pages costs more than many layers compute, so a block that a tensor
/// gives back is kept for the next tensor it fits. Threads that compute one inference together share it; inferences at
/// the same time have one each (`ModelMemory`).
class MemoryPool {
 public:
  MemoryPool() = default;
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;
  ~MemoryPool() { trim(); }

  struct Block {
    void* data = nullptr;
    std::size_t bytes = 0;
    std::uint64_t last_epoch = 0;
  };

  /// The smallest idle block that holds `bytes` without wasting more than half of itself, or a fresh one. Before the
  /// pool grows beyond what the largest inference so far has used, blocks that this one has not touched go.
  [[nodiscard]] Block take(std::size_t bytes);

  /// Takes a block back.
  void give(Block block) noexcept;

  /// Marks the end of one inference: blocks that the last two inferences did not touch are freed, and what is more than
  /// the largest inference so far has used, so that a stream of differently sized images does not grow the pool.
  void end_inference() noexcept;

  /// Gives all memory that no tensor holds back to the system.
  void trim() noexcept;

  /// How many blocks have come from the system so far.
  [[nodiscard]] std::size_t allocations() const;

  /// Bytes that are kept and that no tensor holds.
  [[nodiscard]] std::size_t idle_bytes() const;

 private:
  void free_stale_beyond(std::size_t limit) noexcept;

  mutable std::mutex mutex_;
  std::vector<Block> idle_;
  std::size_t total_ = 0;    // bytes of all blocks, idle or not
  std::size_t largest_ = 0;  // bytes of the blocks that one inference has used
  std::uint64_t epoch_ = 0;
  std::size_t allocations_ = 0;
};

/// One block of memory, owned: goes back to its pool, or to the system if it has none, when the owner ends.
class PooledMemory {
 public:
  PooledMemory() = default;
  PooledMemory(std::size_t bytes, std::shared_ptr<MemoryPool> pool);
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
    if (block_.data != nullptr) give_back();
  }

  [[nodiscard]] void* data() const { return block_.data; }
  [[nodiscard]] const std::shared_ptr<MemoryPool>& pool() const { return pool_; }

 private:
  void give_back() noexcept;

  std::shared_ptr<MemoryPool> pool_;
  MemoryPool::Block block_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/core/memory_pool.inl>
#endif
