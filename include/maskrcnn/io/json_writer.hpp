/// Values as JSON texts, for files that are written value by value.
#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <maskrcnn/core/compiled.hpp>
#include <string>
#include <string_view>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

/// A text in quotes. File names need not be UTF-8, what is not becomes a replacement character.
[[nodiscard]] std::string json_quoted(std::string_view text);

/// The shortest text that reads back as the same number; JSON has no infinities.
template <class Number>
  requires std::integral<Number> || std::floating_point<Number>
[[nodiscard]] std::string json_number(Number value) {
  if constexpr (std::floating_point<Number>)
    if (!std::isfinite(value)) return "null";
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

/// An object that is written member by member, in this order, on one line.
class JsonObject {
 public:
  /// @param value a JSON text
  JsonObject& add(std::string_view key, std::string_view value) {
    text_.append(text_.empty() ? "{" : ",").append(json_quoted(key)).append(":").append(value);
    return *this;
  }
  [[nodiscard]] std::string text() const { return text_.empty() ? "{}" : text_ + "}"; }

 private:
  std::string text_;
};

/// A list of numbers.
template <class Numbers>
[[nodiscard]] std::string json_numbers(const Numbers& numbers) {
  std::string text;
  for (const auto number : numbers) text.append(text.empty() ? "[" : ",").append(json_number(number));
  return text.empty() ? "[]" : text + "]";
}

}  // namespace maskrcnn::io

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/io/json_writer.inl>
#endif
