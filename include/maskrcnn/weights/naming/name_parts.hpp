/// Taking tensor names apart and putting new ones together: what naming schemes are written with.
#pragma once

#include <initializer_list>
#include <maskrcnn/weights/naming/scheme.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace maskrcnn::inline MASKRCNN_FLAGS::naming {

/// Whether a tensor has a name that begins with `prefix`.
[[nodiscard]] inline bool any_below(const NamedTensors& tensors, const char* prefix) {
  const auto first = tensors.lower_bound(prefix);  // tensors are sorted by name
  return first != tensors.end() && first->first.starts_with(prefix);
}

/// `text` without `prefix`, if it begins with that.
[[nodiscard]] inline std::optional<std::string_view> after(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  return text.substr(prefix.size());
}

/// What a number and a dot begin: "2.norm.weight".
struct Numbered {
  int number;             ///< counted from 0
  std::string_view rest;  ///< what follows the dot
};

/// The number, of one digit, that `text` begins with, which counts from `first`; and what follows its dot.
[[nodiscard]] inline std::optional<Numbered> numbered(std::string_view text, int first) {
  if (text.size() < 3 || text[0] < '0' + first || text[0] > '9' || text[1] != '.') return std::nullopt;
  return Numbered{text[0] - '0' - first, text.substr(2)};
}

/// The same of up to three digits, which count from 0.
[[nodiscard]] inline std::optional<Numbered> any_number(std::string_view text) {
  int number = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits)
    number = 10 * number + (text[digits] - '0');
  if (digits == 0 || digits > 3 || digits + 1 >= text.size() || text[digits] != '.') return std::nullopt;
  return Numbered{number, text.substr(digits + 1)};
}

/// The parts, one after the other.
[[nodiscard]] inline std::string joined(std::initializer_list<std::string_view> parts) {
  std::string name;
  for (const std::string_view part : parts) name += part;
  return name;
}

/// A part of a name, and what it is called here.
struct Renamed {
  std::string_view theirs, ours;
};

}  // namespace maskrcnn::naming
