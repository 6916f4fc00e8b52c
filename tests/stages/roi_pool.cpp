#include <maskrcnn/stages/roi_pool.hpp>

#include "support.hpp"

using maskrcnn::Index;

namespace {

template <int Output, class T>
void check(const std::string& name) {
  const test::Golden golden("roi");
  const auto features = golden.tensor<T>("case.features");
  const Index channels = features.size(3), bins = Output;
  std::vector<T> all, one(bins * bins * channels);
  for (const auto& roi : golden.boxes<T>("case.rois")) {
    maskrcnn::RoiPool<Output>::template pool<T>(features.view()[0], roi, T(1) / 16, one.data());
    for (Index c = 0; c < channels; ++c)
      for (Index bin = 0; bin < bins * bins; ++bin) all.push_back(one[bin * channels + c]);
  }
  CAPTURE(name);
  CHECK(test::difference(all, golden.values<T>(name)) < 1e-7);
}

}  // namespace

TEST_CASE_TEMPLATE("RoIPool is torchvision's", T, float, double) {
  check<7, T>("pool.k7");
  check<3, T>("pool.k3");
}
