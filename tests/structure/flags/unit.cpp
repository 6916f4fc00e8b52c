// Uses what a program uses: a model, its weights, an image file.
#include <maskrcnn/io/image_file.hpp>
#include <maskrcnn/maskrcnn.hpp>

std::size_t count_objects(const char* weights, const char* image);

std::size_t count_objects(const char* weights, const char* image) {
  const maskrcnn::MaskRCNN<maskrcnn::ResNet50Fpn> model(maskrcnn::load_weights(weights));
  return model(maskrcnn::io::read_image(image)).size();
}
