// expect: Backbone
#include <maskrcnn/mask_rcnn.hpp>

struct Callable : maskrcnn::PyramidTraits {
  using Scalar = float;
  static constexpr std::size_t levels = 5, roi_levels = 4;
  Callable(const maskrcnn::Parameters&, const maskrcnn::BackboneOptions&) {}
  maskrcnn::Index channels() const;
  maskrcnn::FeaturePyramid<float> operator()(const maskrcnn::Tensor<float, 4>&) const;
};
struct NotCallable : maskrcnn::PyramidTraits {
  using Scalar = float;
  static constexpr std::size_t levels = 5, roi_levels = 4;
  NotCallable(const maskrcnn::Parameters&, const maskrcnn::BackboneOptions&) {}
  maskrcnn::Index channels() const;
};
#ifdef MISUSE
using Model = maskrcnn::MaskRCNN<NotCallable>;
#else
using Model = maskrcnn::MaskRCNN<Callable>;
#endif
Model* model = nullptr;
