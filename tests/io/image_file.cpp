#include <maskrcnn/io/image_file.hpp>

#include "support.hpp"

using maskrcnn::Image;
using maskrcnn::io::read_image;
using maskrcnn::io::write_png;

namespace {

[[nodiscard]] Image noise(maskrcnn::Size size) {
  Image image(size);
  std::mt19937 random{5};
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < 3 * size.width; ++x) image.row(y)[x] = static_cast<std::uint8_t>(random() % 256);
  return image;
}

[[nodiscard]] bool same(const Image& a, const Image& b) {
  if (!(a.size() == b.size())) return false;
  for (int y = 0; y < a.height(); ++y)
    if (!std::equal(a.row(y), a.row(y) + 3 * a.width(), b.row(y))) return false;
  return true;
}

[[nodiscard]] std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

[[nodiscard]] std::string refusal(const std::string& path) {
  return test::error_of([&] { (void)read_image(path); });
}

}  // namespace

TEST_CASE("a PNG that is written is read back bit by bit") {
  const test::Folder folder;
  for (const maskrcnn::Size size : {maskrcnn::Size{1, 1}, {37, 53}, {1, 5000}, {700, 2}}) {
    const Image image = noise(size);
    write_png(folder.file("a.png"), image);
    CHECK(same(read_image(folder.file("a.png")), image));
  }
}

TEST_CASE("grey is repeated in all channels; PNM comes in grey and colour") {
  const test::Folder folder;
  const Image grey = read_image(folder.write("a.pgm", std::string("P5\n# a comment\n2 1\n255\n").append("\x10\xF0")));
  CHECK(grey.size() == maskrcnn::Size{1, 2});
  CHECK(std::vector<std::uint8_t>(grey.row(0), grey.row(0) + 6) ==
        std::vector<std::uint8_t>{16, 16, 16, 240, 240, 240});
  const Image colour = read_image(folder.write("a.ppm", std::string("P6 1 1 255\n").append("\x01\x02\x03")));
  CHECK(std::vector<std::uint8_t>(colour.row(0), colour.row(0) + 3) == std::vector<std::uint8_t>{1, 2, 3});
}

TEST_CASE("what is no picture is refused by name") {
  const test::Folder folder;
  CHECK(test::contains(refusal(folder.file("none.png")), "none.png"));
  CHECK(test::contains(refusal(folder.path()), folder.path()));
  CHECK(test::contains(refusal(folder.write("empty.png", "")), "empty.png is empty"));
  CHECK(test::contains(refusal(folder.write("text.jpg", "hello, I am a text")), "is not a JPEG, PNG, BMP"));
}

TEST_CASE("a PNG cut off anywhere, or with any byte changed, is never read as something else") {
  const test::Folder folder;
  const Image image = noise({9, 11});
  write_png(folder.file("a.png"), image);
  const std::string whole = bytes_of(folder.file("a.png"));
  for (std::size_t length = 0; length < whole.size(); ++length)
    CHECK(test::contains(refusal(folder.write("cut.png", whole.substr(0, length))), "cut.png"));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    const std::string path = folder.write("changed.png", changed);
    const std::string sentence = refusal(path);
    const bool fine = test::contains(sentence, "changed.png") || same(read_image(path), image);
    CHECK(fine);
  }
}

TEST_CASE("a truncated JPEG and hostile sizes are refused before memory is spent on them") {
  const test::Folder folder;
  CHECK(test::contains(refusal(folder.write("cut.jpg", std::string("\xFF\xD8\xFF\xE0\x00\x10JFIF", 10))), "cut.jpg"));
  CHECK(test::contains(refusal(folder.write("huge.ppm", "P6 60000 60000 255\n")), "60000 x 60000"));
  CHECK(test::contains(refusal(folder.write("long.pgm", "P5 99999999999999999999 1 255\n")), "long.pgm"));
  CHECK(test::contains(refusal(folder.write("short.pgm", "P5 4 4 255\nabc")), "short.pgm"));
  CHECK(test::contains(refusal(folder.write("none.pgm", "P5 0 4 255\n")), "none.pgm"));
  std::string bmp = "BM";
  bmp.append(52, '\x7F');
  CHECK(test::contains(refusal(folder.write("bad.bmp", bmp)), "bad.bmp"));
}

TEST_CASE("a picture that cannot be written is refused with its name") {
  const std::string path = "/nonexistent-folder/a.png";
  CHECK(test::contains(test::error_of([&] { write_png(path, Image({2, 2})); }), path));
}
