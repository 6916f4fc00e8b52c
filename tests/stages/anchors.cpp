#include <maskrcnn/stages/anchors.hpp>

#include <maskrcnn/stage_options.hpp>

#include "support.hpp"

using maskrcnn::AnchorGenerator;
using maskrcnn::BasicBox;
using maskrcnn::Index;

namespace {

/// Row `level` of a [levels, n] tensor.
[[nodiscard]] std::vector<std::vector<double>> rows(const test::Golden& golden, const std::string& name) {
  const auto shape = golden.shape(name);
  const auto values = golden.values<double>(name);
  std::vector<std::vector<double>> rows(shape[0]);
  for (std::size_t i = 0; i < values.size(); ++i) rows[i / shape[1]].push_back(values[i]);
  return rows;
}

}  // namespace

TEST_CASE_TEMPLATE("anchors are torchvision's, exactly", T, float, double) {
  const test::Golden golden("anchors");
  for (const std::string name : {"small", "nuclei", "several", "large", "portrait"}) {
    const AnchorGenerator<T> generator(
        {.sizes = rows(golden, name + ".sizes"), .aspect_ratios = rows(golden, name + ".ratios")});
    const auto grids = golden.values<int>(name + ".grids");
    for (std::size_t level = 0; level < 5; ++level) {
      const maskrcnn::Size grid{grids[2 * level], grids[2 * level + 1]};
      const auto anchors = generator(level, grid, golden.size(name + ".padded"));
      const auto picked = golden.values<Index>(name + ".picked" + std::to_string(level));
      const auto expected = golden.boxes<T>(name + ".anchors" + std::to_string(level));
      CAPTURE(name);
      CAPTURE(level);
      CHECK(anchors.per_position() == generator.per_position());
      CHECK(anchors.size() == picked.back() + 1);
      bool same = picked.size() == expected.size();
      for (std::size_t i = 0; i < picked.size(); ++i) same = same && anchors[picked[i]] == expected[i];
      CHECK(same);
    }
  }
}

TEST_CASE("the anchors of one position are those of the table") {
  const auto base = [](double size) {
    return maskrcnn::base_anchors<float>({.sizes = {{size}}, .aspect_ratios = {{0.5, 1.0, 2.0}}}, 0);
  };
  CHECK(base(32) == std::vector<maskrcnn::Box>{{-23, -11, 23, 11}, {-16, -16, 16, 16}, {-11, -23, 11, 23}});
  CHECK(base(512) ==
        std::vector<maskrcnn::Box>{{-362, -181, 362, 181}, {-256, -256, 256, 256}, {-181, -362, 181, 362}});
}

TEST_CASE("the coarsest level of an 800 pixel input has a stride of 61") {
  const AnchorGenerator<float> generator(maskrcnn::anchor_options<maskrcnn::Torchvision>({}));
  const auto anchors = generator(4, {13, 17}, {800, 1088});
  CHECK(anchors[3 * 17].y0 - anchors[0].y0 == 61);
  CHECK(anchors[3].x0 - anchors[0].x0 == 64);
}

TEST_CASE("a convention may keep fractions and powers of two") {
  auto options = maskrcnn::anchor_options<maskrcnn::Torchvision>({});
  options.rounding = maskrcnn::AnchorRounding::none;
  options.stride = maskrcnn::AnchorStride::power_of_two;
  const AnchorGenerator<double> generator(options);
  const auto anchors = generator(4, {13, 17}, {800, 1088});
  CHECK(anchors[3 * 17].y0 - anchors[0].y0 == 64);
  CHECK(anchors[0].width() == doctest::Approx(512 * std::sqrt(2.0)).epsilon(1e-12));
}
