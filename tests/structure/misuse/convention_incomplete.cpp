// expect: Convention
#include <maskrcnn/stage_options.hpp>

struct Own : maskrcnn::Torchvision {
  static constexpr double anchor_offset = 0.5;
};
struct Incomplete {
  static constexpr const char* name = "incomplete";
};
#ifdef MISUSE
using Convention = Incomplete;
#else
using Convention = Own;
#endif
const auto options = maskrcnn::anchor_options<Convention>({});
