#include <maskrcnn/core/convention.hpp>

#include "support.hpp"

namespace {

struct Unrounded : maskrcnn::Torchvision {
  static constexpr double anchor_offset = 0.5;
};
struct Incomplete {
  static constexpr const char* name = "incomplete";
};

}  // namespace

TEST_CASE("conventions say everything that the concept asks for") {
  static_assert(maskrcnn::Convention<maskrcnn::Torchvision>);
  static_assert(maskrcnn::Convention<maskrcnn::TorchvisionRoiPool>);
  static_assert(maskrcnn::Convention<maskrcnn::TorchvisionRoiAlignMax>);
  static_assert(maskrcnn::Convention<maskrcnn::Detectron2>);
  static_assert(maskrcnn::Convention<maskrcnn::MMDetection>);
  static_assert(maskrcnn::Convention<Unrounded>);
  static_assert(!maskrcnn::Convention<Incomplete>);
  static_assert(!maskrcnn::Convention<int>);
}

TEST_CASE("torchvision's numbers are those of its constructors") {
  using C = maskrcnn::Torchvision;
  static_assert(C::pixel_scale == 255.0);
  static_assert(C::exif_orientation == maskrcnn::ExifOrientation::ignore);
  static_assert(maskrcnn::Detectron2::exif_orientation == maskrcnn::ExifOrientation::apply);
  static_assert(C::roi.samples == 2);
  static_assert(!C::roi.aligned);
  static_assert(C::proposal_min_size == 1e-3);
  static_assert(C::detection_min_size == 1e-2);
  static_assert(maskrcnn::TorchvisionRoiPool::roi.quantised);
  static_assert(maskrcnn::TorchvisionRoiAlignMax::roi.pooling == maskrcnn::Pooling::max);
}

TEST_CASE("ways to read an image are named as metadata say them") {
  static_assert(maskrcnn::exif_orientation_named("apply") == maskrcnn::ExifOrientation::apply);
  static_assert(maskrcnn::exif_orientation_named("ignore") == maskrcnn::ExifOrientation::ignore);
  static_assert(!maskrcnn::exif_orientation_named("").has_value());
  static_assert(maskrcnn::intensity_named("percentile") == maskrcnn::Intensity::percentile);
  static_assert(maskrcnn::intensity_named("none") == maskrcnn::Intensity::none);
  static_assert(!maskrcnn::intensity_named("bright").has_value());
}
