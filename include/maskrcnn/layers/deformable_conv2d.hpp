/// Deformable convolution: the taps of a kernel read wherever another convolution says (Dai et al., 2017; with masks
/// Zhu et al., "Deformable ConvNets v2", 2019).
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/layers/compute.hpp>
#include <maskrcnn/layers/conv2d.hpp>
#include <maskrcnn/layers/conv_algorithm.hpp>
#include <maskrcnn/layers/conv_geometry.hpp>
#include <maskrcnn/layers/packed_matrix.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// torchvision's `deform_conv2d` of offsets that an ordinary convolution of the same geometry makes of the same input.
/// Tap t of an output pixel reads the input bilinearly at its usual place plus (dy, dx), in pixels; beyond the input
/// there are zeros. Channels of the input share offsets in deformable groups. Offsets come as channels 2 t (dy) and 2 t
/// + 1 (dx) of each group; in the second version as many channels as taps follow for each group, whose sigmoid the tap
/// is multiplied by. How many groups there are, and which version it is, the number of offset channels tells.
///
/// Some pixels at a time, what their taps read is gathered side by side, and multiplied as a matrix.
template <Scalar T, kernels::OperandOf<T> Operand = T>
class DeformableConv2d final : public ConvAlgorithm<T> {
 public:
  /// @param offsets the convolution that makes the offsets
  /// @throws Error if there are no deformable groups that both convolutions have channels for, or two kinds of them
  DeformableConv2d(const ConvWeights<T>& weights, const ConvWeights<T>& offsets, const ConvGeometry& geometry,
                   const Compute& compute);

  [[nodiscard]] Index in_channels() const override { return in_; }
  [[nodiscard]] Index out_channels() const override { return out_; }
  [[nodiscard]] const char* algorithm() const override { return masked_ ? "deformable, masked" : "deformable"; }

  [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& input, const Tensor<T, 4>* added,
                                        Tensor<T, 4>* reuse) const override;

 private:
  /// Four input pixels that a point lies between, and their shares.
  struct Corners {
    const T* cells[4];
    T shares[4];
  };

  /// What all taps of output pixel `pixel` read: [taps][in].
  void gather(const Tensor<T, 4>& input, const Tensor<T, 4>& offsets, Index pixel, T* to) const;
  /// @param image first number of an image
  [[nodiscard]] Corners corners_of(const T* image, Index height, Index width, T y, T x) const;

  const kernels::KernelSet<T>* kernels_;
  ConvGeometry geometry_;
  Index in_, out_, height_, width_;
  Index deformable_groups_ = 0;
  bool masked_ = false;
  Conv2d<T> offsets_;
  PackedMatrix<T, Operand> matrix_;
  std::vector<T> zeros_;  ///< a pixel outside the input
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/layers/deformable_conv2d.inl>
#endif
