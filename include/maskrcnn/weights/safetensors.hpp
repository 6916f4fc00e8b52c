/// The safetensors format: u64 header length, JSON header, raw data. Every file is treated as hostile.
#pragma once

#include <cstdint>
#include <cstring>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/weights/byte_ranges.hpp>
#include <maskrcnn/weights/json_text.hpp>
#include <maskrcnn/weights/weight_file.hpp>
#include <maskrcnn/weights/weights.hpp>
#include <string_view>

namespace maskrcnn::inline MASKRCNN_FLAGS {

namespace safetensors {

/// Largest header that is read. Real ones have about 100 bytes a tensor; a hostile one would cost 25 times its size.
inline constexpr std::uint64_t max_header_bytes = std::uint64_t{16} << 20U;

/// Parses the header: an object of objects of short lists, so anything deeper is refused, as is a name given twice.
inline void parse_header(JsonText& header, std::string_view text, const std::string& file) {
  switch (header.parse(text, 4)) {
    case JsonText::Fault::depth:
      fail("weights: the header is nested deeper than safetensors allows (file ", file, ")");
    case JsonText::Fault::repeated:
      fail("weights: '", header.repeated_key(), "' appears twice in the header (file ", file, ")");
    case JsonText::Fault::syntax:
      fail("weights: the header is not valid JSON at byte ", header.fault_byte(), " (file ", file, ")");
    case JsonText::Fault::number:
      fail("weights: the header has a number that is too large for any computer (file ", file, ")");
    case JsonText::Fault::none:
      break;
  }
  if (!header.root().is(JsonKind::object))
    fail("weights: expected a JSON object as header, found ", header.root().kind_name(), " (file ", file, ")");
}

/// A non-negative integer of the header.
[[nodiscard]] inline std::uint64_t header_integer(const JsonValue& value, const std::string& name,
                                                  const std::string& file) {
  if (!value.is(JsonKind::integer))
    fail("weights: '", name, "' expects non-negative integers as sizes and offsets, found ", value.shown(), " (file ",
         file, ")");
  return value.integer();
}

/// What the header says of a tensor.
struct Entry {
  StoredTensor tensor;
  std::uint64_t begin, end;  ///< bytes of the data
};

/// One entry of the header, checked against the `data_bytes` that follow it.
[[nodiscard]] inline Entry parse_entry(const std::string& name, const JsonValue& entry, std::uint64_t data_bytes,
                                       const std::string& file) {
  const auto fields = entry.is(JsonKind::object) ? entry.members() : JsonMembers();
  const auto type = fields.find("dtype"), shape = fields.find("shape"), place = fields.find("data_offsets");
  const bool complete = type != fields.end() && type->second.is(JsonKind::text) && shape != fields.end() &&
                        shape->second.is(JsonKind::list) && place != fields.end() && place->second.is(JsonKind::list);
  const auto offsets = complete ? place->second.items() : std::vector<JsonValue>();
  if (offsets.size() != 2)
    fail("weights: '", name, "' expects {\"dtype\": string, \"shape\": list, \"data_offsets\": [begin, end]}, found ",
         entry.shown().substr(0, 120), " (file ", file, ")");
  StoredTensor tensor;
  tensor.type_name = type->second.text();
  tensor.type = dtype_of(tensor.type_name);
  std::uint64_t bytes = byte_size(tensor.type);
  for (const JsonValue& item : shape->second.items()) {
    const std::uint64_t size = header_integer(item, name, file);
    tensor.shape.push_back(static_cast<std::size_t>(size));
    // a product beyond the data is wrong already; stopping there keeps it from overflowing
    bytes = size != 0 && bytes > data_bytes / size ? data_bytes + 1 : bytes * size;
  }
  const std::uint64_t begin = header_integer(offsets[0], name, file), end = header_integer(offsets[1], name, file);
  if (begin > end || end > data_bytes)
    fail("weights: '", name, "' lies at bytes ", begin, " to ", end, ", expected inside the ", data_bytes,
         " bytes of data (file ", file, ")");
  if (tensor.type != DType::other && end - begin != bytes)
    fail("weights: '", name, "' has shape ", shape_text(tensor.shape), " of ", tensor.type_name,
         ", which does not fill its ", end - begin, " bytes (file ", file, ")");
  return {std::move(tensor), begin, end};
}

/// What the header says besides tensors.
[[nodiscard]] inline Weights::Metadata parse_metadata(const JsonValue& object, const std::string& file) {
  if (!object.is(JsonKind::object))
    fail("weights: expected an object as '__metadata__', found ", object.kind_name(), " (file ", file, ")");
  Weights::Metadata metadata;
  for (const auto& [key, value] : object.members()) {
    if (!value.is(JsonKind::text)) fail("weights: metadata '", key, "' is not a string (file ", file, ")");
    metadata.emplace(key, value.text());
  }
  return metadata;
}

}  // namespace safetensors

/// Reads a safetensors file: checks its header completely, copies no tensor.
/// @throws Error if the file is not a well-formed safetensors file; the message says why
[[nodiscard]] inline Weights read_safetensors(const WeightFile& file) {
  const std::string& path = file.name;
  const auto bytes = file.bytes;
  std::uint64_t header_bytes = 0;
  if (bytes.size() < sizeof header_bytes)
    fail("weights: expected a safetensors file, found ", bytes.size(), " bytes (file ", path, ")");
  for (std::size_t i = 0; i < sizeof header_bytes; ++i) header_bytes |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
  if (header_bytes > bytes.size() - 8 || header_bytes > safetensors::max_header_bytes)
    fail("weights: expected a safetensors file, found a header length of ", header_bytes, " in a file of ",
         bytes.size(), " bytes (file ", path, ")");
  const auto header_end = static_cast<std::size_t>(8 + header_bytes);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + 8, static_cast<std::size_t>(header_bytes));
  JsonText header;
  safetensors::parse_header(header, text, path);

  Weights::Tensors tensors;
  Weights::Metadata metadata;
  std::vector<ByteRange> places;
  const auto members = header.root().members();
  for (const auto& [key, value] : members) {
    const std::string name(key);
    if (name == "__metadata__") {
      metadata = safetensors::parse_metadata(value, path);
      continue;
    }
    auto [tensor, begin, end] = safetensors::parse_entry(name, value, bytes.size() - header_end, path);
    if (begin < end) places.push_back({.begin = begin, .end = end, .name = key});
    tensor.data = bytes.data() + header_end + begin;
    tensors.emplace(name, std::move(tensor));
  }
  if (const auto overlap = overlap_of(std::move(places)))
    fail("weights: '", overlap->first, "' and '", overlap->second, "' share bytes (file ", path, ")");
  return {path, std::move(tensors), std::move(metadata), file.owner};
}

}  // namespace maskrcnn
