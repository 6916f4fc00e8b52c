// expect: no match|no matching
#include <maskrcnn/mask_rcnn.hpp>

using Model = maskrcnn::MaskRCNN<maskrcnn::ResNet50Fpn>;
#ifdef MISUSE
maskrcnn::Detections run(const Model& model) { return model("photo.jpg"); }
#else
maskrcnn::Detections run(const Model& model, const maskrcnn::Image& image) { return model(image); }
#endif
