/// The memory of a model: a pool for each of the calls that run at the same time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/memory_pool.hpp>
#include <memory>
#include <mutex>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Lends each call a pool of its own, so that calls at the same time, of images of different sizes, do not take each
/// other's memory for old. A caller gets the pool that it had before, whose blocks fit what it does; there are as many
/// pools as calls have ever run at once, less those that have not been needed for long. Safe to use from several
/// threads.
class ModelMemory {
 public:
  /// A pool for one call, until `end_call`. See `InferenceScope`.
  [[nodiscard]] std::shared_ptr<MemoryPool> begin_call() {
    const std::lock_guard lock(mutex_);
    Lent* best = nullptr;
    for (Lent& one : lent_) {
      if (one.busy) continue;
      if (best == nullptr || one.caller == caller() || (best->caller != caller() && one.last_call > best->last_call))
        best = &one;
    }
    if (best == nullptr) best = &lent_.emplace_back(Lent{.pool = std::make_shared<MemoryPool>()});
    best->caller = caller();
    best->busy = true;
    return best->pool;
  }

  /// Ends the call that `pool` was lent to. What the caller's calls do not need any more is freed, and pools of callers
  /// that have not come back while others came often.
  void end_call(const std::shared_ptr<MemoryPool>& pool) noexcept {
    constexpr std::uint64_t often = 16;  // so that a slow caller among fast ones keeps its own
    pool->end_inference();
    const std::lock_guard lock(mutex_);
    ++calls_;
    for (Lent& one : lent_)
      if (one.pool == pool) {
        one.busy = false;
        one.last_call = calls_;
      }
    std::erase_if(lent_, [&](const Lent& one) {
      return !one.busy && calls_ - one.last_call > often * static_cast<std::uint64_t>(lent_.size());
    });
  }

  /// Gives all memory that no tensor holds back to the system: the next calls take as long as the first.
  void trim() noexcept {
    const std::lock_guard lock(mutex_);
    for (const Lent& one : lent_) one.pool->trim();
    std::erase_if(lent_, [](const Lent& one) { return !one.busy; });
  }

  /// Bytes that are kept for the next calls and that no tensor holds.
  [[nodiscard]] std::size_t idle_bytes() const {
    const std::lock_guard lock(mutex_);
    std::size_t sum = 0;
    for (const Lent& one : lent_) sum += one.pool->idle_bytes();
    return sum;
  }

 private:
  struct Lent {
    std::shared_ptr<MemoryPool> pool;
    const void* caller = nullptr;  // the thread that had it last: a wish only, an address may come again
    bool busy = false;
    std::uint64_t last_call = 0;
  };

  /// What tells the calling thread from others that live at the same time.
  [[nodiscard]] static const void* caller() {
    static thread_local char mark = 0;
    return &mark;
  }

  mutable std::mutex mutex_;
  std::vector<Lent> lent_;
  std::uint64_t calls_ = 0;  // that have ended
};

}  // namespace maskrcnn
