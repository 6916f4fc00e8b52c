#include <maskrcnn/core/model_memory.hpp>

#include <atomic>
#include <barrier>
#include <maskrcnn/core/tensor.hpp>
#include <maskrcnn/core/workspace.hpp>
#include <thread>

#include "support.hpp"

using maskrcnn::InferenceScope;
using maskrcnn::ModelMemory;
using maskrcnn::Tensor;

namespace {

/// What an inference on an image of `size` numbers does with its memory.
void infer(const std::shared_ptr<ModelMemory>& memory, maskrcnn::Index size) {
  const InferenceScope scope(memory);
  const Tensor<float, 1> input({size}, scope.workspace());
  const auto half = input.like(maskrcnn::Shape<1>{size / 2});
  const auto again = half.like(maskrcnn::Shape<2>{size, 3});
}

/// Blocks that the call of this thread has had from the system so far.
std::size_t allocations(const std::shared_ptr<ModelMemory>& memory) {
  return InferenceScope(memory).workspace().pool->allocations();
}

}  // namespace

TEST_CASE("callers at once, of images of different sizes, need no new memory after the first") {
  const auto memory = std::make_shared<ModelMemory>();
  std::barrier together(2);
  std::size_t warm[2] = {}, after[2] = {};
  const auto call = [&](std::size_t caller) {
    const maskrcnn::Index size = caller == 0 ? 1000 : 700;  // near enough for either to fit into the other's blocks
    {
      const InferenceScope scope(memory);
      together.arrive_and_wait();  // both are inside: from here on each has a pool of its own
    }
    infer(memory, size);
    warm[caller] = allocations(memory);
    together.arrive_and_wait();
    for (int repetition = 0; repetition < (caller == 0 ? 200 : 20); ++repetition) infer(memory, size);
    after[caller] = allocations(memory);
  };
  std::thread other(call, 1);
  call(0);
  other.join();
  CHECK(warm[0] == 3);
  CHECK(warm[1] == 3);
  CHECK(after[0] == warm[0]);
  CHECK(after[1] == warm[1]);
}

TEST_CASE("a caller alone uses one pool, and memory of another size of image goes when it is not needed any more") {
  const auto memory = std::make_shared<ModelMemory>();
  infer(memory, 100000);
  const std::size_t large = memory->idle_bytes();
  CHECK(large == 4 * (100000 + 50000 + 300000));
  infer(memory, 100);
  CHECK(memory->idle_bytes() <= large);
  infer(memory, 100);
  CHECK(memory->idle_bytes() == 4 * (100 + 50 + 300));
  infer(memory, 100);
  CHECK(allocations(memory) == 6);
}

TEST_CASE("callers one after another share one pool, whatever thread they are") {
  const auto memory = std::make_shared<ModelMemory>();
  for (int thread = 0; thread < 5; ++thread) std::thread(infer, memory, 1000).join();
  CHECK(allocations(memory) == 3);
}

TEST_CASE("the memory of callers that do not come back is freed") {
  const auto memory = std::make_shared<ModelMemory>();
  {
    const InferenceScope mine(memory);
    std::thread(infer, memory, 100000).join();
  }
  CHECK(memory->idle_bytes() == 4 * 450000);
  for (int call = 0; call < 40; ++call) infer(memory, 100);
  CHECK(memory->idle_bytes() == 4 * 450);
}

TEST_CASE("a model gives idle memory back when asked, and goes on") {
  const auto memory = std::make_shared<ModelMemory>();
  infer(memory, 1000);
  {
    const InferenceScope scope(memory);
    const Tensor<float, 1> held({1000}, scope.workspace());
    memory->trim();
    CHECK(memory->idle_bytes() == 0);
  }
  CHECK(memory->idle_bytes() == 4000);
  memory->trim();
  CHECK(memory->idle_bytes() == 0);
  infer(memory, 1000);
  CHECK(memory->idle_bytes() == 4 * 4500);
}
