/// Step 2a, a part of it: one layer of a residual network (He et al., "Deep residual learning", 2016, section 3.3).
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/layers/read_layers.hpp>
#include <maskrcnn/layers/residual_unit.hpp>
#include <maskrcnn/weights/parameters.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// `basic`: two 3 x 3 convolutions; `bottleneck`: 1 x 1, 3 x 3, 1 x 1.
enum class ResidualBlock { basic, bottleneck };

/// How the blocks of one layer are built.
struct ResidualLayerOptions {
  ResidualBlock block = ResidualBlock::bottleneck;
  Index stride = 1, dilation = 1;  ///< of the first block; of all blocks
  NormOptions norms{};
  BottleneckStride bottleneck_stride = BottleneckStride::in_3x3;
  int depth = 0;  ///< number of blocks; 0: as many as the weights have
  Compute compute{};
};

/// Residual units, each convolution with its norm. Channel widths, kinds of norms, whether the 3 x 3 convolutions of
/// bottlenecks are deformable (their offsets beside them at `conv2_offset`: detectron2, mmdetection), and the groups of
/// 3 x 3 convolutions (ResNeXt), are whatever the weights have.
template <Scalar T>
class ResidualLayer {
 public:
  ResidualLayer() = default;

  /// @param at the place of blocks `0`, `1`, ...
  /// @param in channels of the input
  /// @throws Error if a tensor is missing or has a shape that does not fit the one before
  ResidualLayer(const Parameters& at, Index in, const ResidualLayerOptions& options);

  [[nodiscard]] Index channels() const { return units_.back().out_channels(); }

  /// [N, H, W, in] -> [N, H / stride, W / stride, channels()], rounded up.
  [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& input) const;
  /// The same of an input that is not needed any more.
  [[nodiscard]] Tensor<T, 4> operator()(Tensor<T, 4>&& input) const;

 private:
  [[nodiscard]] Tensor<T, 4> rest(Tensor<T, 4> x) const;

  std::vector<ResidualUnit<T>> units_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/layers/residual_layer.inl>
#endif
