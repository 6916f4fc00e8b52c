#include <maskrcnn/weights/byte_reader.hpp>

#include "made_files.hpp"

using std::string_literals::operator""s;

TEST_CASE("numbers are little-endian, and nothing lies behind the end") {
  const std::string bytes = "\x01\x02\x03\x04\x05\x06\x07\xF8line\nrest"s;
  maskrcnn::ByteReader in(std::as_bytes(std::span(bytes)), "the part", "made");
  CHECK(in.number<std::uint16_t>() == 0x0201);
  CHECK(in.number<std::uint8_t>() == 3);
  CHECK(in.number<std::uint32_t>() == 0x07060504);
  CHECK(in.number<std::uint8_t>() == 0xF8);
  CHECK(in.line() == "line");
  CHECK(in.remaining() == 4);
  CHECK(test::error_of([&] { (void)in.number<std::uint64_t>(); }) ==
        "weights: the part is cut off: expected 8 more bytes at byte 13, found 4 (file made)");
  CHECK(
      test::contains(test::error_of([&] { (void)in.take(~std::uint64_t{0}); }), "expected 18446744073709551615 more"));
  CHECK(test::contains(test::error_of([&] { (void)in.line(); }), "is cut off"));
}

TEST_CASE("text for messages is short and printable") {
  CHECK(maskrcnn::printable("a\nb\xFF") == "a?b?");
  CHECK(maskrcnn::printable(std::string(1000, 'x')) == std::string(80, 'x').append("..."));
}
