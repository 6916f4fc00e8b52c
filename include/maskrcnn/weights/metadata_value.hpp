/// One fact of a model as a text of metadata and back: JSON texts, as safetensors stores strings only.
#pragma once

#include <array>
#include <cstdint>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/weights/weights.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace maskrcnn::metadata_value {

/// What texts of a fact look like, for messages; one overload for each type of a fact.
[[nodiscard]] inline const char* expected(const int&) { return "an integer from 0 to 1000000"; }
[[nodiscard]] inline const char* expected(const double&) { return "a number"; }
[[nodiscard]] inline const char* expected(const std::array<double, 3>&) { return "a list of three numbers"; }
[[nodiscard]] inline const char* expected(const std::vector<std::vector<double>>&) {
  return "a list of lists of numbers, one per level";
}
[[nodiscard]] inline const char* expected(const std::vector<std::string>&) { return "a list of names"; }
[[nodiscard]] inline const char* expected(const std::optional<double>&) { return "a number"; }
[[nodiscard]] inline const char* expected(const std::optional<BottleneckStride>&) { return "true or false"; }
[[nodiscard]] inline const char* expected(const std::optional<MaskPaste>&) { return "sampled or integer_box"; }

/// @throws std::exception if it is no JSON, or nested deeper than any fact
[[nodiscard]] inline nlohmann::json json_of(const std::string& text) {
  const auto refuse_depth = [](int depth, nlohmann::json::parse_event_t, const nlohmann::json&) {
    return depth <= 3 ? true : throw std::length_error("nested too deep");
  };
  return nlohmann::json::parse(text, refuse_depth);
}

/// The fact that a text says.
/// @throws std::exception if it says none
template <class Value>
void parse(const std::string& text, Value& value) {
  value = json_of(text).get<Value>();
}
inline void parse(const std::string& text, int& value) {
  const nlohmann::json json = json_of(text);
  // nlohmann converts between numbers silently; what a file says must be what the model uses
  if (!json.is_number_integer() || json.get<std::int64_t>() < 0 || json.get<std::int64_t>() > 1'000'000)
    throw std::out_of_range("integer");
  value = json.get<int>();
}
inline void parse(const std::string& text, std::optional<double>& value) { parse(text, value.emplace()); }
inline void parse(const std::string& text, std::optional<BottleneckStride>& value) {
  value = json_of(text).get<bool>() ? BottleneckStride::in_1x1 : BottleneckStride::in_3x3;
}
/// A bare word, not JSON.
inline void parse(const std::string& text, std::optional<MaskPaste>& value) {
  if (text != "sampled" && text != "integer_box") throw std::out_of_range("way to draw masks");
  value = text == "sampled" ? MaskPaste::sampled : MaskPaste::integer_box;
}

/// What `parse` reads back; nothing, if there is nothing to say.
template <class Value>
[[nodiscard]] std::optional<std::string> text_of(const Value& value) {
  return nlohmann::json(value).dump();
}
[[nodiscard]] inline std::optional<std::string> text_of(const std::vector<std::string>& names) {
  return names.empty() ? std::nullopt : std::optional(nlohmann::json(names).dump());
}
[[nodiscard]] inline std::optional<std::string> text_of(const std::optional<double>& value) {
  return value ? text_of(*value) : std::nullopt;
}
[[nodiscard]] inline std::optional<std::string> text_of(const std::optional<BottleneckStride>& value) {
  return value ? text_of(*value == BottleneckStride::in_1x1) : std::nullopt;
}
[[nodiscard]] inline std::optional<std::string> text_of(const std::optional<MaskPaste>& value) {
  return value ? std::optional<std::string>(*value == MaskPaste::sampled ? "sampled" : "integer_box") : std::nullopt;
}

/// Replaces `value` by the metadata entry `key`, if there is one.
/// @throws Error naming key, expected and found, if it cannot be read
template <class Value>
void read(const Weights& weights, const char* key, Value& value) {
  const auto text = weights.metadata(key);
  if (!text) return;
  try {
    parse(*text, value);
  } catch (const std::exception&) {
    fail("weights: metadata '", key, "' expects ", expected(value), ", found '", text->substr(0, 80), "' (file ",
         weights.file(), ")");
  }
}

}  // namespace maskrcnn::metadata_value
