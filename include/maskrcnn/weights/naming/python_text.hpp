/// Facts from a text of Python assignments, such as configurations are: values are found by name and taken where they
/// are plain numbers, words and lists of these. Nothing is run, and text that is no Python finds nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <maskrcnn/weights/metadata_value.hpp>
#include <string>
#include <string_view>

namespace maskrcnn::inline MASKRCNN_FLAGS::python_text {

[[nodiscard]] constexpr bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
[[nodiscard]] constexpr bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

[[nodiscard]] inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Where the quoted text or the comment that begins at `at` ends; `at`, if none does.
[[nodiscard]] inline std::size_t after_quoted(std::string_view text, std::size_t at) {
  if (text[at] == '#') return std::min(text.find('\n', at), text.size());
  if (text[at] != '\'' && text[at] != '"') return at;
  const std::string_view quote = text.substr(at, text.substr(at + 1, 2) == std::string(2, text[at]) ? 3 : 1);
  for (std::size_t i = at + quote.size(); i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text.substr(i).starts_with(quote))
      return i + quote.size();
  }
  return text.size();
}

/// A name and the value that it is given, by `name = value` or `'name': value`.
struct Assignment {
  std::string_view name, value;
};

/// Calls `visit(assignment)` for every assignment: those of the outermost brackets that `text` is within or, if `deep`,
/// those of all. In one pass for each, without recursion.
template <class Visit>
void for_each_assignment(std::string_view text, bool deep, const Visit& visit) {
  int depth = 0;
  std::string_view name;  // the last word, while only spaces follow
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (const std::size_t behind = after_quoted(text, at); behind != at) {
      if (c != '#') name = behind - at >= 2 ? text.substr(at + 1, behind - at - 2) : std::string_view();
      at = behind;
    } else if (is_word(c)) {
      std::size_t end = at;
      while (end < text.size() && is_word(text[end])) ++end;
      name = text.substr(at, end - at);
      at = end;
    } else {
      const bool gives = (c == '=' && text.substr(at, 2) != "==") || c == ':';
      if (gives && !name.empty() && (deep || depth == 0)) visit(Assignment{name, text.substr(at + 1)});
      if (c == '(' || c == '[' || c == '{') ++depth;
      if (c == ')' || c == ']' || c == '}') --depth;
      if (!is_space(c)) name = {};
      ++at;
    }
  }
}

/// The value that `text` begins with: up to the comma, the comment, the end of the line or the bracket that ends it.
[[nodiscard]] inline std::string_view first_value(std::string_view text) {
  text = text.substr(std::min(text.find_first_not_of(" \n\t\r"), text.size()));
  int depth = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '#' && depth == 0) break;
    if (const std::size_t end = after_quoted(text, at); end != at) {
      at = end;
      continue;
    }
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (c == ')' || c == ']' || c == '}') --depth;
    if (depth < 0 || (depth == 0 && (c == ',' || c == '\n'))) break;
    ++at;
  }
  return trimmed(text.substr(0, at));
}

/// Calls `visit(value)` for every value of `name`, but for those within another.
template <class Visit>
void for_each_value(std::string_view text, std::string_view name, bool deep, const Visit& visit) {
  const char* end = text.data();  // of the last one: no text is looked at twice, however hostile
  for_each_assignment(text, deep, [&](const Assignment& assignment) {
    if (assignment.name != name || assignment.value.data() < end) return;
    const std::string_view value = first_value(assignment.value);
    end = value.data() + value.size();
    visit(value);
  });
}

/// The value of `name`, the last one as in Python; empty, if there is none.
[[nodiscard]] inline std::string_view value_of(std::string_view text, std::string_view name, bool deep = false) {
  std::string_view found;
  for_each_assignment(text, deep, [&](const Assignment& assignment) {
    if (assignment.name == name) found = assignment.value;
  });
  return first_value(found);
}

/// What stands in the brackets of `dict(...)`, `{...}`, `[...]`; empty, if `value` is none of them.
[[nodiscard]] inline std::string_view inside(std::string_view value) {
  const std::size_t begin = value.find_first_of("([{'\"");
  if (begin == std::string_view::npos || value.size() < begin + 2 || value[begin] == '\'' || value[begin] == '"')
    return {};
  return value.substr(begin + 1, value.size() - begin - 2);
}

/// The text that a quoted value is of; empty, if it is none.
[[nodiscard]] inline std::string_view quoted(std::string_view value) {
  if (value.size() < 2 || (value.front() != '\'' && value.front() != '"') || after_quoted(value, 0) != value.size())
    return {};
  return value.substr(1, value.size() - 2);
}

/// A value of numbers and words as JSON says it: lists for tuples, no comma at an end, `true` and `false`. Short ones
/// only; longer ones are no plain values.
[[nodiscard]] inline std::string json_of(std::string_view value) {
  constexpr std::size_t longest = 4096;
  std::string json;
  if (value.size() > longest) return json;
  for (const char c : value) {
    const char as = c == '(' ? '[' : c == ')' ? ']' : c;
    if (as == ']') {
      while (!json.empty() && is_space(json.back())) json.pop_back();
      if (!json.empty() && json.back() == ',') json.pop_back();
    }
    json += as;
  }
  if (json == "True") return "true";
  if (json == "False") return "false";
  return json;
}

/// Whether `value` is a plain one of the type of `to`, which gets it then.
template <class Value>
[[nodiscard]] bool parse(std::string_view value, Value& to) {
  Value parsed = to;
  if (!metadata_value::parse_text(json_of(value), parsed)) return false;
  to = parsed;
  return true;
}

}  // namespace maskrcnn::python_text
