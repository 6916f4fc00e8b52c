/// Lists in messages.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <string>
#include <type_traits>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// "a, b, c".
/// @param values strings or integers
template <class Values>
[[nodiscard]] std::string listed(const Values& values) {
  std::string text;
  for (const auto& value : values) {
    if (!text.empty()) text += ", ";
    if constexpr (std::is_integral_v<std::remove_cvref_t<decltype(value)>>)
      text += std::to_string(value);
    else
      text += value;
  }
  return text;
}

}  // namespace maskrcnn
