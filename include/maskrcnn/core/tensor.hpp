/// Tensors: dense arrays of known rank, last dimension contiguous. Feature maps are [N, H, W, C] (channels last).
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/workspace.hpp>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Sizes and positions inside tensors.
using Index = std::size_t;

template <std::size_t Rank>
using Shape = std::array<Index, Rank>;

/// Number of elements of a tensor of this shape; 1 for rank 0.
template <std::size_t Rank>
[[nodiscard]] constexpr Index element_count(const Shape<Rank>& shape) {
  Index count = 1;
  for (const Index size : shape) count *= size;
  return count;
}

/// The scalars that the network computes in: `float` is the product, `double` the yardstick of the tests.
template <class T>
concept Scalar = std::same_as<T, float> || std::same_as<T, double>;

/// A look at a dense row-major array that somebody else owns. `T` may be const.
template <class T, std::size_t Rank>
class TensorView {
  static_assert(Rank >= 1, "maskrcnn: a TensorView has at least one dimension; use a plain reference for a scalar");

 public:
  TensorView() = default;
  constexpr TensorView(T* data, const Shape<Rank>& shape) : data_(data), shape_(shape) {}

  /// A view of mutable elements is also a view of const ones.
  // NOLINTNEXTLINE(google-explicit-constructor)
  constexpr operator TensorView<const T, Rank>() const requires(!std::is_const_v<T>) { return {data_, shape_}; }

  [[nodiscard]] constexpr T* data() const { return data_; }
  [[nodiscard]] constexpr const Shape<Rank>& shape() const { return shape_; }
  [[nodiscard]] constexpr Index size(std::size_t dimension) const { return shape_[dimension]; }
  [[nodiscard]] constexpr Index count() const { return element_count(shape_); }
  [[nodiscard]] constexpr std::span<T> elements() const { return {data_, count()}; }

  /// Element at `indices`, one per dimension; not range-checked.
  template <std::convertible_to<Index>... I>
    requires(sizeof...(I) == Rank)
  [[nodiscard]] constexpr T& operator()(I... indices) const {
    Index offset = 0;
    std::size_t dimension = 0;
    ((offset = offset * shape_[dimension++] + static_cast<Index>(indices)), ...);
    return data_[offset];
  }

  /// Entry `index` of the first dimension: a view of one rank less.
  [[nodiscard]] constexpr TensorView<T, Rank - 1> operator[](Index index) const requires(Rank > 1) {
    Shape<Rank - 1> rest{};
    std::copy(shape_.begin() + 1, shape_.end(), rest.begin());
    return {data_ + index * element_count(rest), rest};
  }

  /// The same elements under another shape of as many elements.
  /// @throws Error if the counts differ
  template <std::size_t NewRank>
  [[nodiscard]] constexpr TensorView<T, NewRank> reshaped(const Shape<NewRank>& shape) const {
    if (element_count(shape) != count()) fail("tensor: cannot view ", shape_text(shape_), " as ", shape_text(shape));
    return {data_, shape};
  }

 private:
  T* data_ = nullptr;
  Shape<Rank> shape_{};
};

/// A dense row-major array that owns its elements, aligned to `tensor_alignment`. Moves; copies only by `clone()`.
/// Memory comes from the workspace's pool, if it has one, and a tensor made `like` another shares that other's
/// workspace: so the whole inference runs in the memory of the one before it, and layers know who wants their times.
template <Scalar T, std::size_t Rank>
class Tensor {
 public:
  Tensor() = default;

  /// Elements are not initialised. @throws std::bad_alloc
  explicit Tensor(const Shape<Rank>& shape, Workspace workspace = {})
      : memory_(element_count(shape) * sizeof(T), std::move(workspace.pool)),
        shape_(shape),
        profile_(workspace.profile) {}

  /// An uninitialised tensor of another shape from the same workspace.
  template <std::size_t NewRank>
  [[nodiscard]] Tensor<T, NewRank> like(const Shape<NewRank>& shape) const {
    return Tensor<T, NewRank>(shape, workspace());
  }

  /// Where the memory comes from; null: from the system.
  [[nodiscard]] const std::shared_ptr<MemoryPool>& pool() const { return memory_.pool(); }
  /// Who wants to know the times of what is computed from this tensor; null: nobody.
  [[nodiscard]] Profile* profile() const { return profile_; }
  [[nodiscard]] Workspace workspace() const { return {pool(), profile_}; }

  [[nodiscard]] Tensor clone() const {
    Tensor copy = like(shape_);
    std::copy_n(data(), count(), copy.data());
    return copy;
  }

  void fill(T value) { std::fill_n(data(), count(), value); }

  [[nodiscard]] T* data() { return static_cast<T*>(memory_.data()); }
  [[nodiscard]] const T* data() const { return static_cast<const T*>(memory_.data()); }
  [[nodiscard]] const Shape<Rank>& shape() const { return shape_; }
  [[nodiscard]] Index size(std::size_t dimension) const { return shape_[dimension]; }
  [[nodiscard]] Index count() const { return memory_.data() == nullptr ? 0 : element_count(shape_); }
  [[nodiscard]] std::span<const T> elements() const { return {data(), count()}; }
  [[nodiscard]] std::span<T> elements() { return {data(), count()}; }

  [[nodiscard]] TensorView<T, Rank> view() { return {data(), shape_}; }
  [[nodiscard]] TensorView<const T, Rank> view() const { return {data(), shape_}; }

  template <std::convertible_to<Index>... I>
  [[nodiscard]] T& operator()(I... indices) {
    return view()(indices...);
  }
  template <std::convertible_to<Index>... I>
  [[nodiscard]] const T& operator()(I... indices) const {
    return view()(indices...);
  }

 private:
  PooledMemory memory_;
  Shape<Rank> shape_{};
  Profile* profile_ = nullptr;
};

}  // namespace maskrcnn
