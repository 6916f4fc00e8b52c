/// Step 2a, a part of it: one layer of a residual network (He et al., "Deep residual learning", 2016, section 3.3).
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/layers/conv2d.hpp>
#include <maskrcnn/layers/projected_conv2d.hpp>
#include <maskrcnn/weights/parameters.hpp>
#include <optional>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// `basic`: two 3 x 3 convolutions; `bottleneck`: 1 x 1, 3 x 3, 1 x 1.
enum class ResidualBlock { basic, bottleneck };

/// How the blocks of one layer are built.
struct ResidualLayerOptions {
  ResidualBlock block = ResidualBlock::bottleneck;
  Index stride = 1, dilation = 1;  ///< of the first block; of all blocks
  double epsilon = 1e-5;           ///< of every batch norm
  BottleneckStride bottleneck_stride = BottleneckStride::in_3x3;
  int depth = 0;  ///< number of blocks; 0: as many as the weights have
  Compute compute{};
};

/// Blocks of convolutions with their batch norms folded in, the input added to what they make. Channel widths, and the
/// groups of 3 x 3 convolutions (ResNeXt), are whatever the weights have.
template <Scalar T>
class ResidualLayer {
 public:
  ResidualLayer() = default;

  /// @param at the place of blocks `0`, `1`, ...
  /// @param in channels of the input
  /// @throws Error if a tensor is missing or has a shape that does not fit the one before
  ResidualLayer(const Parameters& at, Index in, const ResidualLayerOptions& options);

  [[nodiscard]] Index channels() const { return blocks_.back().out_channels(); }

  /// [N, H, W, in] -> [N, H / stride, W / stride, channels()], rounded up.
  [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& input) const;
  /// The same of an input that is not needed any more.
  [[nodiscard]] Tensor<T, 4> operator()(Tensor<T, 4>&& input) const;

 private:
  struct Block {
    std::vector<Conv2d<T>> convs;  ///< all, but for a last one that is part of `projected`
    std::optional<Conv2d<T>> shortcut{};
    std::optional<ProjectedConv2d<T>> projected{};

    [[nodiscard]] Index out_channels() const {
      return projected ? projected->out_channels() : convs.back().out_channels();
    }
    /// relu(convs(input) + shortcut(input)); the sum and the ReLU happen inside the last convolution, in place.
    [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& input) const;
    /// The same of an input that is not needed any more.
    [[nodiscard]] Tensor<T, 4> operator()(Tensor<T, 4>&& input) const;
    /// The first `count` convolutions.
    [[nodiscard]] Tensor<T, 4> first(std::size_t count, const Tensor<T, 4>& input) const;
  };

  [[nodiscard]] Block read_block(const Parameters& at, Index in, Index stride,
                                 const ResidualLayerOptions& options) const;
  [[nodiscard]] Tensor<T, 4> rest(Tensor<T, 4> x) const;

  std::vector<Block> blocks_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/layers/residual_layer.inl>
#endif
