// One model, one picture, timed on demand: benchmarks/peers/compare.py drives this beside other runtimes.
//
//     maskrcnn-end-to-end WEIGHTS IMAGE
//
// Prints "loaded SECONDS", then answers each line on standard input: an empty one with "SECONDS DETECTIONS" after
// segmenting the picture once more; "show" with one line of six numbers for each detection of the last time: label,
// score, x0, y0, x1, y1, and for models with masks the number of pixels inside.

#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <maskrcnn/io/image_file.hpp>
#include <maskrcnn/weights/load_weights.hpp>
#include <string>
#include <variant>

#include "pipeline.hpp"

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

template <class Detection>
void show(const Detection& found) {
  std::printf("%d %.6f %.4f %.4f %.4f %.4f", found.label, static_cast<double>(found.score),
              static_cast<double>(found.box.x0), static_cast<double>(found.box.y0), static_cast<double>(found.box.x1),
              static_cast<double>(found.box.y1));
  if constexpr (requires { found.mask.area(); }) std::printf(" %zu", found.mask.area());
  std::printf("\n");
}

int run(const std::string& file, const std::string& picture) {
  const auto start = std::chrono::steady_clock::now();
  const maskrcnn::Image image = maskrcnn::io::read_image(picture);
  const auto weights = maskrcnn::load_weights(file);
  const auto model =
      segment::make_pipeline(segment::architecture_of(weights), weights, maskrcnn::ModelConfig::from(weights));
  std::printf("loaded %.4f\n", seconds_since(start));
  std::fflush(stdout);

  segment::Result result;
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "show") {
      std::visit(
          [](const auto& detections) {
            for (const auto& found : detections) show(found);
          },
          result);
    } else {
      const auto begin = std::chrono::steady_clock::now();
      result = (*model)(image);
      const double seconds = seconds_since(begin);
      std::printf("%.4f %zu\n", seconds, std::visit([](const auto& found) { return found.size(); }, result));
    }
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s WEIGHTS IMAGE\n", argv[0]);
    return 2;
  }
  try {
    return run(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
