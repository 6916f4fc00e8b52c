/// Numbers with decimals as text, the same under every locale.
#pragma once

#include <array>
#include <charconv>
#include <maskrcnn/core/compiled.hpp>
#include <string>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// A number with so many decimals, at most 20, and a point before them whatever the program's locale says.
[[nodiscard]] inline std::string decimals(double value, int digits) {
  std::array<char, 336> text;  // the largest double has 309 digits
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, digits).ptr;
  return {text.data(), end};
}

}  // namespace maskrcnn
