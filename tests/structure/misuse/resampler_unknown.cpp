// expect: maskrcnn: Preprocess resamples as torch, Pillow or OpenCV does
#include <maskrcnn/stage_options.hpp>

struct Lanczos : maskrcnn::Torchvision {
#ifdef MISUSE
  static constexpr auto resampler = static_cast<maskrcnn::Resampler>(7);
#endif
};
const auto options = maskrcnn::preprocess_options<Lanczos>({});
