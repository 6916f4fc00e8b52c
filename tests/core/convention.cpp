#include <maskrcnn/core/convention.hpp>

#include "support.hpp"

namespace {

struct Unrounded : maskrcnn::Torchvision {
  static constexpr bool round_anchors = false;
};
struct Incomplete {
  static constexpr const char* name = "incomplete";
};

}  // namespace

TEST_CASE("conventions say everything that the concept asks for") {
  static_assert(maskrcnn::Convention<maskrcnn::Torchvision>);
  static_assert(maskrcnn::Convention<maskrcnn::TorchvisionRoiPool>);
  static_assert(maskrcnn::Convention<maskrcnn::TorchvisionRoiAlignMax>);
  static_assert(maskrcnn::Convention<Unrounded>);
  static_assert(!maskrcnn::Convention<Incomplete>);
  static_assert(!maskrcnn::Convention<int>);
}
