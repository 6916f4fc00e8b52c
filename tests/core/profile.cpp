#include <maskrcnn/core/profile.hpp>

#include <algorithm>
#include <array>
#include <maskrcnn/layers/conv2d.hpp>
#include <maskrcnn/layers/conv_transpose2d.hpp>
#include <maskrcnn/layers/linear.hpp>
#include <stdexcept>
#include <thread>

#include "support.hpp"

using maskrcnn::Index;
using maskrcnn::Profile;
using maskrcnn::ProfileEvent;
using maskrcnn::ProfileNotes;
using maskrcnn::ProfileSpan;
using maskrcnn::Tensor;
using maskrcnn::Workspace;

namespace {

[[nodiscard]] std::string detail(const ProfileEvent& event, const std::string& what) {
  for (const auto& [name, value] : event.notes.details)
    if (name == what) return value;
  return "(none)";
}

[[nodiscard]] Tensor<float, 4> zeros(const maskrcnn::Shape<4>& shape, Profile* profile) {
  Tensor<float, 4> tensor(shape, Workspace(nullptr, profile));
  tensor.fill(0);
  return tensor;
}

[[nodiscard]] maskrcnn::ConvWeights<float> conv_weights(Index out, Index in, Index size) {
  return {.kernel = std::vector<float>(out * in * size * size, 1),
          .out = out,
          .in = in,
          .height = size,
          .width = size,
          .name = "body.conv"};
}

}  // namespace

TEST_CASE("spans nest in the order of their starts, whatever the order of their ends") {
  Profile profile;
  {
    const ProfileSpan outer(&profile, "stage", "outer");
    { const ProfileSpan first(&profile, "layer", "first"); }
    ProfileSpan second(&profile, "layer", "second");
    second.end([] { return ProfileNotes{.flops = 7, .details = {{"output", "[1]"}}}; });
  }
  const auto events = profile.events();
  REQUIRE(events.size() == 3);
  CHECK(events[0].name == "outer");
  CHECK(events[0].category == "stage");
  CHECK(events[1].name == "first");
  CHECK(events[2].name == "second");
  CHECK(events[2].notes.flops == 7);
  CHECK(detail(events[2], "output") == "[1]");
  CHECK(events[1].start + events[1].duration <= events[2].start);
  for (const ProfileEvent& event : events) {
    CHECK(event.start >= events[0].start);
    CHECK(event.start + event.duration <= events[0].start + events[0].duration);
  }
}

TEST_CASE("without a profile a span does nothing, not even ask what it was") {
  ProfileSpan span(nullptr, "layer", "none");
  span.end([]() -> ProfileNotes { throw std::logic_error("asked"); });
}

TEST_CASE("work that ends in an exception is in the profile too") {
  Profile profile;
  try {
    const ProfileSpan span(&profile, "layer", "fails");
    throw std::runtime_error("it does");
  } catch (const std::runtime_error&) {
  }
  REQUIRE(profile.events().size() == 1);
  CHECK(profile.events()[0].name == "fails");
}

TEST_CASE("threads may write to one profile") {
  Profile profile;
  const auto work = [&profile] {
    for (int i = 0; i < 200; ++i) const ProfileSpan span(&profile, "layer", "layer");
  };
  std::array<std::thread, 3> threads;
  for (auto& thread : threads) thread = std::thread(work);
  for (auto& thread : threads) thread.join();
  CHECK(profile.events().size() == 600);
}

TEST_CASE("a tensor made like another hands its profile on, and a clone too") {
  Profile profile;
  const auto pool = std::make_shared<maskrcnn::MemoryPool>();
  const Tensor<float, 1> first({4}, Workspace(pool, &profile));
  CHECK(first.like(maskrcnn::Shape<2>{2, 2}).profile() == &profile);
  CHECK(first.like(maskrcnn::Shape<2>{2, 2}).pool() == pool);
  CHECK(first.clone().profile() == &profile);
  CHECK(Tensor<float, 1>({4}, pool).profile() == nullptr);
}

TEST_CASE(
    "a convolution tells its name, shapes and the arithmetic of direct convolution, whichever algorithm computes it") {
  for (const auto* kernels : maskrcnn::kernels::available_kernels<float>())
    for (const Index stride : {Index{1}, Index{2}}) {
      Profile profile;
      const maskrcnn::Conv2d<float> conv(conv_weights(32, 16, 3), {.stride = stride, .padding = 1}, *kernels);
      (void)conv(zeros({1, 10, 12, 16}, &profile));
      const auto events = profile.events();
      REQUIRE(events.size() == 1);
      CHECK(events[0].name == "body.conv");
      CHECK(events[0].category == "layer");
      CHECK(events[0].notes.flops == (stride == 1 ? 2.0 * 10 * 12 * 32 * 16 * 9 : 2.0 * 5 * 6 * 32 * 16 * 9));
      CHECK(detail(events[0], "input") == "[1,10,12,16]");
      CHECK(detail(events[0], "output") == (stride == 1 ? "[1,10,12,32]" : "[1,5,6,32]"));
      CHECK(detail(events[0], "kernel") == "[3,3]");
      CHECK(detail(events[0], "counted as") == "direct");
      CHECK(detail(events[0], "algorithm") ==
            (stride == 1 && kernels->winograd_4x4.input != nullptr ? "Winograd 4x4" : "direct"));
    }
}

TEST_CASE("a convolution that takes the memory of its addend tells the same") {
  Profile profile;
  const maskrcnn::Conv2d<float> conv(conv_weights(8, 4, 1), {});
  (void)conv(zeros({2, 3, 5, 4}, &profile), zeros({2, 3, 5, 8}, &profile));
  REQUIRE(profile.events().size() == 1);
  CHECK(profile.events()[0].notes.flops == 2.0 * 2 * 3 * 5 * 8 * 4);
}

TEST_CASE("fully connected layers and deconvolutions tell theirs") {
  Profile profile;
  const maskrcnn::Linear<float> linear(
      {.weight = std::vector<float>(60), .bias = std::vector<float>(5), .out = 5, .in = 12, .name = "head.fc"});
  const maskrcnn::ConvTranspose2d<float> up(
      {.kernel = std::vector<float>(48), .bias = std::vector<float>(3), .in = 4, .out = 3, .name = "head.up"}, {});
  (void)linear(zeros({7, 2, 2, 3}, &profile));
  (void)up(zeros({2, 3, 5, 4}, &profile));
  const auto events = profile.events();
  REQUIRE(events.size() == 2);
  CHECK(events[0].name == "head.fc");
  CHECK(events[0].notes.flops == 2.0 * 7 * 12 * 5);
  CHECK(detail(events[0], "output") == "[7,5]");
  CHECK(events[1].name == "head.up");
  CHECK(events[1].notes.flops == 2.0 * 2 * 3 * 5 * 4 * 4 * 3);
  CHECK(detail(events[1], "output") == "[2,6,10,3]");
}
