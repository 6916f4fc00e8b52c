/// The block that residual networks are made of: convolutions, and their input added to what they make.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/layers/conv2d.hpp>
#include <maskrcnn/layers/projected_conv2d.hpp>
#include <maskrcnn/layers/squeeze_excitation.hpp>
#include <optional>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// A convolution of a residual unit, as read.
template <Scalar T>
struct ResidualUnitConv {
  ConvWeights<T> weights{};
  ConvGeometry geometry{};
  std::optional<ConvWeights<T>> offsets{};  ///< of a deformable convolution, see `DeformableConv2d`
};

/// What a residual unit is made of, as read.
template <Scalar T>
struct ResidualUnitParts {
  std::vector<ResidualUnitConv<T>> convs{};          ///< the last one's ReLU comes after the sum
  std::optional<SqueezeExcitation<T>> excitation{};  ///< of what comes into the last convolution
  std::optional<ConvWeights<T>> projection{};        ///< 1 x 1, of the input; none: the input itself is added
  Index stride = 1;                                  ///< of the projection
};

/// relu(convs(x) + x), or + projection(x) where the shape changes (He et al., "Deep residual learning", figure 5).
template <Scalar T>
class ResidualUnit {
 public:
  /// @throws Error if parts do not fit each other
  ResidualUnit(ResidualUnitParts<T> parts, const Compute& compute);

  [[nodiscard]] Index out_channels() const {
    return projected_ ? projected_->out_channels() : convs_.back().out_channels();
  }

  /// [N, H, W, in] -> [N, H / stride, W / stride, out_channels()], rounded up. The sum and the ReLU happen inside the
  /// last convolution, in place.
  [[nodiscard]] Tensor<T, 4> operator()(const Tensor<T, 4>& input) const;
  /// The same of an input that is not needed any more.
  [[nodiscard]] Tensor<T, 4> operator()(Tensor<T, 4>&& input) const;

 private:
  /// All that comes before the last convolution.
  [[nodiscard]] Tensor<T, 4> before_last(const Tensor<T, 4>& input) const;

  std::vector<Conv2d<T>> convs_;  ///< all, but for a last one that is part of `projected_`
  std::optional<SqueezeExcitation<T>> excitation_;
  std::optional<Conv2d<T>> shortcut_;
  std::optional<ProjectedConv2d<T>> projected_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/layers/residual_unit.inl>
#endif
