/// JSON texts of weight files as plain values: what reading them needs, and nothing of the library that parses them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <maskrcnn/core/compiled.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

enum class JsonKind : std::uint8_t {
  null,
  boolean,
  integer,   ///< 0 or more
  negative,  ///< an integer below 0
  real,      ///< a number with a fraction or an exponent, or too large for 64 bits
  text,
  list,
  object,
};

class JsonValue;

/// The members of an object, sorted by key.
using JsonMembers = std::map<std::string_view, JsonValue>;

/// A JSON text, parsed: its values in the order of the text, 16 bytes each, and the characters of its strings. A value
/// takes two characters of the text at least, so a hostile text costs some 25 times its size while it is parsed, no
/// more.
class JsonText {
 public:
  /// What is wrong with a text.
  enum class Fault {
    none,
    syntax,    ///< noticed at `fault_byte`
    number,    ///< too large for a double
    depth,     ///< more lists and objects are open at a time than allowed
    repeated,  ///< an object has `repeated_key` twice
  };

  /// Parses a text of less than 4 GiB, in place of what was parsed before.
  /// @param max_depth how many lists and objects may be open at a time
  /// @return Fault::none, or what is wrong; then there are no values
  [[nodiscard]] Fault parse(std::string_view text, std::size_t max_depth);

  /// The value of the whole text; it and all that it leads to must not outlive this, nor another `parse`.
  [[nodiscard]] JsonValue root() const;

  [[nodiscard]] std::size_t fault_byte() const { return fault_byte_; }  ///< counted from 1
  [[nodiscard]] const std::string& repeated_key() const { return repeated_key_; }

 private:
  friend class JsonValue;
  struct Builder;

  struct Node {
    JsonKind kind = JsonKind::null;
    std::uint32_t length = 0;  ///< of a string, characters; of a list or object, nodes inside
    std::uint64_t bits = 0;    ///< a number as it is kept in memory; of a string, where its characters begin
  };

  std::vector<Node> nodes_{};  ///< what is in an object: key and value by turns
  std::string characters_{};
  std::size_t fault_byte_ = 0;
  std::string repeated_key_{};
};

/// A value of a JSON text. Only what its kind has may be asked for.
class JsonValue {
 public:
  [[nodiscard]] JsonKind kind() const { return node().kind; }
  [[nodiscard]] bool is(JsonKind kind) const { return node().kind == kind; }
  [[nodiscard]] bool is_number() const { return is(JsonKind::integer) || is(JsonKind::negative) || is(JsonKind::real); }
  /// What JSON calls the kind: "number", "array", ...
  [[nodiscard]] const char* kind_name() const;

  [[nodiscard]] bool boolean() const { return node().bits != 0; }
  /// Of kind `integer`.
  [[nodiscard]] std::uint64_t integer() const { return node().bits; }
  /// Of all numbers.
  [[nodiscard]] double number() const;
  /// Of a string.
  [[nodiscard]] std::string_view text() const;
  /// Of a list.
  [[nodiscard]] std::vector<JsonValue> items() const;
  /// Of an object.
  [[nodiscard]] JsonMembers members() const;
  /// The value as JSON without spaces, for messages.
  [[nodiscard]] std::string shown() const;

 private:
  friend class JsonText;
  JsonValue(const JsonText& text, std::size_t at) : text_(&text), at_(at) {}
  [[nodiscard]] const JsonText::Node& node() const { return text_->nodes_[at_]; }
  /// Adds the members of an object to others.
  /// @return the first key that was already there
  [[nodiscard]] std::optional<std::string_view> collect(JsonMembers& members) const;
  /// Behind the last node inside.
  [[nodiscard]] std::size_t end() const;

  const JsonText* text_;
  std::size_t at_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/weights/json_text.inl>
#endif
