// One model, one picture, timed on demand: benchmarks/peers/compare.py drives this beside other runtimes.
//
//     maskrcnn-end-to-end WEIGHTS IMAGE [fp32|bf16]
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
#include <memory>
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

/// The file is let go of when the model is built.
std::unique_ptr<segment::Pipeline> load(const std::string& file, segment::Precision precision) {
  const auto weights = maskrcnn::load_weights(file);
  const auto config = maskrcnn::ModelConfig::from(weights);
  return segment::make_pipeline(segment::architecture_of(weights), weights, config, precision);
}

int run(const std::string& file, const std::string& picture, segment::Precision precision) {
  const auto start = std::chrono::steady_clock::now();
  const maskrcnn::Image image = maskrcnn::io::read_image(picture);
  const auto model = load(file, precision);
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
  const auto precision = segment::precision_named(argc == 4 ? argv[3] : "fp32");
  if (argc < 3 || argc > 4 || !precision) {
    std::fprintf(stderr, "usage: %s WEIGHTS IMAGE [fp32|bf16]\n", argv[0]);
    return 2;
  }
  try {
    return run(argv[1], argv[2], *precision);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
