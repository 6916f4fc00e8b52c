/// The names in pickles that readers know. Nothing is ever called: these are the calls that tensors are made of.
#pragma once

#include <array>
#include <cstddef>
#include <maskrcnn/weights/weights.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace maskrcnn::inline MASKRCNN_FLAGS::pickle {

/// An element type as PyTorch names it: `torch.FloatStorage`, `torch.float32`.
struct TorchType {
  std::string_view storage, dtype;
  DType type;
  std::size_t bytes;  ///< of an element
};

inline constexpr std::array<TorchType, 23> torch_types{{
    {"torch.FloatStorage", "torch.float32", DType::f32, 4},
    {"torch.HalfStorage", "torch.float16", DType::f16, 2},
    {"torch.BFloat16Storage", "torch.bfloat16", DType::bf16, 2},
    {"torch.DoubleStorage", "torch.float64", DType::f64, 8},
    {"torch.LongStorage", "torch.int64", DType::i64, 8},
    {"torch.IntStorage", "torch.int32", DType::i32, 4},
    {"torch.ShortStorage", "torch.int16", DType::i16, 2},
    {"torch.CharStorage", "torch.int8", DType::i8, 1},
    {"torch.ByteStorage", "torch.uint8", DType::u8, 1},
    {"torch.BoolStorage", "torch.bool", DType::boolean, 1},
    {"torch.storage.UntypedStorage", "", DType::u8, 1},
    {"torch.UntypedStorage", "", DType::u8, 1},
    {"torch.ComplexFloatStorage", "torch.complex64", DType::other, 8},
    {"torch.ComplexDoubleStorage", "torch.complex128", DType::other, 16},
    {"torch.QInt8Storage", "torch.qint8", DType::other, 1},
    {"torch.QUInt8Storage", "torch.quint8", DType::other, 1},
    {"torch.QInt32Storage", "torch.qint32", DType::other, 4},
    {"", "torch.uint16", DType::other, 2},
    {"", "torch.uint32", DType::other, 4},
    {"", "torch.uint64", DType::other, 8},
    {"", "torch.complex32", DType::other, 4},
    {"", "torch.float8_e4m3fn", DType::other, 1},
    {"", "torch.float8_e5m2", DType::other, 1},
}};

/// The other names.
inline constexpr std::array<std::string_view, 15> other_names{"collections.OrderedDict",
                                                              "torch._utils._rebuild_tensor",
                                                              "torch._utils._rebuild_tensor_v2",
                                                              "torch._utils._rebuild_tensor_v3",
                                                              "torch._utils._rebuild_parameter",
                                                              "torch._utils._rebuild_parameter_with_state",
                                                              "torch._tensor._rebuild_from_type_v2",
                                                              "numpy.core.multiarray._reconstruct",
                                                              "numpy.core.multiarray.scalar",
                                                              "numpy.core.numeric._frombuffer",
                                                              "numpy.ndarray",
                                                              "numpy.dtype",
                                                              "_codecs.encode",
                                                              "builtins.bytes",
                                                              "builtins.set"};

/// The name of the list that `module` and `name` mean, as PyTorch and NumPy of any age and Python 2 and 3 spell it.
[[nodiscard]] inline std::optional<std::string_view> known_name(std::string_view module, std::string_view name) {
  if (module.size() > 100 || name.size() > 100) return std::nullopt;
  std::string full(module);
  if (module == "torch.cuda") full = "torch";  // old files: tensors that lay on a graphics card
  if (module == "__builtin__") full = "builtins";
  if (module.starts_with("numpy._core.")) full = "numpy.core." + full.substr(12);
  full.append(".").append(name);
  for (const TorchType& type : torch_types) {
    if (full == type.storage) return type.storage;
    if (full == type.dtype) return type.dtype;
  }
  for (const std::string_view other : other_names)
    if (full == other) return other;
  return std::nullopt;
}

}  // namespace maskrcnn::pickle
