#include <maskrcnn/evaluate/folder_data.hpp>

#include "evaluate/made_data.hpp"

using maskrcnn::evaluate::read_folder;

namespace {

/// A PNG file of 5 x 3 pixels, written by Pillow: numbers 0, 0, 300, 300, 0 / 7, 0, 300, 0, 0 / 7, 7, 0, 0, 65535
const std::vector<unsigned char> label_png{
    137, 80,  78, 71, 13, 10,  26,  10, 0,   0,   0,   13,  73,  72,  68, 82, 0,  0,  0,   5,   0,   0,
    0,   3,   16, 0,  0,  0,   0,   46, 205, 70,  103, 0,   0,   0,   31, 73, 68, 65, 84,  120, 156, 37,
    198, 161, 1,  0,  0,  8,   3,   32, 76,  123, 102, 255, 191, 167, 65, 18, 96, 58, 133, 240, 33,  2,
    187, 7,   16, 17, 2,  155, 225, 50, 94,  232, 0,   0,   0,   0,   73, 69, 78, 68, 174, 66,  96,  130};
std::string bytes(const std::vector<unsigned char>& file) { return {file.begin(), file.end()}; }

}  // namespace

TEST_CASE("each number of a label image is an object") {
  const test::Folder folder;
  (void)folder.write("b.mask.png", bytes(label_png));
  (void)folder.write("a.mask.png", bytes(label_png));
  (void)folder.write("a.png", "not read here");
  const auto data = read_folder(folder.path(), "cell");
  REQUIRE(data.images.size() == 2);
  CHECK(data.images[0].file_name == "a.png");
  CHECK(data.images[1].id == 2);
  CHECK(data.images[1].size == maskrcnn::Size{3, 5});
  REQUIRE(data.truths.size() == 6);
  CHECK(data.truths[0].mask == test::drawn({".....", "#....", "##..."}));
  CHECK(data.truths[1].mask == test::drawn({"..##.", "..#..", "....."}));
  CHECK(data.truths[2].mask == test::drawn({".....", ".....", "....#"}));
  CHECK(data.truths[5].id == 6);
  CHECK(data.truths[5].image == 1);
  CHECK(data.truths[1].area == 3);
  CHECK(data.categories[0].name == "cell");

  CHECK(read_folder(folder.path(), "cell", {"b"}).images.size() == 1);
  CHECK(test::contains(test::error_of([&] { (void)read_folder(folder.path(), "cell", {"c"}); }),
                       "'c' is in the list of images, but there is no"));
  const auto listed = read_folder(folder.path(), "cell", {"b.png", "./b"});
  REQUIRE(listed.images.size() == 1);
  CHECK(listed.images[0].id == 1);
  CHECK(listed.left_out.size() == 1);
  CHECK(listed.notes.empty());
  CHECK_FALSE(listed.has_ids);
  CHECK(test::contains(test::error_of([&] { (void)read_folder(folder.path(), "cell", {"c.png"}); }),
                       "'c.png' is in the list of images, but there is no " + folder.file("c.mask.png")));
}

TEST_CASE("numbers are read at both depths as they are; other images are refused") {
  const test::Folder folder;
  const auto labels = maskrcnn::io::read_label_image(folder.write("l.png", bytes(label_png)));
  CHECK(labels.labels == std::vector<std::uint16_t>{0, 0, 300, 300, 0, 7, 0, 300, 0, 0, 7, 7, 0, 0, 65535});
  CHECK(test::contains(
      test::error_of([&] { (void)maskrcnn::io::read_label_image(MASKRCNN_SOURCE_DIR "/examples/images/result.png"); }),
      "expected a grey PNG of 8 or 16 bits with the numbers of objects, found 8 bits of colour type 2"));
  CHECK(test::contains(test::error_of([&] { (void)maskrcnn::io::read_label_image(folder.write("t.png", "no image")); }),
                       "found a text in"));
  auto cut = label_png;
  cut.resize(cut.size() - 14);
  CHECK(test::contains(test::error_of([&] { (void)maskrcnn::io::read_label_image(folder.write("c.png", bytes(cut))); }),
                       "truncated"));
}

TEST_CASE("a folder without pairs, or none at all, is refused") {
  const test::Folder folder;
  CHECK(test::contains(test::error_of([&] { (void)read_folder(folder.path(), "cell"); }), "found none in"));
  CHECK(test::contains(test::error_of([&] { (void)read_folder(folder.file("none"), "cell"); }),
                       "No such file or directory"));
}
