/// Lists in messages.
#pragma once

#include <sstream>
#include <string>
#include <utility>

namespace segment {

/// "a, b, c".
template <class Values>
[[nodiscard]] std::string listed(const Values& values) {
  std::ostringstream text;
  for (const char* separator = ""; const auto& value : values) text << std::exchange(separator, ", ") << value;
  return text.str();
}

}  // namespace segment
