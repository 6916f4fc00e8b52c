// Bodies of error.hpp: numbers as text, and parts as a sentence.
#pragma once

#include <charconv>
#include <iterator>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/error.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

MASKRCNN_FUNCTION void SentencePart::append_to(std::string& sentence) const {
  // std::to_chars and not a stream: streams write "1.000" for a thousand if the program has set such a locale
  char number[32];  // the longest has 20 characters
  char* end = number;
  switch (kind_) {
    case Kind::c_string:
      sentence += text_;
      return;
    case Kind::text:
      sentence.append(text_, size_);
      return;
    case Kind::character:
      sentence += character_;
      return;
    case Kind::integer:
      end = std::to_chars(number, std::end(number), integer_).ptr;
      break;
    case Kind::natural:
      end = std::to_chars(number, std::end(number), natural_).ptr;
      break;
    case Kind::real:
      end = std::to_chars(number, std::end(number), real_, std::chars_format::general, 6).ptr;
      break;
  }
  sentence.append(number, end);
}

MASKRCNN_FUNCTION void throw_sentence(std::initializer_list<SentencePart> parts) {
  std::string sentence;
  for (const SentencePart& part : parts) part.append_to(sentence);
  throw Error(sentence);
}

MASKRCNN_FUNCTION void append_size(std::string& text, const SentencePart& size) {
  if (text.size() > 1) text += ',';
  size.append_to(text);
}

}  // namespace maskrcnn
