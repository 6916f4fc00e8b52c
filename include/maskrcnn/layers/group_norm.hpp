/// Group norm: channels, in groups, normalised by their own mean and variance in each image (Wu and He, 2018).
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/layers/conv_geometry.hpp>
#include <string>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// (x - mean) / sqrt(variance + epsilon) * scale + shift, mean and variance over height, width and the channels of a
/// group, for each image (in heads: for each RoI) by itself. torch's `GroupNorm`. Sums are of double precision, in an
/// order that threads do not change.
template <Scalar T>
class GroupNorm {
 public:
  /// @throws Error if the numbers of weights do not fit each other or the groups
  explicit GroupNorm(const GroupNormWeights<T>& weights);

  [[nodiscard]] Index channels() const { return weights_.scale.size(); }

  /// [N, H, W, C], changed in place.
  /// @param added      to what the norm makes, before the activation
  /// @param activation none or ReLU
  /// @throws Error if channels do not fit
  void operator()(Tensor<T, 4>& x, const Addend<T>& added, Activation activation) const;

 private:
  /// Some pixels of an image.
  struct Chunk {
    Index image, first, end;  ///< pixels of the whole tensor
  };

  /// Sums of the groups, then sums of squares: [2][groups].
  void add_up(const Tensor<T, 4>& x, const Chunk& chunk, double* sums) const;
  /// What to multiply channels by, then what to add: [2][channels].
  void factors_of(const double* sums, Index pixels, T* factors) const;
  void apply(Tensor<T, 4>& x, const Chunk& chunk, const T* factors, const Addend<T>& added, bool relu) const;

  GroupNormWeights<T> weights_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/layers/group_norm.inl>
#endif
