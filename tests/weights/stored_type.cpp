#include <maskrcnn/weights/stored_type.hpp>

#include <limits>

#include "support.hpp"

using maskrcnn::DType;
using maskrcnn::StoredTensor;

namespace {

/// The type in half precision of a tensor of these numbers.
[[nodiscard]] DType half_type(const std::vector<std::size_t>& shape, const std::vector<float>& values) {
  const auto weights = test::MadeWeights().add("tensor", shape, values).weights();
  return maskrcnn::stored_type(*weights.find("tensor"), true);
}

/// The type to store a tensor of another type as.
[[nodiscard]] DType type_of(DType type, bool half) {
  const std::vector<std::byte> zeros(32);
  return maskrcnn::stored_type(StoredTensor{.type = type, .type_name = {}, .shape = {2, 2}, .data = zeros.data()},
                               half);
}

}  // namespace

TEST_CASE("without half precision, doubles become floats and others stay") {
  CHECK(type_of(DType::f64, false) == DType::f32);
  CHECK(type_of(DType::f32, false) == DType::f32);
  for (const bool half : {false, true})
    for (const DType type : {DType::f16, DType::bf16}) CHECK(type_of(type, half) == type);
  CHECK(type_of(DType::f64, true) == DType::f16);
  CHECK(type_of(DType::f32, true) == DType::f16);
}

TEST_CASE("norms and biases are no matter for F16: whatever has one dimension") {
  CHECK(half_type({4}, {1, 1, 1, 1}) == DType::f32);
  CHECK(half_type({}, {1}) == DType::f32);
  CHECK(half_type({2, 2}, {1, 1, 1, 1}) == DType::f16);
  CHECK(half_type({2, 2, 1, 1}, {1, 1, 1, 1}) == DType::f16);
}

TEST_CASE("numbers beyond F16, and what is none, stay F32") {
  CHECK(half_type({2, 2}, {65504, 1, 1, 1}) == DType::f16);
  CHECK(half_type({2, 2}, {65505, 1, 1, 1}) == DType::f32);
  CHECK(half_type({2, 2}, {1, 1, 1, -1e6F}) == DType::f32);
  CHECK(half_type({2, 2}, {1, std::numeric_limits<float>::infinity(), 1, 1}) == DType::f32);
  CHECK(half_type({2, 2}, {1, std::numeric_limits<float>::quiet_NaN(), 1, 1}) == DType::f32);
}

TEST_CASE("neither a filter nor an input channel may lose its precision") {
  constexpr float tiny = 0x1p-15F, normal = 0x1p-14F;
  CHECK(half_type({2, 2}, {1, 1, tiny, tiny}) == DType::f32);    // a filter
  CHECK(half_type({2, 2}, {1, tiny, 1, -tiny}) == DType::f32);   // an input channel
  CHECK(half_type({2, 2}, {1, 1, normal, tiny}) == DType::f16);  // one number of it is large enough
  CHECK(half_type({2, 2}, {1, tiny, tiny, 1}) == DType::f16);    // larger ones in both slices of each
  CHECK(half_type({2, 2}, {1, 1, 1, 1e-30F}) == DType::f16);
  CHECK(half_type({2, 2}, {1, 0, 1, 0}) == DType::f16);  // nothing to lose
  CHECK(half_type({2, 2}, {0, 0, 0, 0}) == DType::f16);
  CHECK(half_type({2, 0}, {}) == DType::f16);
  // [filters, channels, height, width]: the second channel of both filters
  CHECK(half_type({2, 2, 1, 2}, {1, 1, tiny, tiny, 1, 1, tiny, tiny}) == DType::f32);
  CHECK(half_type({2, 2, 1, 2}, {1, tiny, tiny, 1, tiny, tiny, 1, tiny}) == DType::f16);
}
