#include <maskrcnn/kernels/dispatch.hpp>

#include <cstdlib>
#include <set>

#include "support.hpp"

using maskrcnn::kernels::available_kernels;
using maskrcnn::kernels::best_kernels;

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

}  // namespace

TEST_CASE("the last kernel is the portable one, and names differ") {
  std::set<std::string> names;
  for (const auto* kernel : available_kernels<float>()) CHECK(names.insert(kernel->name).second);
  CHECK(std::string(available_kernels<float>().back()->name) == "portable");
  CHECK(available_kernels<double>().size() == 1);
}

TEST_CASE("the environment chooses among what the processor has") {
  for (const auto* kernel : available_kernels<float>()) {
    const Isa isa(kernel->name);
    CHECK(&best_kernels<float>() == kernel);
    CHECK(std::string(best_kernels<double>().name) == "portable");
  }
  const Isa none("");
  CHECK(&best_kernels<float>() == available_kernels<float>().front());
}

TEST_CASE("a kernel that is not there is an error that lists those that are") {
  const Isa isa("abacus");
  const std::string error = test::error_of([] { (void)best_kernels<float>(); });
  CHECK(test::contains(error, "MASKRCNN_ISA: expected one of "));
  CHECK(test::contains(error, "portable on this processor, found 'abacus'"));
}
