// expect: maskrcnn: Preprocess resamples normalised floats bilinearly
#include <maskrcnn/stages/preprocess.hpp>

struct After : maskrcnn::Torchvision {
#ifdef MISUSE
  static constexpr bool normalise_before_resize = false;
#endif
};
template class maskrcnn::Preprocess<float, After>;
