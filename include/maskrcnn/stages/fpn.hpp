/// Step 2b: the feature pyramid network, from C2..C5 to P2..P6 (Lin et al., 2017).
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/feature_pyramid.hpp>
#include <maskrcnn/layers/conv2d.hpp>
#include <maskrcnn/layers/read_layers.hpp>
#include <maskrcnn/weights/parameters.hpp>
#include <span>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// torchvision's `FeaturePyramidNetwork` with `LastLevelMaxPool`: 1 x 1 laterals, top-down sums by nearest neighbour,
/// 3 x 3 on every sum, and one more level that takes every second pixel of the last. Any number of levels and channels.
template <Scalar T>
class Fpn {
 public:
  /// @param at       the place of `inner_blocks` and `layer_blocks`
  /// @param channels of the levels that come in, finest first
  /// @param norms    if there are any
  /// @throws Error if a tensor is missing or does not fit
  Fpn(const Parameters& at, std::span<const Index> channels, const NormOptions& norms, const Compute& compute = {});

  /// Channels of every level that comes out.
  [[nodiscard]] Index channels() const { return outputs_.front().out_channels(); }

  /// C2..C5 -> P2..P6. The maps that come in are used up: each one's memory serves the next map that goes out.
  [[nodiscard]] FeaturePyramid<T> operator()(FeaturePyramid<T> bottom_up) const;

 private:
  std::vector<Conv2d<T>> laterals_, outputs_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/stages/fpn.inl>
#endif
