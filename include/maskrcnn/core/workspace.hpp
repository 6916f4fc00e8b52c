/// The workspace: what one call of a model works with. Tensors hand it on from stage to stage.
#pragma once

#include <maskrcnn/core/memory_pool.hpp>
#include <maskrcnn/core/profile.hpp>
#include <memory>
#include <utility>

namespace maskrcnn {

/// Where a call takes its memory and writes down its times. Calls at the same time share the pool, not the profile.
struct Workspace {
  std::shared_ptr<MemoryPool> pool;  ///< null: memory comes from the system
  Profile* profile = nullptr;        ///< null: nobody wants to know; it must outlive the tensors of the call

  // NOLINTNEXTLINE(google-explicit-constructor): memory alone is a workspace
  Workspace(std::shared_ptr<MemoryPool> memory = nullptr, Profile* times = nullptr)
      : pool(std::move(memory)), profile(times) {}
};

/// One inference, for as long as it lives: its time, and at its end the end of the inference for the pool. Declare it
/// before everything that takes memory from the pool, which must not be null.
class InferenceScope {
 public:
  explicit InferenceScope(const Workspace& workspace)
      : span_(workspace.profile, "inference", "inference"), pool_(workspace.pool) {}
  InferenceScope(const InferenceScope&) = delete;
  InferenceScope& operator=(const InferenceScope&) = delete;
  ~InferenceScope() { pool_->end_inference(); }

 private:
  ProfileSpan span_;
  std::shared_ptr<MemoryPool> pool_;
};

}  // namespace maskrcnn
