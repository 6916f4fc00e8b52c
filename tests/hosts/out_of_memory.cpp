// Memory may run out at any point: an exception, no leak, and the model is as good as before.

#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/io/image_file.hpp>
#include <maskrcnn/maskrcnn.hpp>
#include <maskrcnn/model/any_model.hpp>

#include <cstdlib>
#include <new>
#include <optional>

#include "allocations.hpp"
#include "golden_detections.hpp"
#include "support.hpp"

namespace {

/// Runs `work` with the first, the second, ... allocation failing, until it comes through: every one of the first
/// hundred, then every `step`-th. What is in use must be what it was, whenever it failed.
/// @param trim gives back what is kept from one call to the next
template <class Work, class Trim>
long fail_everywhere(long step, const Work& work, const Trim& trim) {
  work();  // what stays until the program ends
  trim();
  const long before = test::blocks_in_use();
  for (long n = 0;; n += n < 100 ? 1 : step) {
    bool failed = false;
    test::fail_from_allocation(n);
    try {
      work();
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    const long made = test::allocations_made();
    test::fail_from_allocation(-1);
    trim();
    if (!failed && made <= n) return made;
    if (!failed) FAIL("allocation " << n << " failed and nobody said so");
    if (test::blocks_in_use() > before) FAIL("failing at allocation " << n << " lost memory");
  }
}

/// MASKRCNN_TEST_ALL=1 in the environment: every allocation, which takes minutes.
[[nodiscard]] long step_or_one(long step) { return std::getenv("MASKRCNN_TEST_ALL") != nullptr ? 1 : step; }

const char* const slim = MASKRCNN_GOLDEN_DIR "/slim_resnet18.safetensors";
const char* const whole = MASKRCNN_GOLDEN_DIR "/checkpoints/whole_module.pth";

}  // namespace

TEST_CASE("memory may run out while a model computes") {
  const auto image = test::Golden("end_to_end_resnet18").image("case.image");
  const int threads_before = maskrcnn::thread_count();
  for (const int threads : {1, 2}) {
    maskrcnn::set_thread_count(threads);
    const maskrcnn::MaskRCNN<maskrcnn::ResNet18Fpn> model(maskrcnn::load_weights(slim));
    const auto expected = model(image);
    REQUIRE(!expected.empty());
    const long count = fail_everywhere(
        step_or_one(13), [&] { (void)model(image); }, [&] { model.trim(); });
    CHECK(count > 100);
    CHECK(test::same(model(image), expected));
  }
  maskrcnn::set_thread_count(threads_before);
}

TEST_CASE("memory may run out while weights are read and a model is built") {
  for (const char* const path : {slim, whole}) {
    CAPTURE(path);
    CHECK(fail_everywhere(
              step_or_one(17), [&] { (void)maskrcnn::load_weights(path); }, [] {}) > 1000);
    const auto weights = maskrcnn::load_weights(path);
    CHECK(fail_everywhere(
              step_or_one(97), [&] { (void)maskrcnn::AnyModel(weights); }, [] {}) > 1000);
  }
}

TEST_CASE("memory may run out while an image is read") {
  for (const char* const name : {"420.jpg", "bilevel.png", "bilevel.bmp"}) {
    const std::string path = std::string(MASKRCNN_GOLDEN_DIR "/images/").append(name);
    CHECK(fail_everywhere(
              1, [&] { (void)maskrcnn::io::read_image(path); }, [] {}) > 0);
  }
}
