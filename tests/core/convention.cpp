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

TEST_CASE("torchvision's numbers are those of its constructors") {
  using C = maskrcnn::Torchvision;
  static_assert(C::pixel_scale == 255.0);
  static_assert(C::roi.samples == 2);
  static_assert(!C::roi.aligned);
  static_assert(C::proposal_min_size == 1e-3);
  static_assert(C::detection_min_size == 1e-2);
  static_assert(maskrcnn::TorchvisionRoiPool::roi.quantised);
  static_assert(maskrcnn::TorchvisionRoiAlignMax::roi.pooling == maskrcnn::Pooling::max);
}
