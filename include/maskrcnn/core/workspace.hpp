/// The workspace: what one call of a model works with. Tensors hand it on from stage to stage.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/memory_pool.hpp>
#include <maskrcnn/core/model_memory.hpp>
#include <maskrcnn/core/profile.hpp>
#include <memory>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Where a call takes its memory and writes down its times. Calls at the same time have one each.
struct Workspace {
  std::shared_ptr<MemoryPool> pool;  ///< null: memory comes from the system
  Profile* profile = nullptr;        ///< null: nobody wants to know; it must outlive the tensors of the call

  // NOLINTNEXTLINE(google-explicit-constructor): memory alone is a workspace
  Workspace(std::shared_ptr<MemoryPool> memory = nullptr, Profile* times = nullptr)
      : pool(std::move(memory)), profile(times) {}
};

/// One inference, for as long as it lives: its time, and a pool of the model's memory that is its own. Declare it
/// before everything that takes memory from its workspace.
class InferenceScope {
 public:
  /// @param memory of the model, not null
  /// @param profile if not null, gets the time of the inference
  explicit InferenceScope(std::shared_ptr<ModelMemory> memory, Profile* profile = nullptr)
      : span_(profile, "inference", "inference"),
        memory_(std::move(memory)),
        workspace_(memory_->begin_call(), profile) {}
  InferenceScope(const InferenceScope&) = delete;
  InferenceScope& operator=(const InferenceScope&) = delete;
  ~InferenceScope() { memory_->end_call(workspace_.pool); }

  /// What the inference works with.
  [[nodiscard]] const Workspace& workspace() const { return workspace_; }

 private:
  ProfileSpan span_;
  std::shared_ptr<ModelMemory> memory_;
  Workspace workspace_;
};

}  // namespace maskrcnn
