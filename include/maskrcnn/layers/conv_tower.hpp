/// Conv towers: 3 x 3 convolutions with ReLU one after the other, as heads begin with.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/layers/conv2d.hpp>
#include <maskrcnn/layers/read_layers.hpp>
#include <maskrcnn/weights/parameters.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// How a tower is read and computed.
struct ConvTowerOptions {
  Index channels = 0;        ///< that come in
  NormOptions norms{};       ///< if there are any
  Index winograd_tile = 4;   ///< see `ConvGeometry`
  bool may_be_empty = true;  ///< whether a file may have none of its convolutions
  Compute compute{};
};

/// Convolutions at `0`, `1`, ..., as many as the weights have, each a conv-norm-activation block (see
/// `read_conv_block`): 3 x 3, padded by one, ReLU.
template <Scalar T>
class ConvTower {
 public:
  ConvTower() = default;

  /// @throws Error if a tensor is missing or does not fit the one before
  ConvTower(const Parameters& at, const ConvTowerOptions& options);

  [[nodiscard]] std::size_t depth() const { return convs_.size(); }
  /// Channels that come out.
  [[nodiscard]] Index channels() const { return channels_; }

  /// [N, H, W, C] -> [N, H, W, channels()]. The result of an empty tower is the input itself.
  /// @param memory keeps the result, if it is another
  [[nodiscard]] const Tensor<T, 4>& operator()(const Tensor<T, 4>& input, Tensor<T, 4>& memory) const;

 private:
  std::vector<Conv2d<T>> convs_;
  Index channels_ = 0;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/layers/conv_tower.inl>
#endif
