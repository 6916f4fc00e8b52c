/// Pickles and zip archives made by hand: well-formed ones to be spoilt, and ones that no library would write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <maskrcnn/weights/load_weights.hpp>
#include <maskrcnn/weights/torch_legacy.hpp>
#include <span>
#include <string>
#include <vector>

#include "support.hpp"

namespace test {

using std::string_literals::operator""s;

/// The bytes of a number, lowest first.
template <class T>
[[nodiscard]] std::string number(T value) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof value; ++i)
    bytes.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xFFU));
  return bytes;
}

/// Opcodes of protocol 2.
namespace op {
[[nodiscard]] inline std::string text(const std::string& value) {
  return "X" + number(static_cast<std::uint32_t>(value.size())) + value;
}
[[nodiscard]] inline std::string integer(std::int64_t value) { return "\x8A\x08" + number(value); }
[[nodiscard]] inline std::string global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}
[[nodiscard]] inline std::string tuple(const std::string& items) { return "(" + items + "t"; }
[[nodiscard]] inline std::string call(const std::string& callee, const std::string& arguments) {
  return callee + tuple(arguments) + "R";
}
[[nodiscard]] inline std::string dict(const std::string& items) { return "}(" + items + "u"; }
[[nodiscard]] inline std::string list(const std::string& items) { return "](" + items + "e"; }
[[nodiscard]] inline std::string pickle(const std::string& value) { return "\x80\x02" + value + "."; }
[[nodiscard]] inline std::string integers(const std::vector<std::int64_t>& values) {
  std::string items;
  for (const std::int64_t value : values) items += integer(value);
  return tuple(items);
}
}  // namespace op

/// A file of these bytes, which outlive it.
[[nodiscard]] inline maskrcnn::WeightFile file_of(const std::string& bytes) {
  return {"made", std::as_bytes(std::span(bytes)), nullptr};
}

/// The error that reading these bytes ends in; every one must name the file.
[[nodiscard]] inline std::string error_of_bytes(const std::string& bytes) {
  const std::string error = error_of([&] { (void)maskrcnn::read_weights(file_of(bytes)); });
  if (error != "(no error)") CHECK(contains(error, "(file made)"));
  return error;
}

/// An entry of a zip archive, and what may be wrong with it.
struct ZipEntry {
  std::string name, data;
  std::uint16_t method = 0, flags = 0;
  std::uint32_t size = static_cast<std::uint32_t>(data.size());  ///< as the directory says
  std::string local_name = name;
  std::uint32_t local_size = size;
  std::int64_t moved = 0;  ///< by how much the directory mistakes the place of the header
};

/// A zip archive of these entries.
[[nodiscard]] inline std::string zip_bytes(const std::vector<ZipEntry>& entries) {
  std::string bytes, directory;
  for (const auto& entry : entries) {
    const auto offset = static_cast<std::uint32_t>(static_cast<std::int64_t>(bytes.size()) + entry.moved);
    const auto begin = [&entry](const std::string& name, std::uint32_t size) {
      return number(entry.flags) + number(entry.method) + std::string(8, '\0') + number(size) + number(size) +
             number(static_cast<std::uint16_t>(name.size())) + number(std::uint16_t{0});
    };
    bytes += "PK\x03\x04" + number(std::uint16_t{20}) + begin(entry.local_name, entry.local_size) + entry.local_name +
             entry.data;
    directory += "PK\x01\x02" + number(std::uint32_t{0}) + begin(entry.name, entry.size) + std::string(10, '\0') +
                 number(offset) + entry.name;
  }
  const auto count = number(static_cast<std::uint16_t>(entries.size()));
  return bytes + directory + "PK\x05\x06" + number(std::uint32_t{0}) + count + count +
         number(static_cast<std::uint32_t>(directory.size())) + number(static_cast<std::uint32_t>(bytes.size())) +
         number(std::uint16_t{0});
}

/// What a tensor of PyTorch is in a pickle.
struct TorchTensor {
  std::string type = "FloatStorage", key = "0";
  std::int64_t elements = 6, offset = 0;
  std::vector<std::int64_t> sizes{2, 3}, strides{3, 1};
  std::string view{};  ///< of the storage, as old files may have it: a tuple

  [[nodiscard]] std::string pickled() const {
    const std::string id = op::tuple(op::text("storage") + op::global("torch", type) + op::text(key) + op::text("cpu") +
                                     op::integer(elements) + view) +
                           "Q";
    return op::call(op::global("torch._utils", "_rebuild_tensor_v2"),
                    id + op::integer(offset) + op::integers(sizes) + op::integers(strides) + "\x89" + "}");
  }
};

/// The contents of a storage: 0, 1, 2, ...
[[nodiscard]] inline std::string floats(int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += number(std::bit_cast<std::uint32_t>(static_cast<float>(i)));
  return bytes;
}

/// A PyTorch file of the zip form, with one storage.
[[nodiscard]] inline std::string torch_zip_bytes(const std::string& value, const std::string& storage = floats(6),
                                                 const std::string& order = "little") {
  return zip_bytes({{.name = "made/data.pkl", .data = op::pickle(value)},
                    {.name = "made/byteorder", .data = order},
                    {.name = "made/data/0", .data = storage}});
}

/// A PyTorch file of the legacy form, with the pickles one by one and what follows them.
[[nodiscard]] inline std::string torch_legacy_bytes(const std::string& value, const std::string& keys,
                                                    const std::string& storages,
                                                    const std::string& little_endian = "\x88", int version = 1001) {
  return op::pickle("\x8A\x0A" + std::string(maskrcnn::torch_format::legacy_magic)) + op::pickle(op::integer(version)) +
         op::pickle(op::dict(op::text("little_endian") + little_endian)) + op::pickle(value) + op::pickle(keys) +
         storages;
}

/// A PyTorch file of the legacy form with one tensor, "a".
[[nodiscard]] inline std::string torch_legacy_bytes(const TorchTensor& tensor) {
  return torch_legacy_bytes(op::dict(op::text("a") + tensor.pickled()), op::list(op::text("0")),
                            number(std::int64_t{6}) + floats(6));
}

}  // namespace test
