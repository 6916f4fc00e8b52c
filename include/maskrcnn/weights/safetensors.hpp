/// The safetensors format: u64 header length, JSON header, raw data. Every file is treated as hostile.
#pragma once

#include <cstdint>
#include <cstring>
#include <maskrcnn/weights/weight_file.hpp>
#include <maskrcnn/weights/weights.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

namespace maskrcnn {

namespace safetensors {

/// Largest header that is read. Real ones have about 100 bytes a tensor; a hostile one would cost 25 times its size.
inline constexpr std::uint64_t max_header_bytes = std::uint64_t{16} << 20U;

/// Parses the header: an object of objects of short lists, so anything deeper is refused, as is a name given twice.
[[nodiscard]] inline nlohmann::json parse_header(std::string_view text, const std::string& file) {
  using Json = nlohmann::json;
  std::vector<std::set<std::string>> keys;
  const auto check = [&](int depth, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start) {
      if (depth > 3) fail("weights: the header is nested deeper than safetensors allows (file ", file, ")");
      if (event == Json::parse_event_t::object_start) keys.emplace_back();
    } else if (event == Json::parse_event_t::object_end) {
      keys.pop_back();
    } else if (event == Json::parse_event_t::key) {
      if (!keys.back().insert(value.get_ref<const std::string&>()).second)
        fail("weights: '", value.get_ref<const std::string&>(), "' appears twice in the header (file ", file, ")");
    }
    return true;
  };
  try {
    Json header = Json::parse(text, check);
    if (!header.is_object())
      fail("weights: expected a JSON object as header, found ", header.type_name(), " (file ", file, ")");
    return header;
  } catch (const Json::parse_error& error) {
    fail("weights: the header is not valid JSON at byte ", error.byte, " (file ", file, ")");
  } catch (const Json::out_of_range&) {
    fail("weights: the header has a number that is too large for any computer (file ", file, ")");
  }
}

/// A non-negative integer of the header.
[[nodiscard]] inline std::uint64_t header_integer(const nlohmann::json& value, const std::string& name,
                                                  const std::string& file) {
  if (!value.is_number_unsigned())
    fail("weights: '", name, "' expects non-negative integers as sizes and offsets, found ", value.dump(), " (file ",
         file, ")");
  return value.get<std::uint64_t>();
}

/// One entry of the header, checked against the `data_bytes` that follow it.
[[nodiscard]] inline std::pair<StoredTensor, std::pair<std::uint64_t, std::uint64_t>> parse_entry(
    const std::string& name, const nlohmann::json& entry, std::uint64_t data_bytes, const std::string& file) {
  const auto field = [&](const char* key, std::size_t count) -> const nlohmann::json& {
    if (!entry.is_object() || !entry.contains(key) || (count == 0 ? !entry[key].is_string() : !entry[key].is_array()) ||
        (count == 2 && entry[key].size() != 2))
      fail("weights: '", name, "' expects {\"dtype\": string, \"shape\": list, \"data_offsets\": [begin, end]}, found ",
           entry.dump().substr(0, 120), " (file ", file, ")");
    return entry[key];
  };
  StoredTensor tensor;
  tensor.type_name = field("dtype", 0).get<std::string>();
  tensor.type = dtype_of(tensor.type_name);
  std::uint64_t bytes = byte_size(tensor.type);
  for (const auto& item : field("shape", 1)) {
    const std::uint64_t size = header_integer(item, name, file);
    tensor.shape.push_back(static_cast<std::size_t>(size));
    // a product beyond the data is wrong already; stopping there keeps it from overflowing
    bytes = size != 0 && bytes > data_bytes / size ? data_bytes + 1 : bytes * size;
  }
  const auto& offsets = field("data_offsets", 2);
  const std::uint64_t begin = header_integer(offsets[0], name, file), end = header_integer(offsets[1], name, file);
  if (begin > end || end > data_bytes)
    fail("weights: '", name, "' lies at bytes ", begin, " to ", end, ", expected inside the ", data_bytes,
         " bytes of data (file ", file, ")");
  if (tensor.type != DType::other && end - begin != bytes)
    fail("weights: '", name, "' has shape ", shape_text(tensor.shape), " of ", tensor.type_name,
         ", which does not fill its ", end - begin, " bytes (file ", file, ")");
  return {std::move(tensor), {begin, end}};
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
  const nlohmann::json header = safetensors::parse_header(text, path);

  Weights::Tensors tensors;
  Weights::Metadata metadata;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> places;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      if (!entry.is_object())
        fail("weights: expected an object as '__metadata__', found ", entry.type_name(), " (file ", path, ")");
      for (const auto& [key, value] : entry.items()) {
        if (!value.is_string()) fail("weights: metadata '", key, "' is not a string (file ", path, ")");
        metadata[key] = value.get<std::string>();
      }
      continue;
    }
    auto [tensor, place] = safetensors::parse_entry(name, entry, bytes.size() - header_end, path);
    if (place.first < place.second && !places.emplace(place, name).second)
      fail("weights: '", places.at(place), "' and '", name, "' share bytes (file ", path, ")");
    tensor.data = bytes.data() + header_end + place.first;
    tensors.emplace(name, std::move(tensor));
  }
  std::uint64_t used = 0;
  const std::string* previous = nullptr;
  for (const auto& [place, name] : places) {
    if (place.first < used) fail("weights: '", *previous, "' and '", name, "' share bytes (file ", path, ")");
    used = place.second;
    previous = &name;
  }
  return {path, std::move(tensors), std::move(metadata), file.owner};
}

}  // namespace maskrcnn
