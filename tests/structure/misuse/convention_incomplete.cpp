// expect: Convention
#include <maskrcnn/stages/anchors.hpp>

struct Own : maskrcnn::Torchvision {
  static constexpr bool round_anchors = false;
};
struct Incomplete {
  static constexpr const char* name = "incomplete";
};
#ifdef MISUSE
using Convention = Incomplete;
#else
using Convention = Own;
#endif
using Generator = maskrcnn::AnchorGenerator<float, Convention>;
