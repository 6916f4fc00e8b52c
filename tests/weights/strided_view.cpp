#include <maskrcnn/weights/strided_view.hpp>

#include "made_files.hpp"

using maskrcnn::DType;
using maskrcnn::StridedView;

namespace {

const std::string storage = test::floats(24);

[[nodiscard]] StridedView view(std::uint64_t offset, const std::vector<std::uint64_t>& sizes,
                               const std::vector<std::uint64_t>& strides) {
  return {.type = DType::f32,
          .storage = std::as_bytes(std::span(storage)),
          .offset = offset,
          .sizes = sizes,
          .strides = strides};
}

[[nodiscard]] bool in_storage(const maskrcnn::StoredTensor& tensor) {
  const auto* const begin = reinterpret_cast<const std::byte*>(storage.data());
  return tensor.data >= begin && tensor.data < begin + storage.size();
}

[[nodiscard]] std::vector<float> elements(const maskrcnn::StoredTensor& tensor) {
  std::vector<float> elements(tensor.count());
  for (std::size_t i = 0; i < elements.size(); ++i) elements[i] = tensor.element<float>(i);
  return elements;
}

[[nodiscard]] std::string error_of_view(const StridedView& wrong) {
  maskrcnn::TensorCopies copies(96, "made");
  return test::error_of([&] { (void)wrong.stored("a", copies); });
}

}  // namespace

TEST_CASE("elements that lie in order stay where they are") {
  maskrcnn::TensorCopies copies(0, "made");
  const auto part = view(6, {2, 3}, {3, 1}).stored("a", copies);
  CHECK(in_storage(part));
  CHECK(elements(part) == std::vector<float>{6, 7, 8, 9, 10, 11});
  CHECK(in_storage(view(0, {1, 4, 1}, {77, 1, 99}).stored("a", copies)));  // what has one index has no stride
  CHECK(elements(view(23, {}, {}).stored("a", copies)) == std::vector<float>{23});
}

TEST_CASE("others are copied in order") {
  maskrcnn::TensorCopies copies(1000, "made");
  CHECK(elements(view(1, {3, 2}, {1, 3}).stored("a", copies)) == std::vector<float>{1, 4, 2, 5, 3, 6});
  CHECK(elements(view(0, {2, 1, 2, 2}, {12, 5, 1, 6}).stored("a", copies)) ==
        std::vector<float>{0, 6, 1, 7, 12, 18, 13, 19});
  CHECK(elements(view(20, {2, 3}, {0, 1}).stored("a", copies)) == std::vector<float>{20, 21, 22, 20, 21, 22});
}

TEST_CASE("empty tensors have a shape and nothing else") {
  maskrcnn::TensorCopies copies(0, "made");
  const auto empty = view(1000, {3, 0, std::uint64_t{1} << 63U}, {1, 1, 1}).stored("a", copies);
  CHECK(empty.count() == 0);
  CHECK(empty.data == nullptr);
}

TEST_CASE("elements outside the storage are refused, however the numbers overflow") {
  CHECK(error_of_view(view(0, {25}, {1})) ==
        "weights: 'a' of shape [25], strides [1] and offset 0 leaves its storage of 24 elements (file made)");
  const std::uint64_t half = std::uint64_t{1} << 63U, most = ~std::uint64_t{0};
  for (const auto& wrong : {view(24, {1}, {1}), view(1, {24}, {1}), view(0, {2, 2}, {23, 1}), view(0, {half}, {2}),
                            view(half, {1}, {1}), view(most, {2}, {1}), view(0, {3, 3}, {half, half}),
                            view(0, {most}, {most}), view(0, {2}, {half}), view(0, {2, 2}, {most, 1})}) {
    CAPTURE(maskrcnn::shape_text(wrong.sizes));
    CHECK(test::contains(error_of_view(wrong), "leaves its storage of 24 elements"));
  }
}

TEST_CASE("copies take no more than the file's size, all together") {
  CHECK(error_of_view(view(0, {25}, {0})) ==
        "weights: 'a' does not lie in the file in order and takes 25 elements of 4 bytes to copy, expected at most the "
        "file's size for all copies, of which 96 bytes are left (file made)");
  CHECK(test::contains(error_of_view(view(0, {std::uint64_t{1} << 63U, 4}, {0, 0})),
                       "takes 18446744073709551615 elements"));
  maskrcnn::TensorCopies copies(96, "made");
  CHECK(elements(view(3, {24}, {0}).stored("a", copies)) == std::vector<float>(24, 3));
  CHECK(test::contains(test::error_of([&] { (void)view(3, {2}, {0}).stored("b", copies); }),
                       "of which 0 bytes are left"));
}
