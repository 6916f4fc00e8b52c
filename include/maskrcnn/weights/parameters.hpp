/// Parameters: a place in the tree of tensor names, from which a stage reads what is its own.
#pragma once

#include <cmath>
#include <initializer_list>
#include <maskrcnn/ops/conv2d.hpp>
#include <maskrcnn/ops/linear.hpp>
#include <maskrcnn/weights/weights.hpp>
#include <set>

namespace maskrcnn {

/// A prefix into `Weights` ("rpn.head.") that remembers which tensors have been read, so that left-over ones are found.
/// `parameters / "conv"` is the place below. One tree of `Parameters` belongs to one thread.
class Parameters {
 public:
  /// Any size fits here; what it is can be read from the result.
  static constexpr std::size_t any = 0;

  /// The root. `weights` must outlive the parameters.
  explicit Parameters(const Weights& weights) : weights_(&weights), read_(std::make_shared<std::set<std::string>>()) {}

  [[nodiscard]] Parameters operator/(const std::string& name) const {
    Parameters below = *this;
    below.prefix_ += name + ".";
    return below;
  }
  [[nodiscard]] Parameters operator/(std::size_t index) const { return *this / std::to_string(index); }

  /// The whole file.
  [[nodiscard]] const Weights& weights() const { return *weights_; }
  /// The place itself, with a trailing dot.
  [[nodiscard]] const std::string& path() const { return prefix_; }
  /// The same without the dot: what profiles call a layer.
  [[nodiscard]] std::string name() const { return prefix_.substr(0, prefix_.size() - (prefix_.empty() ? 0 : 1)); }
  [[nodiscard]] bool contains(const std::string& name) const { return weights_->find(prefix_ + name) != nullptr; }

  /// Tensor `name`, whose shape must be `expected` (`any` fits every size of at least 1).
  /// @throws Error naming tensor, expected and found, if it is missing, of another shape or no float type
  [[nodiscard]] const StoredTensor& stored(const std::string& name, const std::vector<std::size_t>& expected) const {
    const StoredTensor* const tensor = weights_->find(prefix_ + name);
    if (tensor == nullptr)
      fail("weights: '", prefix_, name, "' is missing, expected shape ", expected_text(expected), " (file ",
           weights_->file(), ")");
    const bool fits =
        std::equal(tensor->shape.begin(), tensor->shape.end(), expected.begin(), expected.end(),
                   [](std::size_t size, std::size_t goal) { return goal == any ? size > 0 : size == goal; });
    if (!fits)
      fail("weights: '", prefix_, name, "' has shape ", shape_text(tensor->shape), ", expected ",
           expected_text(expected), " (file ", weights_->file(), ")");
    if (!is_float(tensor->type))
      fail("weights: '", prefix_, name, "' has type ", tensor->type_name, ", expected F32, F16, BF16 or F64 (file ",
           weights_->file(), ")");
    read_->insert(prefix_ + name);
    return *tensor;
  }

  /// Its elements, converted to `T`.
  template <Scalar T>
  [[nodiscard]] std::vector<T> values(const std::string& name, const std::vector<std::size_t>& expected) const {
    const StoredTensor& tensor = stored(name, expected);
    std::vector<T> values(tensor.count());
    parallel_for((values.size() + chunk - 1) / chunk, [&](Index c) {
      for (Index i = c * chunk; i < std::min((c + 1) * chunk, values.size()); ++i)
        values[i] = tensor.template element<T>(i);
    });
    return values;
  }

  /// @throws Error if a tensor of the file was read by no stage
  void require_all_read() const {
    for (const auto& [name, tensor] : weights_->tensors())
      // a counter that training leaves, and what files are checked with
      if (!read_->contains(name) && !name.ends_with(".num_batches_tracked") && !name.starts_with("self_test."))
        fail("weights: '", name, "' of shape ", shape_text(tensor.shape), " is unknown to this model (file ",
             weights_->file(), ")");
  }

 private:
  static constexpr Index chunk = 1U << 18U;

  static std::string expected_text(const std::vector<std::size_t>& expected) {
    std::vector<std::string> sizes;
    for (const std::size_t size : expected) sizes.push_back(size == any ? "any" : std::to_string(size));
    return shape_text(sizes);
  }

  const Weights* weights_;
  std::string prefix_;
  std::shared_ptr<std::set<std::string>> read_;
};

/// What a convolution must look like; `Parameters::any` leaves a size to the file.
struct ConvShape {
  std::size_t out = Parameters::any, in = Parameters::any, kernel = 1;
  bool bias = true;      ///< whether it must have one; if not, it still may
  bool grouped = false;  ///< whether it may have groups: as many as inputs of the file's kernels go into `in`
};

/// Reads `weight` and `bias` of a convolution.
template <Scalar T>
[[nodiscard]] ConvWeights<T> read_conv(const Parameters& at, const ConvShape& shape) {
  const std::size_t in = shape.grouped ? Parameters::any : shape.in;
  const StoredTensor& stored = at.stored("weight", {shape.out, in, shape.kernel, shape.kernel});
  ConvWeights<T> conv{.out = stored.shape[0], .in = stored.shape[1], .height = shape.kernel, .width = shape.kernel};
  if (shape.grouped) {
    conv.in = shape.in;
    conv.groups = shape.in / stored.shape[1];
    if (conv.groups * stored.shape[1] != shape.in || conv.out % conv.groups != 0)
      (void)at.stored("weight", {shape.out, shape.in, shape.kernel, shape.kernel});  // says what was expected
  }
  conv.name = at.name();
  conv.kernel = at.values<T>("weight", stored.shape);
  if (shape.bias || at.contains("bias")) conv.bias = at.values<T>("bias", {conv.out});
  return conv;
}

/// Folds the batch norm stored at `norm` into `conv`, in double: y = scale * conv(x) + (bias - mean * scale) with
/// scale = weight / sqrt(var + epsilon).
/// @throws Error if a variance leaves no finite scale
template <Scalar T>
void fold_batch_norm(ConvWeights<T>& conv, const Parameters& norm, double epsilon) {
  const auto weight = norm.values<double>("weight", {conv.out}), bias = norm.values<double>("bias", {conv.out});
  const auto mean = norm.values<double>("running_mean", {conv.out}),
             var = norm.values<double>("running_var", {conv.out});
  const Index depth = conv.in / conv.groups * conv.height * conv.width;
  conv.bias.resize(conv.out, T{0});
  for (Index n = 0; n < conv.out; ++n) {
    const double scale = weight[n] / std::sqrt(var[n] + epsilon);
    if (!std::isfinite(scale))
      fail("weights: batch norm '", norm.path(), "' has variance ", var[n], " + epsilon ", epsilon, " in channel ", n,
           ", expected a positive sum");
    conv.bias[n] = static_cast<T>(bias[n] + (static_cast<double>(conv.bias[n]) - mean[n]) * scale);
    for (T& value : std::span(conv.kernel).subspan(n * depth, depth))
      value = static_cast<T>(static_cast<double>(value) * scale);
  }
}

/// A convolution, with the batch norm of the block folded in where the file has one: torchvision's conv-norm-activation
/// block stores the convolution at `0` and the norm at `1`.
template <Scalar T>
[[nodiscard]] ConvWeights<T> read_conv_block(const Parameters& block, const ConvShape& shape, double epsilon) {
  const bool normed = (block / "1").contains("running_mean");
  ConvWeights<T> conv =
      read_conv<T>(block / "0", {.out = shape.out, .in = shape.in, .kernel = shape.kernel, .bias = !normed});
  if (normed) fold_batch_norm(conv, block / "1", epsilon);
  return conv;
}

/// Reads a fully connected layer; `Parameters::any` leaves a size to the file.
template <Scalar T, kernels::OperandOf<T> Operand = T>
[[nodiscard]] Linear<T, Operand> read_linear(const Parameters& at, std::size_t out, std::size_t in, bool relu) {
  const StoredTensor& stored = at.stored("weight", {out, in});
  const Index rows = stored.shape[0], columns = stored.shape[1];
  return Linear<T, Operand>(columns, rows, at.values<T>("weight", {rows, columns}), at.values<T>("bias", {rows}), relu)
      .named(at.name());
}

}  // namespace maskrcnn
