#include <maskrcnn/kernels/dispatch.hpp>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <thread>

#include "support.hpp"

#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

using maskrcnn::kernels::available_kernels;
using maskrcnn::kernels::best_kernels;
using maskrcnn::kernels::KernelSet;
using maskrcnn::kernels::permitted;

namespace {

/// Sets MASKRCNN_ISA and puts back what it was.
class Isa {
 public:
  explicit Isa(const char* name) {
    const char* const before = std::getenv("MASKRCNN_ISA");
    had_ = before != nullptr;
    if (had_) before_ = before;
    ::setenv("MASKRCNN_ISA", name, 1);
  }
  Isa(const Isa&) = delete;
  Isa& operator=(const Isa&) = delete;
  ~Isa() {
    if (had_)
      ::setenv("MASKRCNN_ISA", before_.c_str(), 1);
    else
      ::unsetenv("MASKRCNN_ISA");
  }

 private:
  bool had_ = false;
  std::string before_;
};

bool granted() { return true; }
bool refused() { return false; }

#if defined(__x86_64__) && defined(__linux__)
/// Whether this process may use AMX's tiles by now.
[[nodiscard]] bool has_tiles() {
  unsigned long permitted = 0;
  constexpr long get_permission = 0x1022, tile_data = 18;  // ARCH_GET_XCOMP_PERM, XFEATURE_XTILEDATA
  return ::syscall(SYS_arch_prctl, get_permission, &permitted) == 0 && (permitted >> tile_data & 1U) != 0;
}
#endif

}  // namespace

#if defined(__x86_64__) && defined(__linux__)
TEST_CASE("the choice of kernels asks the system for nothing") {
  const bool before = has_tiles();  // other tests of this program may have asked
  (void)available_kernels<float>();
  (void)best_kernels<float>();
  CHECK(has_tiles() == before);
}
#endif

TEST_CASE("kernels that ask for nothing are permitted") {
  for (const auto* kernel : available_kernels<float>())
    if (kernel->permission == nullptr) CHECK(&permitted(*kernel) == kernel);
  CHECK(&permitted(best_kernels<double>()) == &best_kernels<double>());
}

TEST_CASE("kernels that the system refuses give way to the next best, which may be refused as well") {
  const KernelSet<float>& any = *available_kernels<float>().back();
  KernelSet<float> next = any, best = any;
  best.otherwise = &next;
  next.otherwise = &any;
  best.permission = &granted;
  CHECK(&permitted(best) == &best);
  best.permission = &refused;
  CHECK(&permitted(best) == &next);
  next.permission = &granted;
  CHECK(&permitted(best) == &next);
  next.permission = &refused;
  CHECK(&permitted(best) == &any);
}

TEST_CASE("all kernels that may be refused name others that are available too") {
  const auto kernels = available_kernels<float>();
  for (const auto* kernel : kernels)
    if (kernel->permission != nullptr)
      CHECK(std::find(kernels.begin(), kernels.end(), kernel->otherwise) != kernels.end());
}

TEST_CASE("threads that ask for permission at once get one answer") {
  std::vector<const KernelSet<float>*> found(8);
  std::vector<std::thread> threads;
  for (auto& kernels : found) threads.emplace_back([&] { kernels = &permitted(*available_kernels<float>().front()); });
  for (std::thread& thread : threads) thread.join();
  for (const auto* kernels : found) CHECK(kernels == found.front());
}

TEST_CASE("the last kernels are those of any processor, and names differ") {
  std::set<std::string> names;
  for (const auto* kernel : available_kernels<float>()) CHECK(names.insert(kernel->name).second);
  CHECK(std::string(available_kernels<float>().back()->name) == "generic");
  REQUIRE(available_kernels<double>().size() == 1);
  CHECK(std::string(available_kernels<double>().back()->name) == "eigen");
}

TEST_CASE("the environment chooses among what the processor has") {
  for (const auto* kernel : available_kernels<float>()) {
    const Isa isa(kernel->name);
    CHECK(&best_kernels<float>() == kernel);
    CHECK(std::string(best_kernels<double>().name) == "eigen");
  }
  const Isa none("");
  CHECK(&best_kernels<float>() == available_kernels<float>().front());
}

TEST_CASE("a kernel that is not there is an error that lists those that are") {
  const Isa isa("abacus");
  const std::string error = test::error_of([] { (void)best_kernels<float>(); });
  CHECK(test::contains(error, "MASKRCNN_ISA: expected one of "));
  CHECK(test::contains(error, "generic on this processor, found 'abacus'"));
}
