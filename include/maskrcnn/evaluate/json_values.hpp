/// A JSON text as values: bounded in size and depth, and with the NaN that Python writes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <maskrcnn/core/classic_locale.hpp>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/io/text_bytes.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// The largest JSON file that is read, in bytes.
inline constexpr std::size_t max_json_bytes = std::size_t{2} << 30;
/// How deep lists and objects may lie inside each other.
inline constexpr int max_json_depth = 16;

namespace json_values {

/// What Python writes for numbers that are none, and the texts, as long, that stand for them until they are asked for:
/// JSON has neither. The first character, DEL, is in no file that has such a number: `parse_json` sees to it.
struct NotFinite {
  std::string_view python, json;
  double number;
};
inline constexpr NotFinite not_finite_numbers[] = {
    {"-Infinity", "\"\x7F-     \"", -std::numeric_limits<double>::infinity()},
    {"Infinity", "\"\x7F     \"", std::numeric_limits<double>::infinity()},
    {"NaN", "\"\x7F\"", std::numeric_limits<double>::quiet_NaN()}};
inline constexpr std::uint8_t mark = 0x7F;

[[nodiscard]] inline std::ptrdiff_t offset(std::size_t index) { return static_cast<std::ptrdiff_t>(index); }

/// Calls `use(i)` for each byte outside of texts; it returns how many bytes more it has dealt with.
template <class Use>
void for_each_outside_of_texts(const std::vector<std::uint8_t>& bytes, std::size_t begin, const Use& use) {
  bool in_text = false;
  for (std::size_t i = begin; i < bytes.size(); ++i) {
    if (in_text && bytes[i] == '\\')
      ++i;
    else if (bytes[i] == '"')
      in_text = !in_text;
    else if (!in_text)
      i += use(i);
  }
}

/// @throws Error if lists and objects lie too deep inside each other: the parser, and what frees its values, recurse
/// @return whether there may be a number that JSON does not have
[[nodiscard]] inline bool scan(const std::vector<std::uint8_t>& bytes, std::size_t begin, const std::string& name,
                               const char* subject) {
  int depth = 0;
  bool letters = false;
  for_each_outside_of_texts(bytes, begin, [&](std::size_t i) {
    const std::uint8_t byte = bytes[i];
    if (byte == ']' || byte == '}') --depth;
    if ((byte == '[' || byte == '{') && ++depth > max_json_depth)
      fail(subject, ": ", name, " is nested deeper than ", max_json_depth, " levels at byte ", i);
    letters = letters || byte == 'N' || byte == 'I';
    return std::size_t{0};
  });
  return letters;
}

/// Puts the texts in the places of these numbers.
inline void replace_not_finite(std::vector<std::uint8_t>& bytes, std::size_t begin) {
  if (std::find(bytes.begin(), bytes.end(), mark) != bytes.end()) return;  // then the parser refuses the first of them
  for_each_outside_of_texts(bytes, begin, [&bytes](std::size_t i) {
    const std::uint8_t byte = bytes[i];
    if (byte == 'N' || byte == 'I' || byte == '-')
      for (const auto& [python, json, number] : not_finite_numbers)
        if (bytes.size() - i >= python.size() && std::equal(python.begin(), python.end(), bytes.begin() + offset(i))) {
          std::copy(json.begin(), json.end(), bytes.begin() + offset(i));
          return json.size() - 1;
        }
    return std::size_t{0};
  });
}

}  // namespace json_values

/// The number that Python wrote for a value, if it is one that JSON does not have.
[[nodiscard]] inline std::optional<double> not_finite(const nlohmann::json& value) {
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  if (text.empty() || static_cast<unsigned char>(text[0]) != json_values::mark) return std::nullopt;
  for (const auto& [python, json, number] : json_values::not_finite_numbers)
    if (json.substr(1, json.size() - 2) == text) return number;
  return std::nullopt;
}

/// A JSON text with these numbers as Python writes them.
[[nodiscard]] inline std::string as_python_has_it(std::string text) {
  for (const auto& [python, json, number] : json_values::not_finite_numbers)
    for (std::size_t at = text.find(json); at != std::string::npos; at = text.find(json))
      text.replace(at, json.size(), python);
  return text;
}

/// The value of a JSON text; of a key that is there twice, the last. A byte order mark may stand before it.
/// @param name    of the file, for messages
/// @param subject first word of the messages: "data"
/// @throws Error if it is no JSON, or is nested too deep
[[nodiscard]] inline nlohmann::json parse_json(std::vector<std::uint8_t> bytes, const std::string& name,
                                               const char* subject) {
  const std::size_t begin = io::text_begin(bytes, name, subject);
  if (json_values::scan(bytes, begin, name, subject)) json_values::replace_not_finite(bytes, begin);
  const ClassicLocale points;  // nlohmann's parser reads numbers by strtod
  try {
    return nlohmann::json::parse(bytes.begin() + json_values::offset(begin), bytes.end());
  } catch (const nlohmann::json::parse_error& problem) {
    fail(subject, ": ", name, " is not valid JSON, at byte ", begin + problem.byte);
  } catch (const nlohmann::json::exception&) {
    fail(subject, ": ", name, " is not valid JSON: a number in it is too large");
  }
}

}  // namespace maskrcnn::evaluate
