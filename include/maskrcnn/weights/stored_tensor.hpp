/// One tensor of a weight file: its element type, its shape, and where its bytes are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <maskrcnn/core/half.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Element types that a weight file may hold. Only the first four are read by a model; the rest may be present.
enum class DType { f32, f16, bf16, f64, i64, i32, i16, i8, u8, boolean, other };

/// Bytes of one element; 0 for `other`.
[[nodiscard]] constexpr std::size_t byte_size(DType type) {
  switch (type) {
    case DType::f64:
    case DType::i64:
      return 8;
    case DType::f32:
    case DType::i32:
      return 4;
    case DType::f16:
    case DType::bf16:
    case DType::i16:
      return 2;
    case DType::i8:
    case DType::u8:
    case DType::boolean:
      return 1;
    case DType::other:
      break;
  }
  return 0;
}

/// The names of element types, as safetensors spells them.
inline constexpr std::array<std::pair<std::string_view, DType>, 10> dtype_names{{{"F32", DType::f32},
                                                                                 {"F16", DType::f16},
                                                                                 {"BF16", DType::bf16},
                                                                                 {"F64", DType::f64},
                                                                                 {"I64", DType::i64},
                                                                                 {"I32", DType::i32},
                                                                                 {"I16", DType::i16},
                                                                                 {"I8", DType::i8},
                                                                                 {"U8", DType::u8},
                                                                                 {"BOOL", DType::boolean}}};

/// The type of a name; `other` if there is none.
[[nodiscard]] constexpr DType dtype_of(std::string_view name) {
  for (const auto& [text, type] : dtype_names)
    if (text == name) return type;
  return DType::other;
}

/// The name of a type; empty for `other`.
[[nodiscard]] constexpr std::string_view dtype_name(DType type) {
  for (const auto& [text, known] : dtype_names)
    if (known == type) return text;
  return {};
}

/// Whether a model can read numbers of this type.
[[nodiscard]] constexpr bool is_float(DType type) {
  return type == DType::f32 || type == DType::f16 || type == DType::bf16 || type == DType::f64;
}

/// One tensor of a file: where its elements lie (little-endian, row-major, any alignment), their type and shape.
struct StoredTensor {
  DType type = DType::other;
  std::string type_name;  ///< for messages: of `dtype_names`; of `other`, as the file spells it
  std::vector<std::size_t> shape;
  const std::byte* data = nullptr;  ///< null, if a pickle has it and it is empty or of type `other`

  [[nodiscard]] std::size_t count() const {
    std::size_t count = 1;
    for (const std::size_t size : shape) count *= size;
    return count;
  }

  /// Element `index`, converted. Only for types of `is_float`.
  template <class T>
  [[nodiscard]] T element(std::size_t index) const {
    if (type == DType::f32) {
      float value = 0;
      std::memcpy(&value, data + 4 * index, sizeof value);
      return static_cast<T>(value);
    }
    if (type == DType::f64) {
      double value = 0;
      std::memcpy(&value, data + 8 * index, sizeof value);
      return static_cast<T>(value);
    }
    std::uint16_t bits = 0;
    std::memcpy(&bits, data + 2 * index, sizeof bits);
    return static_cast<T>(type == DType::f16 ? f16_to_float(bits) : bf16_to_float(bits));
  }
};

/// Whether two tensors are of the same type and shape, and of the same bytes.
[[nodiscard]] inline bool same_tensor(const StoredTensor& a, const StoredTensor& b) {
  return a.type == b.type && a.type_name == b.type_name && a.shape == b.shape && byte_size(a.type) > 0 &&
         (a.data == b.data ||
          (a.data != nullptr && b.data != nullptr && std::memcmp(a.data, b.data, a.count() * byte_size(a.type)) == 0));
}

}  // namespace maskrcnn
