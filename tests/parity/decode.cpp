// Decodes image files into NAME.rgb, raw pixels, and says how long each took. Built by images.py, both ways.

#include <chrono>
#include <cstdio>
#include <exception>
#include <maskrcnn/io/image_file.hpp>
#include <maskrcnn/io/output_file.hpp>
#include <string>
#include <string_view>

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) try {
      const auto start = std::chrono::steady_clock::now();
      const maskrcnn::Image image = maskrcnn::io::read_image(argv[i]);
      const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
      maskrcnn::io::OutputFile file(std::string(argv[i]) + ".rgb", "image");
      file.write({reinterpret_cast<const char*>(image.row(0)),
                  3 * static_cast<std::size_t>(image.width()) * static_cast<std::size_t>(image.height())});
      file.commit();
      std::printf("%.6f\n", time.count());
    } catch (const std::exception& problem) {
      std::printf("%s\n", problem.what());
    }
}
