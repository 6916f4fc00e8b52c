// One model, one picture, timed on demand: for each line on standard input the picture is segmented once, and the
// seconds that took are printed. benchmarks/peers/compare.py drives this beside other runtimes.
//
//     maskrcnn-end-to-end WEIGHTS IMAGE

#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <maskrcnn/io/image_file.hpp>
#include <maskrcnn/maskrcnn.hpp>
#include <string>

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int run(const std::string& weights, const std::string& picture) {
  const auto start = std::chrono::steady_clock::now();
  const maskrcnn::Image image = maskrcnn::io::read_image(picture);
  const maskrcnn::MaskRCNN<maskrcnn::ResNet50Fpn> model(maskrcnn::load_weights(weights));
  std::printf("loaded %.4f\n", seconds_since(start));
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    const auto begin = std::chrono::steady_clock::now();
    const auto detections = model(image);
    std::printf("%.4f %zu\n", seconds_since(begin), detections.size());
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
