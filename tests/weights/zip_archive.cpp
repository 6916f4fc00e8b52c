#include <maskrcnn/weights/zip_archive.hpp>

#include "made_files.hpp"

using maskrcnn::ByteReader;
using maskrcnn::ZipArchive;
using test::number;
using test::zip_bytes;
using std::string_literals::operator""s;

namespace {

[[nodiscard]] std::string error_of_zip(const std::string& bytes) {
  const std::string error = test::error_of([&] { ZipArchive{test::file_of(bytes)}; });
  if (error != "(no error)") CHECK(test::contains(error, "(file made)"));
  return error;
}

/// A zip64 end record, its locator, and an end record that leaves all to it.
[[nodiscard]] std::string end64(std::uint64_t entries, std::uint64_t size, std::uint64_t offset, std::uint64_t place,
                                const std::string& end_fields) {
  return "PK\x06\x06" + number(std::uint64_t{44}) + number(std::uint32_t{0}) + number(std::uint64_t{0}) +
         number(entries) + number(entries) + number(size) + number(offset) + "PK\x06\x07" + number(std::uint32_t{0}) +
         number(place) + number(std::uint32_t{1}) + "PK\x05\x06" + number(std::uint32_t{0}) + end_fields +
         number(std::uint16_t{0});
}

}  // namespace

TEST_CASE("entries lie in the file") {
  const std::string bytes = zip_bytes({{.name = "b", .data = "second"}, {.name = "a", .data = ""}});
  const ZipArchive archive(test::file_of(bytes));
  REQUIRE(archive.names().size() == 2);
  CHECK(archive.names().front() == "a");
  const auto b = archive.find("b");
  REQUIRE(b.has_value());
  CHECK(ByteReader::text_of(*b) == "second");
  CHECK(b->data() == reinterpret_cast<const std::byte*>(bytes.data() + bytes.find("second")));
  CHECK_FALSE(archive.find("c").has_value());
  CHECK(error_of_zip(zip_bytes({})) == "(no error)");
}

TEST_CASE("64-bit directories are read, and must agree with the 32-bit ones") {
  const std::string plain = zip_bytes({{.name = "a", .data = "data"}});
  const std::string body = plain.substr(0, plain.size() - 22);
  const std::uint64_t directory = body.find("PK\x01\x02"), size = body.size() - directory;
  const std::string all_ones(12, '\xFF');
  const std::string good = body + end64(1, size, directory, body.size(), all_ones);
  const ZipArchive archive(test::file_of(good));
  CHECK(ByteReader::text_of(*archive.find("a")) == "data");
  const std::string other = number(std::uint16_t{2}) + number(std::uint16_t{2}) + std::string(8, '\xFF');
  CHECK(test::contains(error_of_zip(body + end64(1, size, directory, body.size(), other)),
                       "two end records that disagree"));
  CHECK(test::contains(error_of_zip(body + end64(1, size, directory, std::uint64_t{1} << 63U, all_ones)),
                       "the zip64 end record begins at byte 9223372036854775808 of"));
  CHECK(test::contains(error_of_zip(body + end64(1, size, std::uint64_t{1} << 63U, body.size(), all_ones)),
                       "has a directory of"));
  CHECK(
      test::contains(error_of_zip(body + end64(~std::uint64_t{0}, size, directory, body.size(), all_ones)), "cut off"));
  CHECK(
      test::contains(error_of_zip(body + end64(1, size, directory, 0, all_ones)), "no zip64 end record where it says"));
}

TEST_CASE("what is packed is refused: there are no zip bombs") {
  // an error if it is wanted; programs of TorchScript have packed code beside their tensors
  const auto error_of_finding = [](const test::ZipEntry& entry) {
    const std::string bytes = zip_bytes({entry});
    const maskrcnn::ZipArchive archive(test::file_of(bytes));
    CHECK_FALSE(archive.find("b").has_value());
    CHECK(archive.names() == std::vector<std::string_view>{"a"});
    return test::error_of([&] { (void)archive.find("a"); });
  };
  CHECK(error_of_finding({.name = "a", .data = "tiny", .method = 8, .size = 0xFFFFFFF0}) ==
        "weights: the zip archive has entry 'a' compressed by method 8, expected it stored as PyTorch writes it (file "
        "made)");
  CHECK(test::contains(error_of_finding({.name = "a", .data = "tiny", .flags = 1}), "has entry 'a' encrypted"));
  CHECK(test::contains(error_of_zip(zip_bytes({{.name = "a", .data = "tiny", .size = 0xFFFFFFF0}})),
                       "has entry 'a' of 4294967280 bytes at byte 31, expected it before the directory at 35"));
}

TEST_CASE("two truths about an entry are refused") {
  const std::string text = "with one description in its directory and another before its data";
  CHECK(test::contains(error_of_zip(zip_bytes({{.name = "a", .data = "data", .local_name = "b"}})), text));
  CHECK(test::contains(error_of_zip(zip_bytes({{.name = "a", .data = "data", .local_size = 3}})), text));
  CHECK(test::contains(error_of_zip(zip_bytes({{.name = "a", .data = "data", .local_size = 0}})), text));
  CHECK(error_of_zip(zip_bytes({{.name = "a", .data = "data", .flags = 8, .local_size = 0}})) == "(no error)");
  CHECK(error_of_zip(zip_bytes({{.name = "a", .data = "data", .moved = 1}})) ==
        "weights: the zip archive has no local header for entry 'a' at byte 1 (file made)");
  CHECK(test::contains(error_of_zip(zip_bytes({{.name = "a", .data = "data", .moved = 1 << 30}})),
                       "says that a local header begins at byte 1073741824 of"));
}

TEST_CASE("entries that overlap or have one name are refused") {
  // a whole archive's entry inside the data of another, as overlapping zip bombs have it
  const std::string inner = zip_bytes({{.name = "b", .data = "x"}}).substr(0, 32);
  CHECK(error_of_zip(zip_bytes({{.name = "a", .data = inner}, {.name = "b", .data = "y", .moved = -32}})) ==
        "weights: the zip archive has entries 'a' and 'b' that overlap (file made)");
  CHECK(test::contains(error_of_zip(zip_bytes({{.name = "a", .data = "1"}, {.name = "a", .data = "2"}})),
                       "has two entries 'a'"));
  CHECK(test::contains(error_of_zip(zip_bytes({{.name = "a", .data = "1"}, {.name = "a", .data = "2", .method = 8}})),
                       "has two entries 'a'"));
}

TEST_CASE("an archive that is cut off, longer or split is refused") {
  const std::string bytes = zip_bytes({{.name = "a", .data = "data"}});
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    CAPTURE(length);
    CHECK(test::contains(error_of_zip(bytes.substr(0, length)), "has no end record; is it cut off?"));
  }
  CHECK(test::contains(error_of_zip(bytes + "x"), "has no end record"));
  std::string split = bytes;
  split[split.size() - 22 + 4] = 1;
  CHECK(test::contains(error_of_zip(split), "is a part of several"));
  std::string fewer = bytes;
  fewer[fewer.size() - 22 + 8] = fewer[fewer.size() - 22 + 10] = 0;
  CHECK(test::contains(error_of_zip(fewer), "bytes behind the 0 entries of its directory"));
}
