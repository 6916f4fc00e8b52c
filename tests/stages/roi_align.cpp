#include <maskrcnn/stages/roi_align.hpp>

#include "support.hpp"

using maskrcnn::BasicBox;
using maskrcnn::Index;
using maskrcnn::Pooling;
using maskrcnn::RoiAlign;
using maskrcnn::RoiSpec;

namespace {

/// All RoIs of the golden file, [N, C, k, k] like torchvision.
template <class Operator, class T>
[[nodiscard]] std::vector<T> pool_all(const test::Golden& golden, std::size_t count) {
  const auto features = golden.tensor<T>("case.features");
  const auto rois = golden.boxes<T>("case.rois");
  const Index channels = features.size(3), bins = Operator::output;
  std::vector<T> all, one(bins * bins * channels);
  for (std::size_t i = 0; i < count; ++i) {
    Operator::template pool<T>(features.view()[0], rois[i], T(1) / 16, one.data());
    for (Index c = 0; c < channels; ++c)
      for (Index bin = 0; bin < bins * bins; ++bin) all.push_back(one[bin * channels + c]);
  }
  return all;
}

template <RoiSpec Spec, class T>
void check(const std::string& name) {
  const test::Golden golden("roi");
  CAPTURE(name);
  const auto expected = golden.values<T>(name);
  const auto count = golden.shape(name)[0];
  CHECK(test::difference(pool_all<RoiAlign<Spec>, T>(golden, count), expected) < 2 * test::tolerance<T>);
}

constexpr RoiSpec spec(int output, Pooling pooling, int samples, bool aligned) {
  return {.output = output, .rule = {.pooling = pooling, .samples = samples, .aligned = aligned}};
}

}  // namespace

TEST_CASE_TEMPLATE("average RoIAlign is torchvision's, for all kinds of sampling", T, float, double) {
  constexpr auto average = Pooling::average;
  check<spec(7, average, 2, false), T>("average.k7_s2_unaligned");
  check<spec(7, average, 2, true), T>("average.k7_s2_aligned");
  check<spec(3, average, 0, false), T>("average.k3_s0_unaligned");
  check<spec(3, average, 0, true), T>("average.k3_s0_aligned");
  check<spec(4, average, 3, true), T>("average.k4_s3_aligned");
  check<spec(14, average, 2, false), T>("average.k14_s2_unaligned");
}

TEST_CASE_TEMPLATE("max RoIAlign is the largest interpolated sample", T, float, double) {
  constexpr auto max = Pooling::max;
  check<spec(7, max, 2, false), T>("max.k7_s2_unaligned");
  check<spec(7, max, 2, true), T>("max.k7_s2_aligned");
  check<spec(3, max, 0, false), T>("max.k3_s0_unaligned");
  check<spec(3, max, 0, true), T>("max.k3_s0_aligned");
  check<spec(4, max, 3, true), T>("max.k4_s3_aligned");
}

TEST_CASE_TEMPLATE("the lecture's RoI: (112,45)-(219,213) at 1/16 is 6.7 x 10.5, bins of 2.2 x 3.5", T, float, double) {
  const auto grid = maskrcnn::roi_grid(BasicBox<T>{112, 45, 219, 213}, T(1) / 16, spec(3, Pooling::max, 2, false));
  CHECK(grid.x0 == 7);
  CHECK(grid.y0 == doctest::Approx(2.8125));
  CHECK(grid.width == doctest::Approx(6.6875));
  CHECK(grid.height == doctest::Approx(10.5));
  CHECK(grid.bin_width == doctest::Approx(2.2291667));
  CHECK(grid.bin_height == doctest::Approx(3.5));
  CHECK(grid.samples_x == 2);
}

TEST_CASE("RoIs narrower than a cell are one cell wide, unless the half pixel is taken into account") {
  const maskrcnn::Box tiny{16, 16, 17, 16};
  CHECK(maskrcnn::roi_grid(tiny, 1.0F / 16, spec(7, Pooling::average, 2, false)).width == 1);
  CHECK(maskrcnn::roi_grid(tiny, 1.0F / 16, spec(7, Pooling::average, 2, true)).width == 1.0F / 16);
  CHECK(maskrcnn::roi_grid(tiny, 1.0F / 16, spec(7, Pooling::average, 0, true)).samples_y == 0);
}

TEST_CASE_TEMPLATE("a constant map pools to the constant, by average and by maximum", T, float, double) {
  maskrcnn::Tensor<T, 3> features({9, 9, 2});
  features.fill(T(2.5));
  std::vector<T> out(7 * 7 * 2);
  const auto all_same = [&out] {
    return std::all_of(out.begin(), out.end(), [](T v) { return std::abs(v - T(2.5)) < T(1e-5); });
  };
  RoiAlign<spec(7, Pooling::average, 2, false)>::pool<T>(features.view(), BasicBox<T>{10, 20, 110, 130}, T(1) / 16,
                                                         out.data());
  CHECK(all_same());
  RoiAlign<spec(7, Pooling::max, 3, true)>::pool<T>(features.view(), BasicBox<T>{10, 20, 110, 130}, T(1) / 16,
                                                    out.data());
  CHECK(all_same());
}
