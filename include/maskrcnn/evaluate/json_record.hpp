/// JSON from strangers: a file's text becomes values, each asked for by name and type, each refusal one sentence that
/// says where.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/number.hpp>
#include <maskrcnn/core/number_text.hpp>
#include <maskrcnn/evaluate/json_values.hpp>
#include <maskrcnn/io/coco_id.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// The number that a value is: a number, or true and false for 1 and 0, as Python has it. NaN and infinities are
/// numbers.
[[nodiscard]] inline std::optional<double> number_of(const nlohmann::json& value) {
  if (value.is_number()) return value.get<double>();
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  return not_finite(value);
}

/// The same, and numbers that are written as texts: "12.5".
[[nodiscard]] inline std::optional<double> number_or_text(const nlohmann::json& value) {
  if (const auto number = number_of(value)) return number;
  return value.is_string() ? number_in(value.get_ref<const std::string&>()) : std::nullopt;
}

/// A value of a JSON file and where it stands there, for messages. It looks at the value, which must outlive it.
class JsonRecord {
 public:
  JsonRecord(const nlohmann::json& value, const std::string& file, const char* list, std::size_t index)
      : value_(&value), file_(&file), list_(list), index_(index) {
    if (!value.is_object()) refuse("an object", value);
  }

  /// Its place in the list.
  [[nodiscard]] std::size_t index() const { return index_; }

  [[nodiscard]] bool has(const char* key) const {
    const auto at = value_->find(key);
    return at != value_->end() && !at->is_null();
  }
  /// Whether there is such a key, even if it says null.
  [[nodiscard]] bool says(const char* key) const { return value_->contains(key); }
  /// Whether there is something: neither null nor an empty list, which programs write where they have nothing.
  [[nodiscard]] bool holds(const char* key) const {
    const auto at = value_->find(key);
    return at != value_->end() && !at->empty();
  }

  [[nodiscard]] const nlohmann::json& at(const char* key, const char* expected) const {
    const auto found = value_->find(key);
    if (found == value_->end()) refuse_key(key, expected, "nothing");
    return *found;
  }

  /// An id: a number or a text.
  [[nodiscard]] io::CocoId id(const char* key) const {
    const nlohmann::json& value = at(key, "a number or a text");
    if (value.is_string() && !not_finite(value)) return value.get_ref<const std::string&>();
    if (value.is_number_integer() && fits_integer(value)) return value.get<std::int64_t>();
    const auto number = number_of(value);
    if (!number || !is_finite(*number)) refuse_key(key, "a number or a text", excerpt(value));
    return io::CocoId(*number);
  }

  [[nodiscard]] double number(const char* key) const {
    const nlohmann::json& value = at(key, "a number");
    const auto number = number_of(value);
    if (!number) refuse_key(key, "a number", excerpt(value));
    return *number;
  }

  [[nodiscard]] const std::string& text(const char* key) const {
    const nlohmann::json& value = at(key, "a text");
    if (!value.is_string()) refuse_key(key, "a text", excerpt(value));
    return value.get_ref<const std::string&>();
  }
  /// A text, whatever is there: nothing is empty, 5 is "5".
  [[nodiscard]] std::string any_text(const char* key) const {
    if (!has(key)) return {};
    const nlohmann::json& value = at(key, "a text");
    return value.is_string() ? value.get_ref<const std::string&>() : excerpt(value);
  }

  /// True, false, or an integer, of which 0 is false; false if there is none.
  [[nodiscard]] bool flag(const char* key) const {
    if (!has(key)) return false;
    const nlohmann::json& value = at(key, "0 or 1");
    const auto number = number_of(value);
    if (!number || !is_finite(*number) || *number < 0 || *number != std::trunc(*number))
      refuse_key(key, "0 or 1", excerpt(value));
    return *number != 0;
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

  /// "annotations[17] (id 18)"; where there is no id, the image's.
  [[nodiscard]] std::string place() const {
    std::string text = std::string(list_).append("[").append(std::to_string(index_)).append("]");
    if (value_->is_object())
      for (const char* const key : {"id", "image_id"})
        if (has(key) && value_->find(key)->is_primitive())
          return text.append(" (").append(key).append(" ").append(excerpt(*value_->find(key))).append(")");
    return text;
  }
  /// "annotations[17] (id 18) of FILE".
  [[nodiscard]] std::string where() const { return place() + " of " + *file_; }

  /// The beginning of a value's text, on one line.
  static std::string excerpt(const nlohmann::json& value) {
    if (value.is_structured() && value.size() > 8)
      return std::string("a ")
          .append(value.is_array() ? "list" : "record")
          .append(" of ")
          .append(std::to_string(value.size()));
    const std::string text = as_python_has_it(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    return text.size() <= 60 ? text : text.substr(0, 57) + "...";
  }

 private:
  static bool fits_integer(const nlohmann::json& value) {
    return !value.is_number_unsigned() ||
           value.get<std::uint64_t>() <= std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  }

  const nlohmann::json* value_;
  const std::string* file_;
  const char* list_;
  std::size_t index_;
};

}  // namespace maskrcnn::evaluate
