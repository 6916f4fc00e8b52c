// One model, one image, timed on demand: benchmarks/peers/compare.py drives this beside other runtimes.
//
//     maskrcnn-end-to-end WEIGHTS IMAGE [fp32|bf16]
//
// Prints "loaded SECONDS", then answers each line on standard input: an empty one with "SECONDS DETECTIONS" after
// segmenting the image once more; "show" with one line of six numbers for each detection of the last time: label,
// score, x0, y0, x1, y1, and for models with masks the number of pixels inside.

#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <maskrcnn/io/image_file.hpp>
#include <maskrcnn/model/any_model.hpp>
#include <string>

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void show(const maskrcnn::AnyDetections& detections) {
  for (const auto& [box, label, score, mask] : detections) {
    std::printf("%d %.6f %.4f %.4f %.4f %.4f", label, static_cast<double>(score), static_cast<double>(box.x0),
                static_cast<double>(box.y0), static_cast<double>(box.x1), static_cast<double>(box.y1));
    if (detections.has_masks()) std::printf(" %zu", mask.area());
    std::printf("\n");
  }
}

int run(const std::string& file, const std::string& path, maskrcnn::Precision precision) {
  const auto start = std::chrono::steady_clock::now();
  const maskrcnn::Image image = maskrcnn::io::read_image(path);
  const auto model = maskrcnn::load_model(file, {.precision = precision});  // which lets go of the file
  std::printf("loaded %.4f\n", seconds_since(start));
  std::fflush(stdout);

  maskrcnn::AnyDetections result;
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "show") {
      show(result);
    } else {
      const auto begin = std::chrono::steady_clock::now();
      result = model(image);
      const double seconds = seconds_since(begin);
      std::printf("%.4f %zu\n", seconds, result.size());
    }
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto precision = maskrcnn::precision_named(argc == 4 ? argv[3] : "fp32");
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
