#include <maskrcnn/backbone.hpp>
#include <maskrcnn/layers/max_pool.hpp>

#include "support.hpp"

namespace {

/// The least that a backbone can be.
struct Tiny : maskrcnn::PyramidTraits {
  using Scalar = float;
  static constexpr std::size_t levels = 2, roi_levels = 2;
  Tiny(const maskrcnn::Parameters&, const maskrcnn::BackboneOptions&) {}
  [[nodiscard]] maskrcnn::Index channels() const { return 3; }
  [[nodiscard]] maskrcnn::FeaturePyramid<float> operator()(const maskrcnn::Tensor<float, 4>& image) const {
    maskrcnn::FeaturePyramid<float> pyramid;
    for (const maskrcnn::Index stride : {4U, 8U})
      pyramid.push_back(maskrcnn::max_pool(image, {.size = stride, .stride = stride}));
    return pyramid;
  }
};

struct Silent : Tiny {
  using Tiny::Tiny;
  void operator()(const maskrcnn::Tensor<float, 4>& image) const;
};
struct OfIntegers : Tiny {
  using Scalar = int;
  using Tiny::Tiny;
};

}  // namespace

TEST_CASE("a backbone is whatever satisfies the concept") {
  static_assert(maskrcnn::Backbone<maskrcnn::ResNet18Fpn>);
  static_assert(maskrcnn::Backbone<maskrcnn::ResNet101Fpn>);
  static_assert(maskrcnn::Backbone<maskrcnn::ResNetFpn<double, maskrcnn::resnet34>>);
  static_assert(maskrcnn::Backbone<Tiny>);
  static_assert(!maskrcnn::Backbone<Silent>);
  static_assert(!maskrcnn::Backbone<OfIntegers>);
  static_assert(!maskrcnn::Backbone<int>);
  const auto weights = test::MadeWeights().weights();
  const Tiny tiny(maskrcnn::Parameters(weights), {});
  CHECK(tiny(maskrcnn::Tensor<float, 4>({1, 32, 64, 3}))[1].shape() == maskrcnn::Shape<4>{1, 4, 8, 3});
}
