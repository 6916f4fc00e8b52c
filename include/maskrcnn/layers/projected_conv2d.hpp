/// The end of a residual block that changes shape: two 1 x 1 convolutions and their sum, as one product.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/layers/conv_geometry.hpp>
#include <maskrcnn/layers/gemm.hpp>
#include <string>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// relu(last(x) + projection(input)): with the channels of both inputs in a row, one matrix product. The projected
/// input never goes to memory, which for the first blocks of a ResNet costs more than its arithmetic.
template <Scalar T>
class ProjectedConv2d {
 public:
  /// @param last       1 x 1, stride 1
  /// @param projection 1 x 1
  /// @param stride     of the projection
  /// @throws Error if one of them is not 1 x 1 or they do not have the same number of outputs
  ProjectedConv2d(const ConvWeights<T>& last, const ConvWeights<T>& projection, Index stride,
                  const Compute& compute = {});

  [[nodiscard]] Index out_channels() const { return product_.columns(); }

  /// @param x     [N, H', W', last's in]
  /// @param input [N, H, W, projection's in], H' = (H - 1) / stride + 1, W' likewise
  /// @throws Error if the shapes do not fit
  [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& x, const Tensor<T, 4>& input) const;

 private:
  std::string name_;
  Index stride_, last_in_, in_;
  MatrixProduct<T> product_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/layers/projected_conv2d.inl>
#endif
