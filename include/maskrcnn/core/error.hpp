/// Errors: the one exception type of the library and the sentence it carries.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace maskrcnn {

/// Thrown at the borders of the library (loading, construction, reading, bad arguments). `what()` is one sentence that
/// says what went wrong, where, what was expected and what was found.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Builds the sentence from its parts, in stream notation, and throws it: `fail("weights: ", name, " is missing")`.
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  std::ostringstream sentence;
  (sentence << ... << parts);
  throw Error(sentence.str());
}

/// "[64,3,7,7]": how every message of the library writes a shape.
template <class Sizes>
[[nodiscard]] std::string shape_text(const Sizes& sizes) {
  std::ostringstream text;
  const char* separator = "[";
  for (const auto& size : sizes) {
    text << separator << size;
    separator = ",";
  }
  text << (*separator == '[' ? "[]" : "]");
  return text.str();
}

}  // namespace maskrcnn
