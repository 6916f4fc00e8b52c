#include <cstdint>
#include <cstdio>
#include <maskrcnn/io/image_file.hpp>
#include <string>
#include <vector>

#ifndef MASKRCNN_IMAGE_LIBRARIES
#error "maskrcnn::image_libraries must say that it is there"
#endif

int main() {
  maskrcnn::Image image({2, 3});
  image.row(1)[8] = 200;
  const std::string png = maskrcnn::io::encode_png(image);
  const maskrcnn::Image read = maskrcnn::io::read_image(std::vector<std::uint8_t>(png.begin(), png.end()), "an image");
  try {
    (void)maskrcnn::io::read_image("/no/such/file.jpg");
  } catch (const maskrcnn::Error& error) {
    std::puts(error.what());
    return read.size() == image.size() && read.row(1)[8] == 200 ? 0 : 1;
  }
  return 1;
}
