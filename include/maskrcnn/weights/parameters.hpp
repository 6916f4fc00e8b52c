/// Parameters: a place in the tree of tensor names, from which a stage reads what is its own.
#pragma once

#include <cstddef>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <maskrcnn/weights/weights.hpp>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// A prefix into `Weights` ("rpn.head.") that remembers which tensors have been read, so that left-over ones are found.
/// `parameters / "conv"` is the place below. One tree of `Parameters` belongs to one thread.
class Parameters {
 public:
  /// Any size fits here; what it is can be read from the result.
  static constexpr std::size_t any = 0;

  /// The root. `weights` must outlive the parameters.
  explicit Parameters(const Weights& weights);

  [[nodiscard]] Parameters operator/(const std::string& name) const;
  [[nodiscard]] Parameters operator/(std::size_t index) const;

  /// The whole file.
  [[nodiscard]] const Weights& weights() const { return *weights_; }
  /// The place itself, with a trailing dot.
  [[nodiscard]] const std::string& path() const { return prefix_; }
  /// The same without the dot: what profiles call a layer.
  [[nodiscard]] std::string name() const;
  [[nodiscard]] bool contains(const std::string& name) const;

  /// Tensor `name`, whose shape must be `expected` (`any` fits every size of at least 1).
  /// @throws Error naming tensor, expected and found, if it is missing, of another shape or no float type
  [[nodiscard]] const StoredTensor& stored(const std::string& name, const std::vector<std::size_t>& expected) const;

  /// Its elements, converted to `T`.
  /// @throws Error as `stored` does, and naming the tensor if a number in it is infinite or none: a network with such
  ///               numbers finds nothing, or anything
  template <Scalar T>
  [[nodiscard]] std::vector<T> values(const std::string& name, const std::vector<std::size_t>& expected) const;

  /// @throws Error if a tensor of the file was read by no stage
  void require_all_read() const;

 private:
  const Weights* weights_;
  std::string prefix_;
  std::shared_ptr<std::set<std::string>> read_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/weights/parameters.inl>
#endif
