#include <maskrcnn/core/memory_pool.hpp>

#include <cstdint>
#include <maskrcnn/core/tensor.hpp>
#include <set>
#include <thread>

#include "support.hpp"

using maskrcnn::MemoryPool;

TEST_CASE("a block that comes back is given out again") {
  MemoryPool pool;
  const auto block = pool.take(1000);
  CHECK(reinterpret_cast<std::uintptr_t>(block.data) % maskrcnn::tensor_alignment == 0);
  pool.give(block);
  const auto again = pool.take(900);
  CHECK(again.data == block.data);
  CHECK(again.bytes == 1000);
  pool.give(again);
}

TEST_CASE("the smallest block that fits is taken, and none that wastes more than half of itself") {
  MemoryPool pool;
  const auto small = pool.take(1000), middle = pool.take(1500), large = pool.take(8000);
  for (const auto& block : {large, small, middle}) pool.give(block);
  const auto fits = pool.take(800), next = pool.take(800), fresh = pool.take(800);
  CHECK(fits.data == small.data);
  CHECK(next.data == middle.data);
  CHECK(fresh.bytes == 800);
  for (const auto& block : {fits, next, fresh}) pool.give(block);
}

TEST_CASE("blocks that two inferences did not touch are freed") {
  MemoryPool pool;
  pool.give(pool.take(1 << 20));
  const auto kept = pool.take(1000);
  pool.give(kept);
  for (int i = 0; i < 5; ++i) {
    const auto again = pool.take(1000);
    CHECK(again.data == kept.data);
    pool.give(again);
    pool.end_inference();
  }
  const auto fresh = pool.take((1 << 20) - 64);  // the large block would have served
  CHECK(fresh.bytes == (1 << 20) - 64);
  pool.give(fresh);
}

TEST_CASE("a pool holds no more than the largest inference has used") {
  MemoryPool pool;
  const auto infer = [&pool](std::initializer_list<std::size_t> sizes) {
    std::vector<MemoryPool::Block> blocks;
    for (const std::size_t size : sizes) blocks.push_back(pool.take(size));
    for (const auto& block : blocks) pool.give(block);
    pool.end_inference();
  };
  infer({1000, 8000});
  CHECK(pool.idle_bytes() == 9000);
  infer({3000});  // of another size: beside it, only what lets the sum stay
  CHECK(pool.idle_bytes() <= 9000);
  infer({1000, 8000});
  CHECK(pool.idle_bytes() <= 9000);
  infer({20000});
  CHECK(pool.idle_bytes() == 20000);
  infer({1000, 8000});
  CHECK(pool.idle_bytes() <= 20000);
  // the same again and again takes nothing fresh
  infer({1000, 8000});
  const std::size_t before = pool.allocations();
  for (int i = 0; i < 5; ++i) infer({1000, 8000});
  CHECK(pool.allocations() == before);
}

TEST_CASE("the same work twice needs no more memory than once") {
  const auto pool = std::make_shared<MemoryPool>();
  const auto work = [&pool] {
    std::set<const void*> used;
    const maskrcnn::Tensor<float, 2> first({10, 100}, pool);
    const auto second = first.like(maskrcnn::Shape<3>{7, 7, 7});
    used.insert(first.data());
    used.insert(second.data());
    {
      const auto third = second.like(maskrcnn::Shape<1>{5000});
      used.insert(third.data());
    }
    used.insert(second.like(maskrcnn::Shape<1>{4000}).data());
    return used;
  };
  const auto once = work();
  CHECK(once.size() == 3);  // the fourth tensor lies where the third was
  for (int i = 0; i < 10; ++i) {
    CHECK(work() == once);
    pool->end_inference();
  }
}

TEST_CASE("a pool gives idle memory back when asked, and counts what it took from the system") {
  MemoryPool pool;
  const auto held = pool.take(3000);
  pool.give(pool.take(1000));
  CHECK(pool.allocations() == 2);
  CHECK(pool.idle_bytes() == 1000);
  pool.trim();
  CHECK(pool.idle_bytes() == 0);
  static_cast<unsigned char*>(held.data)[2999] = 1;  // what is held is not touched
  pool.give(held);
  CHECK(pool.idle_bytes() == 3000);
  pool.give(pool.take(3000));
  CHECK(pool.allocations() == 2);
}

TEST_CASE("a pool lives as long as a tensor of its memory") {
  maskrcnn::Tensor<float, 1> tensor;
  {
    const auto pool = std::make_shared<MemoryPool>();
    tensor = maskrcnn::Tensor<float, 1>({100}, pool);
  }
  tensor.fill(3);
  CHECK(tensor(99) == 3);
}

TEST_CASE("threads may share a pool") {
  MemoryPool pool;
  const auto use = [&pool](unsigned char mark) {
    for (std::size_t i = 0; i < 500; ++i) {
      const auto block = pool.take(64 + i % 7 * 64);
      auto* const bytes = static_cast<unsigned char*>(block.data);
      std::fill_n(bytes, block.bytes, mark);
      const bool mine = std::count(bytes, bytes + block.bytes, mark) == static_cast<std::ptrdiff_t>(block.bytes);
      pool.give(block);
      if (i % 50 == 0) pool.end_inference();
      if (!mine) return false;
    }
    return true;
  };
  bool fine[3] = {};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) threads.emplace_back([&, t] { fine[t] = use(static_cast<unsigned char>(t + 1)); });
  for (auto& thread : threads) thread.join();
  CHECK(std::count(std::begin(fine), std::end(fine), true) == 3);
}
