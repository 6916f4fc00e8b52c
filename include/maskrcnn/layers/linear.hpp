/// Fully connected layers.
#pragma once

#include <maskrcnn/kernels/activation.hpp>
#include <maskrcnn/layers/gemm.hpp>
#include <string>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// The trained numbers of a fully connected layer, as `torch.nn.Linear` stores them.
template <Scalar T>
struct LinearWeights {
  std::vector<T> weight{};  ///< [out, in], row-major
  std::vector<T> bias{};    ///< [out]
  Index out = 0, in = 0;
  std::string name = "linear";  ///< in profiles: the place in the weights
};

/// [N, in] -> [N, out]: x * weight^T + bias, then an optional ReLU.
template <Scalar T>
class Linear {
 public:
  Linear() = default;

  /// @param activation none or ReLU
  /// @throws Error if the numbers of weights do not fit the sizes
  explicit Linear(const LinearWeights<T>& weights, Activation activation = Activation::none,
                  const Compute& compute = {});

  [[nodiscard]] Index in_features() const { return product_.depth(); }
  [[nodiscard]] Index out_features() const { return product_.columns(); }

  /// Any tensor whose dimensions after the first have `in` elements together.
  /// @throws Error if they have not
  template <std::size_t Rank>
  [[nodiscard]] Tensor<T, 2> operator()(const Tensor<T, Rank>& input) const {
    if (element_count(input.shape()) != input.size(0) * in_features())
      fail("linear: expected ", in_features(), " features a row, found shape ", shape_text(input.shape()));
    return run({input.data(), {input.size(0), in_features()}}, input.workspace());
  }

 private:
  [[nodiscard]] Tensor<T, 2> run(TensorView<const T, 2> input, const Workspace& workspace) const;

  bool relu_ = false;
  MatrixProduct<T> product_;
  std::string name_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/layers/linear.inl>
#endif
