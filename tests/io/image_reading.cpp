// Images turned and brightened as they are read, against Pillow and NumPy. Built twice: with the image libraries, and
// header-only, by stb.

#include <filesystem>
#include <maskrcnn/io/exif.hpp>
#include <maskrcnn/io/image_file.hpp>
#include <maskrcnn/io/image_options.hpp>
#include <maskrcnn/io/turn.hpp>

#include "support.hpp"

using maskrcnn::ExifOrientation;
using maskrcnn::Image;
using maskrcnn::Intensity;
using maskrcnn::io::Bytes;
using maskrcnn::io::ImageFile;
using maskrcnn::io::read_image_file;

namespace {

const std::string files = MASKRCNN_GOLDEN_DIR "/reading/";

#ifdef MASKRCNN_IMAGE_LIBRARIES
constexpr int jpeg_difference = 0;
#else
constexpr int jpeg_difference = 3;
#endif

/// Largest difference to the pixels [height, width, 3] of a golden file; -1, if they have another size.
[[nodiscard]] int difference(const Image& image, const test::Golden& golden, const std::string& name) {
  const auto shape = golden.shape(name);
  if (!(image.size() == maskrcnn::Size{static_cast<int>(shape.at(0)), static_cast<int>(shape.at(1))})) return -1;
  const auto expected = golden.values<int>(name);
  int worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i)
    worst = std::max(worst, std::abs(int{image.row(0)[i]} - expected[i]));
  return worst;
}

[[nodiscard]] Image image_of(const test::Golden& golden, const std::string& name) {
  const auto shape = golden.shape(name);
  return {{static_cast<int>(shape.at(0)), static_cast<int>(shape.at(1))}, golden.values<std::uint8_t>(name)};
}

[[nodiscard]] std::vector<std::uint8_t> bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("Exif data of all kinds say the orientation that Pillow finds in them") {
  const test::Golden golden("reading");
  int cases = 0, turned = 0;
  for (; golden.has("exif." + std::to_string(cases) + ".data"); ++cases) {
    const std::string name = "exif." + std::to_string(cases);
    CAPTURE(name);
    const auto data = golden.values<std::uint8_t>(name + ".data");
    const int expected = golden.values<int>(name + ".orientation").at(0);
    CHECK(maskrcnn::io::exif_orientation(data).value_or(1) == expected);
    turned += expected != 1 ? 1 : 0;
  }
  CHECK(cases > 200);
  CHECK(turned > 50);
}

TEST_CASE("an XMP text says its orientation by attribute or element, the first that is a digit") {
  using maskrcnn::io::xmp_orientation;
  CHECK(xmp_orientation(R"(<a tiff:Orientation="6"/>)") == 6);
  CHECK(xmp_orientation("<tiff:Orientation>3</tiff:Orientation>") == 3);
  CHECK(xmp_orientation(R"(tiff:Orientation="x" tiff:Orientation="8")") == 8);
  CHECK(xmp_orientation(R"(tiff:Orientation="9")") == 1);
  for (const char* none : {"", "tiff:Orientation", "tiff:Orientation=\"", "tiff:Orientation>", "Orientation=\"6\""})
    CHECK_FALSE(xmp_orientation(none).has_value());
}

TEST_CASE("all eight orientations are Pillow's, of images of any size") {
  const test::Golden golden("reading");
  const Image stored = image_of(golden, "turned.from");
  for (int orientation = 1; orientation <= 8; ++orientation) {
    CAPTURE(orientation);
    const Image upright = maskrcnn::io::turned(stored, orientation);
    CHECK(difference(upright, golden, "turned." + std::to_string(orientation)) == 0);
    CHECK(upright.size() == maskrcnn::io::turned(stored.size(), orientation));
  }
  for (const int orientation : {-1, 0, 9})
    CHECK(test::contains(test::error_of([&] { (void)maskrcnn::io::turned(stored, orientation); }),
                         "expected an orientation from 1 to 8"));
  // larger than the blocks in which it is done: turning back gives the image
  Image large({101, 67});
  std::mt19937 random{5};
  for (int y = 0; y < large.height(); ++y)
    for (int x = 0; x < 3 * large.width(); ++x) large.row(y)[x] = static_cast<std::uint8_t>(random() % 256);
  constexpr int back[] = {1, 2, 3, 4, 5, 8, 7, 6};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Image twice = maskrcnn::io::turned(maskrcnn::io::turned(large, orientation), back[orientation - 1]);
    REQUIRE(twice.size() == large.size());
    CHECK(std::equal(large.row(0), large.row(0) + 3 * 101 * 67, twice.row(0)));
  }
}

TEST_CASE("files are turned as their metadata say, wherever these stand, and only if that is asked for") {
  const test::Golden golden("reading");
  int count = 0, turned = 0;
  for (const auto& entry : std::filesystem::directory_iterator(files)) {
    const std::string name = entry.path().filename().string(), path = entry.path().string();
    if (!golden.has(name + ".upright")) continue;
    CAPTURE(name);
    const int orientation = golden.values<int>(name + ".orientation").at(0);
    CHECK(maskrcnn::io::image_orientation(bytes_of(path)) == orientation);
    const ImageFile stored = read_image_file(path);
    const ImageFile upright = read_image_file(path, {.exif_orientation = ExifOrientation::apply});
    CHECK(stored.orientation == orientation);
    CHECK(upright.orientation == orientation);
    CHECK(stored.image.size() == maskrcnn::Size{9, 13});
    const int worst = difference(upright.image, golden, name + ".upright");
    CHECK(worst >= 0);
    CHECK(worst <= (name.ends_with(".jpg") ? jpeg_difference : 0));
    const Image by_hand = maskrcnn::io::turned(stored.image, orientation);
    CHECK(std::equal(by_hand.row(0), by_hand.row(0) + 3 * 9 * 13, upright.image.row(0)));
    ++count;
    turned += orientation != 1 ? 1 : 0;
  }
  CHECK(count == 14);
  CHECK(turned == 13);
}

TEST_CASE("metadata that are cut off or changed anywhere turn an image somehow or not, and nothing else happens") {
  for (const char* name : {"exif_split.jpg", "exif_little.jpg", "xmp_element.jpg", "profile_deflated.png",
                           "profile_text.png", "xmp_deflated.png", "exif.png"}) {
    const auto whole = bytes_of(files + name);
    for (std::size_t length = 0; length <= whole.size(); ++length) {
      const int orientation = maskrcnn::io::image_orientation(Bytes(whole).first(length));
      CHECK((orientation >= 1 && orientation <= 8));
    }
    for (std::size_t at = 0; at < whole.size(); ++at)
      for (const int bits : {0x01, 0x80, 0xFF}) {
        auto changed = whole;
        changed[at] = static_cast<std::uint8_t>(changed[at] ^ bits);
        const int orientation = maskrcnn::io::image_orientation(changed);
        CHECK((orientation >= 1 && orientation <= 8));
      }
  }
}

TEST_CASE("values are spread, channel by channel, as NumPy spreads them, and all bits count") {
  const test::Golden golden("reading");
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(files)) {
    const std::string name = entry.path().filename().string(), path = entry.path().string();
    if (!golden.has(name + ".percentile")) continue;
    CAPTURE(name);
    CHECK(difference(read_image_file(path).image, golden, name + ".none") == 0);
    for (const auto intensity : {Intensity::none, Intensity::minmax, Intensity::percentile}) {
      const std::string kind = name_of(intensity);
      CAPTURE(kind);
      CHECK(difference(read_image_file(path, {.intensity = intensity}).image, golden, name + "." + kind) == 0);
    }
    ++count;
  }
  CHECK(count == 12);
}

TEST_CASE("how many bits an image has, and how bright it is, are told") {
  const auto check = [](const char* name, int bits, int brightest) {
    CAPTURE(name);
    const ImageFile file = read_image_file(files + name);
    CHECK(file.bits == bits);
    CHECK(int{file.brightest} == brightest);
  };
  check("grey12.png", 16, 14);
  check("grey12_in_16.pgm", 16, 14);
  check("grey12.pgm", 12, 230);
  check("flat.png", 16, 2);
  check("dim.png", 8, 255);  // not looked at
  check("rgb4.ppm", 4, 255);
}

TEST_CASE("a model's configuration says how its images are read") {
  maskrcnn::ModelConfig config;
  CHECK(maskrcnn::io::read_options(config).exif_orientation == ExifOrientation::ignore);
  CHECK(maskrcnn::io::read_options(config).intensity == Intensity::none);
  config.exif_orientation = ExifOrientation::apply;
  config.intensity = Intensity::percentile;
  CHECK(maskrcnn::io::read_options(config).exif_orientation == ExifOrientation::apply);
  CHECK(maskrcnn::io::read_options(config).intensity == Intensity::percentile);
}
