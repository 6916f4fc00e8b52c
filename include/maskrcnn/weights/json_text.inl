// Bodies of json_text.hpp: the only place where nlohmann's parser is compiled for weight files. It calls a builder for
// each value, which is faster to compile than its own tree of values and takes less memory.
#pragma once

#include <bit>
#include <charconv>
#include <maskrcnn/core/classic_locale.hpp>
#include <maskrcnn/weights/json_text.hpp>
#include <nlohmann/json.hpp>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// What the parser calls; false stops it.
struct JsonText::Builder {
  JsonText& text;
  std::size_t max_depth;
  Fault fault = Fault::none;
  std::vector<std::size_t> open{};  ///< the nodes of the lists and objects around the next value

  bool add(JsonKind kind, std::uint64_t bits, std::size_t length = 0) {
    text.nodes_.push_back({kind, static_cast<std::uint32_t>(length), bits});
    return true;
  }
  bool stop(Fault why) {
    fault = why;
    return false;
  }
  bool begin(JsonKind kind) {
    if (open.size() == max_depth) return stop(Fault::depth);
    open.push_back(text.nodes_.size());
    return add(kind, 0);
  }
  bool end() {
    text.nodes_[open.back()].length = static_cast<std::uint32_t>(text.nodes_.size() - open.back() - 1);
    open.pop_back();
    return true;
  }

  bool null() { return add(JsonKind::null, 0); }
  bool boolean(bool value) { return add(JsonKind::boolean, value ? 1 : 0); }
  bool number_unsigned(std::uint64_t value) { return add(JsonKind::integer, value); }
  bool number_integer(std::int64_t value) { return add(JsonKind::negative, static_cast<std::uint64_t>(value)); }
  bool number_float(double value, const std::string&) {
    return add(JsonKind::real, std::bit_cast<std::uint64_t>(value));
  }
  bool string(const std::string& value) {
    text.characters_ += value;
    return add(JsonKind::text, text.characters_.size() - value.size(), value.size());
  }
  bool binary(const nlohmann::json::binary_t&) { return true; }  // JSON has none
  bool start_object(std::size_t) { return begin(JsonKind::object); }
  bool end_object() {
    const JsonValue object(text, open.back());
    (void)end();
    JsonMembers members;
    const auto repeated = object.collect(members);
    if (!repeated) return true;
    text.repeated_key_ = *repeated;
    return stop(Fault::repeated);
  }
  bool start_array(std::size_t) { return begin(JsonKind::list); }
  bool end_array() { return end(); }
  bool key(const std::string& value) { return string(value); }
  bool parse_error(std::size_t byte, const std::string&, const nlohmann::json::exception& error) {
    constexpr int number_overflow = 406;
    text.fault_byte_ = byte;
    return stop(error.id == number_overflow ? Fault::number : Fault::syntax);
  }
};

namespace json_text {

/// nlohmann's `sax_parse` compiles its readers of CBOR, BSON and others, too, though the format is known, and takes
/// twice as long to compile as its parser of JSON, which it calls. That has been the same throughout version 3.
template <class Builder>
void parse(const char* begin, const char* end, Builder& builder) {
  const ClassicLocale points;  // nlohmann's parser reads numbers by strtod
#if NLOHMANN_JSON_VERSION_MAJOR == 3
  auto input = nlohmann::detail::input_adapter(begin, end);
  (void)nlohmann::detail::parser<nlohmann::json, decltype(input)>(std::move(input)).sax_parse(&builder);
#else
  (void)nlohmann::json::sax_parse(begin, end, &builder);
#endif
}

}  // namespace json_text

MASKRCNN_FUNCTION JsonText::Fault JsonText::parse(std::string_view text, std::size_t max_depth) {
  nodes_.clear();
  characters_.clear();
  Builder builder{.text = *this, .max_depth = max_depth};
  if (text.size() > 0xFFFFFFFFU) return Fault::syntax;
  json_text::parse(text.data(), text.data() + text.size(), builder);
  return builder.fault;
}

MASKRCNN_FUNCTION JsonValue JsonText::root() const { return {*this, 0}; }

MASKRCNN_FUNCTION std::size_t JsonValue::end() const {
  return at_ + 1 + (is(JsonKind::list) || is(JsonKind::object) ? node().length : 0);
}

MASKRCNN_FUNCTION const char* JsonValue::kind_name() const {
  switch (kind()) {
    case JsonKind::null:
      return "null";
    case JsonKind::boolean:
      return "boolean";
    case JsonKind::text:
      return "string";
    case JsonKind::list:
      return "array";
    case JsonKind::object:
      return "object";
    default:
      return "number";
  }
}

MASKRCNN_FUNCTION double JsonValue::number() const {
  if (is(JsonKind::real)) return std::bit_cast<double>(node().bits);
  return is(JsonKind::negative) ? static_cast<double>(static_cast<std::int64_t>(node().bits))
                                : static_cast<double>(node().bits);
}

MASKRCNN_FUNCTION std::string_view JsonValue::text() const {
  return std::string_view(text_->characters_).substr(node().bits, node().length);
}

MASKRCNN_FUNCTION std::vector<JsonValue> JsonValue::items() const {
  std::vector<JsonValue> items;
  for (JsonValue item(*text_, at_ + 1); item.at_ < end(); item.at_ = item.end()) items.push_back(item);
  return items;
}

MASKRCNN_FUNCTION std::optional<std::string_view> JsonValue::collect(JsonMembers& members) const {
  std::optional<std::string_view> repeated;
  for (JsonValue key(*text_, at_ + 1); key.at_ < end();) {
    const JsonValue value(*text_, key.at_ + 1);
    if (!members.emplace(key.text(), value).second && !repeated) repeated = key.text();
    key.at_ = value.end();
  }
  return repeated;
}

MASKRCNN_FUNCTION JsonMembers JsonValue::members() const {
  JsonMembers members;
  (void)collect(members);  // no key is there twice
  return members;
}

namespace json_text {

/// A string in quotes, as JSON escapes it.
[[nodiscard]] inline std::string quoted(std::string_view text) {
  constexpr std::string_view special = "\"\\\b\f\n\r\t", letters = "\"\\bfnrt", digits = "0123456789abcdef";
  std::string shown = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (const auto at = special.find(c); at != std::string_view::npos)
      shown.append(1, '\\').append(1, letters[at]);
    else if (code < 0x20)
      shown.append("\\u00").append(1, digits[code >> 4U]).append(1, digits[code & 15U]);
    else
      shown += c;
  }
  return shown + "\"";
}

}  // namespace json_text

MASKRCNN_FUNCTION std::string JsonValue::shown() const {
  switch (kind()) {
    case JsonKind::null:
      return "null";
    case JsonKind::boolean:
      return boolean() ? "true" : "false";
    case JsonKind::integer:
      return std::to_string(integer());
    case JsonKind::negative:
      return std::to_string(static_cast<std::int64_t>(node().bits));
    case JsonKind::real: {
      char digits[32];
      std::string shown(digits, std::to_chars(digits, digits + sizeof digits, number()).ptr);
      return shown.find_first_of(".e") == std::string::npos ? shown + ".0" : shown;
    }
    case JsonKind::text:
      return json_text::quoted(text());
    case JsonKind::list: {
      std::string shown;
      for (const JsonValue& item : items()) shown.append(shown.empty() ? "[" : ",").append(item.shown());
      return shown.empty() ? "[]" : shown + "]";
    }
    case JsonKind::object: {
      std::string shown;
      for (const auto& [key, value] : members())
        shown.append(shown.empty() ? "{" : ",").append(json_text::quoted(key)).append(":").append(value.shown());
      return shown.empty() ? "{}" : shown + "}";
    }
  }
  return {};
}

}  // namespace maskrcnn
