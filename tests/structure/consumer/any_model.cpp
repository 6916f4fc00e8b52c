// Includes the door alone; finds nothing in an image of one colour, and refuses a file that is not there.
#include <cstdio>
#include <maskrcnn/model/any_model.hpp>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const maskrcnn::AnyModel model = maskrcnn::load_model(argv[1], {.precision = maskrcnn::Precision::bf16});
  const maskrcnn::Image image({64, 96});
  for (const auto& [box, label, score, mask] : model(image)) std::printf("%d %.3f %zu\n", label, score, mask.area());
  try {
    (void)maskrcnn::load_model("/no/such/file");
  } catch (const maskrcnn::Error& error) {
    std::puts(error.what());
    return model.has_masks() ? 0 : 1;
  }
  return 1;
}
