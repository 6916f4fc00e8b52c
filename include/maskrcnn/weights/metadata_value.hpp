/// One fact of a model from a text of metadata: JSON texts, as safetensors stores strings only.
#pragma once

#include <array>
#include <cstdint>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/weights/json_text.hpp>
#include <maskrcnn/weights/naming/scheme.hpp>
#include <optional>
#include <string>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::metadata_value {

/// What texts of a fact look like, for messages; one overload for each type of a fact.
[[nodiscard]] inline const char* expected(const int&) { return "an integer from 0 to 1000000"; }
[[nodiscard]] inline const char* expected(const double&) { return "a number"; }
[[nodiscard]] inline const char* expected(const std::array<double, 3>&) { return "a list of three numbers"; }
[[nodiscard]] inline const char* expected(const std::array<int, 4>&) { return "a list of four integers"; }
[[nodiscard]] inline const char* expected(const std::optional<int>&) { return "an integer from 0 to 1000000"; }
[[nodiscard]] inline const char* expected(const std::optional<bool>&) { return "true or false"; }
[[nodiscard]] inline const char* expected(const std::vector<std::vector<double>>&) {
  return "a list of lists of numbers, one per level";
}
[[nodiscard]] inline const char* expected(const std::vector<std::string>&) { return "a list of names"; }
[[nodiscard]] inline const char* expected(const std::optional<double>&) { return "a number"; }
[[nodiscard]] inline const char* expected(const std::optional<BottleneckStride>&) { return "true or false"; }
[[nodiscard]] inline const char* expected(const std::optional<MaskPaste>&) { return "sampled or integer_box"; }
[[nodiscard]] inline const char* expected(const std::optional<ChannelOrder>&) { return "rgb or bgr"; }
[[nodiscard]] inline const char* expected(const std::optional<ExifOrientation>&) { return "apply or ignore"; }
[[nodiscard]] inline const char* expected(const Intensity&) { return "none, minmax or percentile"; }

/// The fact that a value says. Numbers are not converted silently: what a file says must be what the model uses.
/// @return whether it says one
[[nodiscard]] inline bool parse(const JsonValue& json, int& value) {
  if (!json.is(JsonKind::integer) || json.integer() > 1'000'000) return false;
  value = static_cast<int>(json.integer());
  return true;
}
[[nodiscard]] inline bool parse(const JsonValue& json, double& value) {
  if (json.is_number()) value = json.number();
  return json.is_number();
}
template <class Value>
[[nodiscard]] bool parse(const JsonValue& json, std::vector<Value>& values) {
  if (!json.is(JsonKind::list)) return false;
  values.clear();
  for (const JsonValue& item : json.items())
    if (!parse(item, values.emplace_back())) return false;
  return true;
}
template <class Value, std::size_t Count>
[[nodiscard]] bool parse(const JsonValue& json, std::array<Value, Count>& values) {
  std::vector<Value> list;
  if (!parse(json, list) || list.size() != values.size()) return false;
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = list[i];
  return true;
}
[[nodiscard]] inline bool parse(const JsonValue& json, std::vector<std::string>& names) {
  if (!json.is(JsonKind::list)) return false;
  names.clear();
  for (const JsonValue& item : json.items()) {
    if (!item.is(JsonKind::text)) return false;
    names.emplace_back(item.text());
  }
  return true;
}
[[nodiscard]] inline bool parse(const JsonValue& json, std::optional<double>& value) {
  return parse(json, value.emplace());
}
[[nodiscard]] inline bool parse(const JsonValue& json, std::optional<int>& value) {
  return parse(json, value.emplace());
}
[[nodiscard]] inline bool parse(const JsonValue& json, std::optional<bool>& value) {
  if (json.is(JsonKind::boolean)) value = json.boolean();
  return json.is(JsonKind::boolean);
}
[[nodiscard]] inline bool parse(const JsonValue& json, std::optional<BottleneckStride>& value) {
  if (json.is(JsonKind::boolean)) value = json.boolean() ? BottleneckStride::in_1x1 : BottleneckStride::in_3x3;
  return json.is(JsonKind::boolean);
}

/// The fact that a text says.
template <class Value>
[[nodiscard]] bool parse_text(const std::string& text, Value& value) {
  JsonText json;
  return json.parse(text, 3) == JsonText::Fault::none && parse(json.root(), value);
}
/// A bare word, not JSON.
[[nodiscard]] inline bool parse_text(const std::string& text, std::optional<MaskPaste>& value) {
  value = text == "sampled" ? MaskPaste::sampled : MaskPaste::integer_box;
  return text == "sampled" || text == "integer_box";
}
[[nodiscard]] inline bool parse_text(const std::string& text, std::optional<ChannelOrder>& value) {
  value = text == "bgr" ? ChannelOrder::bgr : ChannelOrder::rgb;
  return text == "rgb" || text == "bgr";
}
[[nodiscard]] inline bool parse_text(const std::string& text, std::optional<ExifOrientation>& value) {
  value = exif_orientation_named(text);
  return value.has_value();
}
[[nodiscard]] inline bool parse_text(const std::string& text, Intensity& value) {
  const auto named = intensity_named(text);
  value = named.value_or(Intensity::none);
  return named.has_value();
}

/// Replaces `value` by the metadata entry `key`, if there is one.
/// @throws Error naming key, expected and found, if it cannot be read
template <class Value>
void read(const FileMetadata& metadata, const std::string& file, const char* key, Value& value) {
  const auto found = metadata.find(key);
  if (found != metadata.end() && !parse_text(found->second, value))
    fail("weights: metadata '", key, "' expects ", expected(value), ", found '", found->second.substr(0, 80),
         "' (file ", file, ")");
}

}  // namespace maskrcnn::metadata_value
