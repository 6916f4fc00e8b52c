/// Step 2b: the feature pyramid network, from C2..C5 to P2..P6 (Lin et al., 2017).
#pragma once

#include <maskrcnn/core/feature_pyramid.hpp>
#include <maskrcnn/ops/conv2d.hpp>
#include <maskrcnn/ops/max_pool.hpp>
#include <maskrcnn/weights/parameters.hpp>
#include <span>
#include <vector>

namespace maskrcnn {

/// torchvision's `FeaturePyramidNetwork` with `LastLevelMaxPool`: 1 x 1 laterals, top-down sums by nearest neighbour,
/// 3 x 3 on every sum, and one more level that takes every second pixel of the last. Any number of levels and channels.
/// Products are computed of `Operand`, those of 3 x 3 convolutions as `Conv2d<T, Operand>` sees fit.
template <Scalar T, kernels::OperandOf<T> Operand = T>
class Fpn {
 public:
  /// @param at       the place of `inner_blocks` and `layer_blocks`
  /// @param channels of the levels that come in, finest first
  /// @param epsilon  of the batch norms, if there are any
  /// @throws Error if a tensor is missing or does not fit
  Fpn(const Parameters& at, std::span<const Index> channels, double epsilon) {
    Index width = Parameters::any;  // the first level tells, the others must agree
    for (std::size_t level = 0; level < channels.size(); ++level) {
      laterals_.emplace_back(
          read_conv_block<T>(at / "inner_blocks" / level, {.out = width, .in = channels[level]}, epsilon),
          ConvGeometry{});
      width = laterals_.front().out_channels();
      outputs_.emplace_back(
          read_conv_block<T>(at / "layer_blocks" / level, {.out = width, .in = width, .kernel = 3}, epsilon),
          ConvGeometry{.padding = 1, .winograd_tile = winograd_tile_beside<T, Operand>});
    }
  }

  /// Channels of every level that comes out.
  [[nodiscard]] Index channels() const { return outputs_.front().out_channels(); }

  /// C2..C5 -> P2..P6. The maps that come in are used up: each one's memory serves the next map that goes out.
  [[nodiscard]] FeaturePyramid<T> operator()(FeaturePyramid<T> bottom_up) const {
    const ProfileSpan span(profile_of(bottom_up), "step", "fpn");
    FeaturePyramid<T> pyramid(bottom_up.size());
    Tensor<T, 4> sum;
    for (std::size_t level = bottom_up.size(); level-- > 0;) {
      sum = laterals_[level](bottom_up[level], sum.count() > 0 ? &sum : nullptr);
      bottom_up[level] = {};
      pyramid[level] = outputs_[level](sum);
    }
    pyramid.push_back(max_pool(pyramid.back(), {.size = 1, .stride = 2}));
    return pyramid;
  }

 private:
  std::vector<Conv2d<T, Operand>> laterals_, outputs_;
};

}  // namespace maskrcnn
