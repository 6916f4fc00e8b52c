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

/// What a number begins: "2.norm.weight".
struct Numbered {
  int number;
  std::string_view rest;  ///< what follows it, or the dot behind it
};

/// The number, of one digit, that `text` begins with, which counts from `first`; and what follows its dot.
[[nodiscard]] inline std::optional<Numbered> numbered(std::string_view text, int first) {
  if (text.size() < 3 || text[0] < '0' + first || text[0] > '9' || text[1] != '.') return std::nullopt;
  return Numbered{text[0] - '0' - first, text.substr(2)};
}

/// The number that `text` begins with, and what follows it; nothing, if there is none or it has more digits than
/// `most`: names may be hostile.
[[nodiscard]] inline std::optional<Numbered> leading_number(std::string_view text, std::size_t most = 3) {
  int number = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    if (digits == most) return std::nullopt;
    number = 10 * number + (text[digits] - '0');
  }
  if (digits == 0) return std::nullopt;
  return Numbered{number, text.substr(digits)};
}

/// As `numbered`, of up to three digits, which count from 0.
[[nodiscard]] inline std::optional<Numbered> any_number(std::string_view text) {
  const auto found = leading_number(text);
  if (!found || found->rest.size() < 2 || found->rest.front() != '.') return std::nullopt;
  return Numbered{found->number, found->rest.substr(1)};
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
