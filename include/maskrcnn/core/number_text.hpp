/// Numbers as text and back, the same under every locale.
#pragma once

#include <array>
#include <charconv>
#include <maskrcnn/core/compiled.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// A number with so many decimals, at most 20, and a point before them whatever the program's locale says.
[[nodiscard]] inline std::string decimals(double value, int digits) {
  std::array<char, 336> text;  // the largest double has 309 digits
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, digits).ptr;
  return {text.data(), end};
}

/// The number that a text is, all of it: "12.5", "-1e3", "inf"; nothing, if it is none or too large.
[[nodiscard]] inline std::optional<double> number_in(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

}  // namespace maskrcnn
