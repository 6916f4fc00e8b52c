#include <maskrcnn/io/text_bytes.hpp>

#include "support.hpp"

namespace {

[[nodiscard]] std::size_t begin(const std::string& text) {
  return maskrcnn::io::text_begin(std::vector<std::uint8_t>(text.begin(), text.end()), "a.txt", "labels");
}
[[nodiscard]] std::string error(const std::string& text) {
  return test::error_of([&] { (void)begin(text); });
}
[[nodiscard]] std::string with_zeros(const char* text, std::size_t size) { return {text, size}; }

}  // namespace

TEST_CASE("a byte order mark is no part of the text") {
  CHECK(begin("\xEF\xBB\xBFnucleus") == 3);
  CHECK(begin("\xEF\xBB\xBF") == 3);
  for (const char* const text : {"", "n", "nucleus", "\xEF\xBB", "\xC3\xA4", "\xFF"}) CHECK(begin(text) == 0);
}

TEST_CASE("texts of two or four bytes a letter are refused with what they are") {
  const std::string utf_16 = "labels: expected text in UTF-8, found UTF-16; save it as UTF-8 (file a.txt)";
  CHECK(error(with_zeros("\xFF\xFEn\0", 4)) == utf_16);
  CHECK(error(with_zeros("\xFE\xFF\0n", 4)) == utf_16);
  CHECK(error("\xFF\xFE") == utf_16);
  const std::string utf_32 = "labels: expected text in UTF-8, found UTF-32; save it as UTF-8 (file a.txt)";
  CHECK(error(with_zeros("\xFF\xFE\0\0n\0\0\0", 8)) == utf_32);
  CHECK(error(with_zeros("\0\0\xFE\xFF", 4)) == utf_32);
  const std::string unmarked =
      "labels: expected text in UTF-8, found UTF-16 without a byte order mark; save it as UTF-8 (file a.txt)";
  CHECK(error(with_zeros("n\0u\0", 4)) == unmarked);
  CHECK(error(with_zeros("\0n\0u", 4)) == unmarked);
}
