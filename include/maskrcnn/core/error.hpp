/// Errors: the one exception type of the library and the sentence it carries.
#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <maskrcnn/core/compiled.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace maskrcnn {

/// Thrown at the borders of the library (loading, construction, reading, bad arguments). `what()` is one sentence that
/// says what went wrong, where, what was expected and what was found. The same type in units of all flags.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace maskrcnn

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// One part of a sentence: text that somebody else keeps, or a number. Making one is a few stores, which every `fail`
/// does; what they become is written in one place.
class SentencePart {
 public:
  // NOLINTBEGIN(google-explicit-constructor): a part is whatever can be said
  SentencePart(const char* text) : kind_(Kind::c_string), text_(text) {}
  SentencePart(std::string_view text) : kind_(Kind::text), size_(text.size()), text_(text.data()) {}
  SentencePart(const std::string& text) : SentencePart(std::string_view(text)) {}
  SentencePart(char character) : kind_(Kind::character), character_(character) {}
  SentencePart(bool value) : SentencePart(value ? '1' : '0') {}
  SentencePart(std::signed_integral auto value) : kind_(Kind::integer), integer_(value) {}
  SentencePart(std::unsigned_integral auto value) : kind_(Kind::natural), natural_(value) {}
  /// Six significant digits: 0.5, 1e-05, inf.
  SentencePart(double value) : kind_(Kind::real), real_(value) {}
  // NOLINTEND(google-explicit-constructor)

  /// Writes the part at the end of `sentence`, the same under every locale.
  void append_to(std::string& sentence) const;

 private:
  enum class Kind { c_string, text, character, integer, natural, real };

  Kind kind_;
  std::size_t size_ = 0;  // of a text that is no C string
  union {
    const char* text_;
    char character_;
    long long integer_;
    unsigned long long natural_;
    double real_;
  };
};

/// Throws the sentence made of `parts`. Apart from `fail` so that its many instances cost next to nothing.
[[noreturn]] void throw_sentence(std::initializer_list<SentencePart> parts);

/// Builds the sentence from its parts and throws it: `fail("weights: ", name, " is missing")`.
template <class... Parts>
[[noreturn, gnu::cold, gnu::noinline]] void fail(const Parts&... parts) {
  throw_sentence({SentencePart(parts)...});
}

/// Appends a size to a shape that is being written: "[64" and 3 make "[64,3".
void append_size(std::string& text, const SentencePart& size);

/// "[64,3,7,7]": how every message of the library writes a shape.
template <class Sizes>
[[nodiscard]] std::string shape_text(const Sizes& sizes) {
  std::string text = "[";
  for (const auto& size : sizes) append_size(text, size);
  text += ']';
  return text;
}

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/core/error.inl>
#endif
