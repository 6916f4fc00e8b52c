/// Step 2a, another one: RegNet, from the image to the outputs of its four stages (Radosavovic et al., "Designing
/// network design spaces", 2020).
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/feature_pyramid.hpp>
#include <maskrcnn/layers/conv2d.hpp>
#include <maskrcnn/layers/read_layers.hpp>
#include <maskrcnn/layers/residual_unit.hpp>
#include <maskrcnn/weights/parameters.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// torchvision's RegNet X or Y, or detectron2's, without its classifier: a 3 x 3 stem, and stages of residual units of
/// 1 x 1, 3 x 3 in groups, squeeze and excitation (Y), 1 x 1. Depths, widths, groups and whether channels are weighted
/// are the weights'.
template <Scalar T>
class RegNet {
 public:
  /// @param at the place of `stem` and `trunk_output`
  /// @throws Error if a tensor is missing or has a shape that does not fit the one before
  RegNet(const Parameters& at, const NormOptions& norms, const Compute& compute = {});

  /// Channels of the four maps.
  [[nodiscard]] const std::vector<Index>& channels() const { return channels_; }

  /// [N, H, W, 3] -> the outputs of the stages: strides 4, 8, 16, 32.
  [[nodiscard]] FeaturePyramid<T> operator()(const Tensor<T, 4>& input) const;

 private:
  Conv2d<T> stem_;
  std::vector<std::vector<ResidualUnit<T>>> stages_;
  std::vector<Index> channels_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/stages/regnet.inl>
#endif
