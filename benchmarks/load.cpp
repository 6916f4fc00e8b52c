// How long a weight file of ResNet-50-FPN takes to load, and how much memory: benchmarks/load_time.py drives this.
//
//     maskrcnn-load FILE weights|numbers|model
//
// weights: until every tensor is known by name. numbers: until every number was read once. model: until a model is
// built and the file let go of. Prints "SECONDS PEAK_MB ANONYMOUS_MB": resident memory at its peak, pages of the mapped
// file included, and what of it is not such pages in the end.

#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <fstream>
#include <maskrcnn/maskrcnn.hpp>
#include <optional>
#include <string>

namespace {

/// A line of /proc/self/status, in MB.
double megabytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (double kilobytes = 0; word == key && status >> kilobytes) return kilobytes * 1024 / 1e6;
  return 0;
}

double sum_of(const maskrcnn::Weights& weights) {
  double sum = 0;
  for (const auto& [name, tensor] : weights.tensors()) {
    if (!maskrcnn::is_float(tensor.type)) continue;
    const std::size_t count = tensor.count();
    for (std::size_t i = 0; i < count; ++i) sum += static_cast<double>(tensor.element<float>(i));
  }
  return sum;
}

void run(const std::string& file, const std::string& what) {
  const auto start = std::chrono::steady_clock::now();
  std::optional<maskrcnn::Weights> weights = maskrcnn::load_weights(file);
  std::optional<maskrcnn::MaskRCNN<maskrcnn::ResNet50Fpn>> model;
  if (what == "numbers" && !std::isfinite(sum_of(*weights))) maskrcnn::fail("weights: a number is not finite");
  if (what == "model") {
    model.emplace(*weights);
    weights.reset();
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("%.6f %.1f %.1f\n", seconds.count(), megabytes("VmHWM:"), megabytes("RssAnon:"));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc == 3 ? argv[2] : "";
  if (what != "weights" && what != "numbers" && what != "model") {
    std::fprintf(stderr, "usage: %s FILE weights|numbers|model\n", argv[0]);
    return 2;
  }
  try {
    run(argv[1], what);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
