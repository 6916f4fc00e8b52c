#include <maskrcnn/core/tensor.hpp>

#include <cstdint>

#include "support.hpp"

using maskrcnn::Shape;
using maskrcnn::Tensor;
using maskrcnn::TensorView;

TEST_CASE_TEMPLATE("a tensor is row-major and aligned", T, float, double) {
  Tensor<T, 3> tensor({2, 3, 4});
  CHECK(reinterpret_cast<std::uintptr_t>(tensor.data()) % maskrcnn::tensor_alignment == 0);
  CHECK(tensor.count() == 24);
  CHECK(&tensor(1, 2, 3) == tensor.data() + 23);
  CHECK(&tensor(0, 1, 0) == tensor.data() + 4);
  tensor.fill(2);
  CHECK(tensor(1, 0, 2) == 2);
  CHECK(tensor.elements().size() == 24);
}

TEST_CASE("a tensor without elements") {
  const Tensor<float, 4> none, empty({0, 7, 7, 5});
  CHECK(none.count() == 0);
  CHECK(empty.count() == 0);
  CHECK(empty.elements().empty());
  CHECK(empty.size(3) == 5);
  CHECK(empty.clone().shape() == empty.shape());
}

TEST_CASE("a tensor moves, and copies only when asked") {
  static_assert(!std::is_copy_constructible_v<Tensor<float, 2>> && !std::is_copy_assignable_v<Tensor<float, 2>>);
  Tensor<float, 2> tensor({2, 2});
  tensor.fill(1);
  const float* const place = tensor.data();
  Tensor<float, 2> moved = std::move(tensor);
  CHECK(moved.data() == place);
  const auto copy = moved.clone();
  moved.fill(2);
  CHECK(copy(1, 1) == 1);
}

TEST_CASE("views slice, reshape and become const") {
  Tensor<double, 3> tensor({2, 3, 4});
  for (std::size_t i = 0; i < 24; ++i) tensor.data()[i] = static_cast<double>(i);
  const TensorView<const double, 3> view = tensor.view();
  CHECK(view[1](2, 3) == 23);
  CHECK(view[1][0].count() == 4);
  CHECK(view.reshaped(Shape<2>{6, 4})(5, 0) == 20);
  CHECK(test::error_of([&] { (void)view.reshaped(Shape<2>{5, 5}); }) == "tensor: cannot view [2,3,4] as [5,5]");
  static_assert(!std::is_convertible_v<TensorView<const float, 1>, TensorView<float, 1>>);
}

TEST_CASE("scalars are float and double") {
  static_assert(maskrcnn::Scalar<float> && maskrcnn::Scalar<double>);
  static_assert(!maskrcnn::Scalar<int> && !maskrcnn::Scalar<const float> && !maskrcnn::Scalar<long double>);
}
