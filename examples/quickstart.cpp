#include <cstdio>
#include <maskrcnn/io/image_file.hpp>
#include <maskrcnn/maskrcnn.hpp>

int main(int argc, char** argv) {
  using Model = maskrcnn::MaskRCNN<maskrcnn::ResNet50Fpn>;
  const Model model(maskrcnn::load_weights(argv[1]));
  for (const auto& [box, label, score, mask] : model(maskrcnn::io::read_image(argv[2])))
    std::printf("%d %.3f [%.1f %.1f %.1f %.1f]\n", label, score, box.x0, box.y0, box.x1, box.y1);
}
