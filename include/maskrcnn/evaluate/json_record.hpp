/// JSON from strangers: a file's text becomes values, each asked for by name and type, each refusal one sentence that
/// says where.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/io/file_bytes.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// The largest JSON file that is read, in bytes.
inline constexpr std::size_t max_json_bytes = std::size_t{2} << 30;
/// How deep lists and objects may lie inside each other.
inline constexpr int max_json_depth = 16;

/// The value of a JSON file.
/// @throws Error if it cannot be read, is no JSON, or is nested too deep
[[nodiscard]] inline nlohmann::json read_json(const std::string& path, const char* subject) {
  const std::vector<std::uint8_t> bytes = io::read_file(path, max_json_bytes, subject);
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint8_t byte = bytes[i];
    if (in_text) {
      if (byte == '\\') ++i;
      if (byte == '"') in_text = false;
    } else if (byte == '"') {
      in_text = true;
    } else if (byte == '[' || byte == '{') {
      if (++depth > max_json_depth)
        fail(subject, ": ", path, " is nested deeper than ", max_json_depth, " levels at byte ", i);
    } else if (byte == ']' || byte == '}') {
      --depth;
    }
  }
  try {
    return nlohmann::json::parse(bytes.begin(), bytes.end());
  } catch (const nlohmann::json::parse_error& problem) {
    fail(subject, ": ", path, " is not valid JSON, at byte ", problem.byte);
  } catch (const nlohmann::json::exception&) {
    fail(subject, ": ", path, " is not valid JSON: a number in it is too large");
  }
}

/// A value of a JSON file and where it stands there, for messages. It looks at the value, which must outlive it.
class JsonRecord {
 public:
  JsonRecord(const nlohmann::json& value, const std::string& file, const char* list, std::size_t index)
      : value_(&value), file_(&file), list_(list), index_(index) {
    if (!value.is_object()) refuse("an object", value);
  }

  [[nodiscard]] bool has(const char* key) const {
    const auto at = value_->find(key);
    return at != value_->end() && !at->is_null();
  }

  [[nodiscard]] const nlohmann::json& at(const char* key, const char* expected) const {
    const auto found = value_->find(key);
    if (found == value_->end()) refuse_key(key, expected, "nothing");
    return *found;
  }

  [[nodiscard]] std::int64_t integer(const char* key) const {
    const nlohmann::json& value = at(key, "an integer");
    const bool fits = value.is_number_integer() &&
                      (!value.is_number_unsigned() ||
                       value.get<std::uint64_t>() <= std::uint64_t{std::numeric_limits<std::int64_t>::max()});
    if (!fits) refuse_key(key, "an integer", excerpt(value));
    return value.get<std::int64_t>();
  }

  /// A width or height in pixels.
  [[nodiscard]] int pixels(const char* key) const {
    const std::int64_t value = integer(key);
    if (value < 1 || value > 1'000'000) refuse_key(key, "1 to 1000000 pixels", std::to_string(value));
    return static_cast<int>(value);
  }

  [[nodiscard]] double number(const char* key) const {
    const nlohmann::json& value = at(key, "a number");
    if (!value.is_number()) refuse_key(key, "a number", excerpt(value));
    return value.get<double>();
  }

  [[nodiscard]] const std::string& text(const char* key) const {
    const nlohmann::json& value = at(key, "a text");
    if (!value.is_string()) refuse_key(key, "a text", excerpt(value));
    return value.get_ref<const std::string&>();
  }

  /// True, false, or the number 1 or 0; false if there is none.
  [[nodiscard]] bool flag(const char* key) const {
    if (!has(key)) return false;
    const nlohmann::json& value = at(key, "0 or 1");
    if (value.is_boolean()) return value.get<bool>();
    if (!value.is_number() || (value.get<double>() != 0 && value.get<double>() != 1))
      refuse_key(key, "0 or 1", excerpt(value));
    return value.get<double>() == 1;
  }

  /// Calls `read()` and puts this place in front of its message.
  template <class Read>
  [[nodiscard]] auto within(const char* key, const Read& read) const {
    try {
      return read();
    } catch (const Error& error) {
      fail(where(), ": ", key, ": ", error.what());
    }
  }

  [[noreturn]] void refuse(const char* expected, const nlohmann::json& found) const {
    fail(where(), ": expected ", expected, ", found ", excerpt(found));
  }
  [[noreturn]] void refuse_key(const char* key, const std::string& expected, const std::string& found) const {
    fail(where(), ": expected ", expected, " as '", key, "', found ", found);
  }

  /// "data: annotations[17] of FILE".
  [[nodiscard]] std::string where() const {
    return std::string(list_).append("[").append(std::to_string(index_)).append("] of ").append(*file_);
  }

  /// The beginning of a value's text, on one line.
  static std::string excerpt(const nlohmann::json& value) {
    if (value.is_structured() && value.size() > 8)
      return std::string("a ")
          .append(value.is_array() ? "list" : "record")
          .append(" of ")
          .append(std::to_string(value.size()));
    const std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return text.size() <= 60 ? text : text.substr(0, 57) + "...";
  }

 private:
  const nlohmann::json* value_;
  const std::string* file_;
  const char* list_;
  std::size_t index_;
};

}  // namespace maskrcnn::evaluate
