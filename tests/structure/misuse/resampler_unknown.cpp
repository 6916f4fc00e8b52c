// expect: maskrcnn: Preprocess resamples as torch or as Pillow does
#include <maskrcnn/stages/preprocess.hpp>

struct Lanczos : maskrcnn::Torchvision {
#ifdef MISUSE
  static constexpr auto resampler = static_cast<maskrcnn::Resampler>(7);
#endif
};
template class maskrcnn::Preprocess<float, Lanczos>;
