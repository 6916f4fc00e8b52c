/// What every algorithm of a convolution shares: weights, geometry, and what is added to the outputs.
#pragma once

#include <algorithm>
#include <maskrcnn/core/tensor.hpp>
#include <maskrcnn/kernels/activation.hpp>
#include <optional>
#include <string>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// The trained numbers of a group norm.
template <Scalar T>
struct GroupNormWeights {
  std::vector<T> scale{}, shift{};  ///< [channels]
  Index groups = 32;                ///< of neighbouring channels
  double epsilon = 1e-5;            ///< added to variances
  std::string name = "group_norm";  ///< in profiles: the place in the weights
};

/// The trained numbers of a convolution, as checkpoints store them.
template <Scalar T>
struct ConvWeights {
  std::vector<T> kernel{};  ///< [out, in / groups, height, width], row-major
  std::vector<T> bias{};    ///< [out], or empty for none
  Index out = 0, in = 0, height = 1, width = 1;
  Index groups = 1;             ///< so many convolutions side by side, each of its own share of inputs and outputs
  std::string name = "conv2d";  ///< in profiles: the place in the weights
  /// A group norm behind it, which depends on the image and cannot be folded into it as batch norms are.
  std::optional<GroupNormWeights<T>> norm{};

  /// @throws Error if the numbers of weights do not fit the sizes
  void check() const {
    if (groups == 0 || in % groups != 0 || out % groups != 0)
      fail("conv2d: expected numbers of channels that ", groups, " groups can share, found ", in, " and ", out);
    const Index expected = out * in / groups * height * width;
    if (kernel.size() != expected || (!bias.empty() && bias.size() != out))
      fail("conv2d: expected ", expected, " weights and ", out, " biases, found ", kernel.size(), " and ", bias.size());
    if (norm && norm->scale.size() != out)
      fail("conv2d: expected a norm of ", out, " channels, found ", norm->scale.size());
  }
};

/// How a convolution moves over its input, and what follows it.
struct ConvGeometry {
  Index stride = 1;                          ///< input pixels from one output pixel to the next, both axes
  Index padding = 0;                         ///< zeros around the input, all four sides
  Index dilation = 1;                        ///< input pixels from one tap of the kernel to the next, both axes
  Activation activation = Activation::none;  ///< what follows; ReLU is fused, others are a step of their own
  /// Outputs per tile and axis where a convolution is computed by Winograd: 4, or 6, which takes a fifth fewer products
  /// but rounds four times as much.
  Index winograd_tile = 4;
};

/// Input position for output position `position` of a nearest-neighbour resize from `in` to `out` pixels (ATen's
/// `nearest`: floor of a float product).
[[nodiscard]] inline Index nearest_source(Index position, Index in, Index out) {
  const float scale = static_cast<float>(in) / static_cast<float>(out);
  return std::min(static_cast<Index>(static_cast<float>(position) * scale), in - 1);
}

/// What is added to a convolution's outputs before the ReLU: a tensor of their shape (a residual), or one of another
/// height and width that is resized by nearest neighbour on the way (FPN's top-down path), or nothing.
template <Scalar T>
class Addend {
 public:
  /// @param tensor [N, H'', W'', out], or null for nothing; its elements must outlive the addend, the tensor need not
  /// @param output shape of what it is added to
  /// @throws Error if images or channels differ
  Addend(const Tensor<T, 4>* tensor, const Shape<4>& output) : output_(output) {
    if (tensor == nullptr) return;
    if (tensor->size(0) != output[0] || tensor->size(3) != output[3])
      fail("conv2d: cannot add a tensor of shape ", shape_text(tensor->shape()), " to one of ", shape_text(output));
    values_ = tensor->view();
  }

  explicit operator bool() const { return values_.data() != nullptr; }

  /// First channel of what belongs to an output pixel, counted through all images.
  [[nodiscard]] const T* operator()(Index pixel) const {
    if (values_.shape() == output_) return values_.data() + pixel * output_[3];
    const Index x = pixel % output_[2], y = pixel / output_[2] % output_[1], image = pixel / output_[2] / output_[1];
    return &values_(image, nearest_source(y, values_.size(1), output_[1]),
                    nearest_source(x, values_.size(2), output_[2]), 0);
  }

 private:
  TensorView<const T, 4> values_;
  Shape<4> output_;
};

}  // namespace maskrcnn
