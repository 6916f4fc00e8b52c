// Hosts give threads small stacks: 64 KB must do for all that a model does.

#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/io/image_file.hpp>
#include <maskrcnn/model/any_model.hpp>

#include <pthread.h>

#include "support.hpp"

namespace {

/// Runs `work` on a thread of its own with a stack of 64 KB; an overflow ends the program.
template <class Work>
void on_small_stack(const Work& work) {
  pthread_attr_t attributes;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstacksize(&attributes, std::size_t{64} << 10U) == 0);
  pthread_t thread;
  const auto run = [](void* call) -> void* {
    maskrcnn::set_thread_count(1);
    (*static_cast<const Work*>(call))();
    return nullptr;
  };
  REQUIRE(pthread_create(&thread, &attributes, run, const_cast<Work*>(&work)) == 0);
  REQUIRE(pthread_join(thread, nullptr) == 0);
  (void)pthread_attr_destroy(&attributes);
}

}  // namespace

TEST_CASE("a stack of 64 KB is enough to load a model and to run it") {
  const auto image = test::Golden("end_to_end_resnet18").image("case.image");
  std::size_t found = 0, refused = 0;
  on_small_stack([&] {
    const maskrcnn::AnyModel model = maskrcnn::load_model(MASKRCNN_GOLDEN_DIR "/slim_resnet18.safetensors");
    found = model(image).size();
  });
  CHECK(found > 0);
  on_small_stack(
      [&] { found = maskrcnn::load_weights(MASKRCNN_GOLDEN_DIR "/checkpoints/whole_module.pth").tensors().size(); });
  CHECK(found > 100);
  on_small_stack([&] {
    for (const auto& entry : std::filesystem::directory_iterator(MASKRCNN_GOLDEN_DIR "/images")) {
      try {
        (void)maskrcnn::io::read_image(entry.path().string());
      } catch (const maskrcnn::Error&) {
        ++refused;
      }
    }
  });
  CHECK(refused < 100);
}
