/// Ids in COCO's files: of images, categories and annotations.
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <maskrcnn/core/number_text.hpp>
#include <maskrcnn/io/json_writer.hpp>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

/// A number, or a text: 12 and 12.0 are the same id, "12" is another. They are sorted as Python sorts either kind,
/// which decides between results that score the same.
class CocoId {
 public:
  CocoId() = default;
  // NOLINTBEGIN(google-explicit-constructor): an id is whatever a file says
  CocoId(std::integral auto number) : value_(static_cast<std::int64_t>(number)) {}
  CocoId(std::string text) : value_(std::move(text)) {}
  // NOLINTEND(google-explicit-constructor)
  /// @param number finite
  explicit CocoId(double number) : value_(number) {
    constexpr double exact = 9007199254740992.0;  // integers up to here have a double of their own
    if (std::abs(number) <= exact && number == std::trunc(number)) value_ = static_cast<std::int64_t>(number);
  }

  [[nodiscard]] bool is_text() const { return std::holds_alternative<std::string>(value_); }
  /// The number, if it is an integer of 64 bits.
  [[nodiscard]] const std::int64_t* integer() const { return std::get_if<std::int64_t>(&value_); }

  /// The number, also that of a text which is one.
  [[nodiscard]] std::optional<double> as_number() const {
    if (const auto* const whole = integer()) return static_cast<double>(*whole);
    if (const auto* const number = std::get_if<double>(&value_)) return *number;
    return number_in(std::get<std::string>(value_));
  }

  /// As JSON: 12, or "12".
  [[nodiscard]] std::string json() const {
    if (const auto* const text = std::get_if<std::string>(&value_)) return json_quoted(*text);
    if (const auto* const number = std::get_if<double>(&value_)) return json_number(*number);
    return json_number(*integer());
  }

  friend bool operator==(const CocoId&, const CocoId&) = default;
  friend bool operator<(const CocoId& a, const CocoId& b) { return a.value_ < b.value_; }

 private:
  std::variant<std::int64_t, double, std::string> value_ = std::int64_t{0};
};

}  // namespace maskrcnn::io
