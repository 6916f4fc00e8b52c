/// Transposed convolution ("deconvolution") on channels-last tensors: each phase of the outputs is a convolution.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/layers/conv_geometry.hpp>
#include <maskrcnn/layers/gemm.hpp>
#include <string>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// The trained numbers of a transposed convolution, as `torch.nn.ConvTranspose2d` stores them.
template <Scalar T>
struct ConvTransposeWeights {
  std::vector<T> kernel{};  ///< [in, out, height, width], row-major
  std::vector<T> bias{};    ///< [out]
  Index in = 0, out = 0, height = 2, width = 2;
  std::string name = "conv_transpose2d";  ///< in profiles: the place in the weights
};

/// How a transposed convolution moves over its output, and what follows it.
struct ConvTransposeGeometry {
  Index stride = 2;                          ///< output pixels from one input pixel to the next, both axes
  Index padding = 0;                         ///< outputs that are cut off at all four sides
  Activation activation = Activation::none;  ///< none or ReLU
};

/// [N, H, W, in] -> [N, H', W', out] with H' = (H - 1) stride - 2 padding + height, W' likewise: bias, then an optional
/// ReLU.
///
/// Outputs whose positions leave the same remainder by the stride, in both axes, meet the same taps of the kernel: they
/// are one matrix product, rows of which are read where they lie. Where kernels do not overlap (2 x 2 with stride 2,
/// the mask head's), all outputs of an input pixel that lie side by side are columns of one product.
template <Scalar T>
class ConvTranspose2d {
 public:
  ConvTranspose2d() = default;

  /// @throws Error if the numbers of weights do not fit the sizes, or the stride or padding make no sense
  ConvTranspose2d(const ConvTransposeWeights<T>& weights, const ConvTransposeGeometry& geometry,
                  const Compute& compute = {});

  [[nodiscard]] Index in_channels() const { return in_; }
  [[nodiscard]] Index out_channels() const { return out_; }
  /// Height or width of the output for one of the input.
  [[nodiscard]] Index out_height(Index height) const { return extent(height, height_); }
  [[nodiscard]] Index out_width(Index width) const { return extent(width, width_); }

  /// @throws Error if the channels do not fit
  [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& input) const;

  /// The same into memory of the caller's; scratch memory comes from the workspace, times go there.
  /// @throws Error if shapes do not fit
  void operator()(TensorView<const T, 4> input, TensorView<T, 4> output, const Workspace& workspace) const;

 private:
  /// One product: the outputs at (y, x), (y + stride, x), ... and, if they lie side by side, their neighbours.
  struct Phase {
    Index y, x;                       ///< first output position
    std::vector<Index> tap_y, tap_x;  ///< taps of the kernel that reach them
    MatrixProduct<T> product;         ///< of the pixels under tap_y x tap_x
  };

  [[nodiscard]] Index extent(Index size, Index kernel) const {
    return size == 0 ? 0 : (size - 1) * geometry_.stride + kernel - 2 * geometry_.padding;
  }
  [[nodiscard]] bool side_by_side() const { return width_ == geometry_.stride && geometry_.padding == 0; }
  [[nodiscard]] Phase phase(const ConvTransposeWeights<T>& weights, Index y, Index x, const Compute& compute) const;
  void run(const Phase& phase, TensorView<const T, 4> input, TensorView<T, 4> output, const Workspace& workspace) const;

  ConvTransposeGeometry geometry_;
  Index in_ = 0, out_ = 0, height_ = 0, width_ = 0;
  std::vector<T> zeros_;  ///< a pixel beyond the border
  std::vector<Phase> phases_;
  std::string name_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/layers/conv_transpose2d.inl>
#endif
