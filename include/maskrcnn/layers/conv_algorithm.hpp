/// An algorithm of convolution: what `Conv2d` asks of each.
#pragma once

#include <maskrcnn/core/tensor.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Weights packed for one way of computing a convolution; immutable, so that one serves many threads at once.
template <Scalar T>
class ConvAlgorithm {
 public:
  virtual ~ConvAlgorithm() = default;

  [[nodiscard]] virtual Index in_channels() const = 0;
  [[nodiscard]] virtual Index out_channels() const = 0;
  /// For profiles: "direct", "Winograd 4x4".
  [[nodiscard]] virtual const char* algorithm() const = 0;

  /// [N, H, W, in] -> [N, H', W', out], bias, addend and ReLU included.
  /// @param added see `Addend`
  /// @param reuse null, or what `added` points to, if the output may take its memory
  /// @throws Error if channels do not fit or the input is smaller than the kernel
  [[nodiscard]] virtual Tensor<T, 4> operator()(const Tensor<T, 4>& input, const Tensor<T, 4>* added,
                                                Tensor<T, 4>* reuse) const = 0;

 protected:
  ConvAlgorithm() = default;
  ConvAlgorithm(const ConvAlgorithm&) = default;
  ConvAlgorithm(ConvAlgorithm&&) noexcept = default;
  ConvAlgorithm& operator=(const ConvAlgorithm&) = default;
  ConvAlgorithm& operator=(ConvAlgorithm&&) noexcept = default;
};

}  // namespace maskrcnn
