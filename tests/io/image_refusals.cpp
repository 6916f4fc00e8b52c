// Why files are refused: each for its true reason. Built twice: with the image libraries, and header-only, by stb.

#include <sys/resource.h>

#include <filesystem>
#include <maskrcnn/io/file_kind.hpp>
#include <maskrcnn/io/image_file.hpp>
#include <maskrcnn/io/png_checks.hpp>

#include "support.hpp"

using maskrcnn::Image;
using maskrcnn::io::Bytes;
using maskrcnn::io::read_image;
using maskrcnn::io::ReadOptions;

namespace {

#ifdef MASKRCNN_IMAGE_LIBRARIES
constexpr bool by_stb = false;
#else
constexpr bool by_stb = true;
#endif

// the sanitizers reserve far more memory than may be limited
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MASKRCNN_TEST_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(MASKRCNN_TEST_SANITIZED)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

const std::string images = MASKRCNN_GOLDEN_DIR "/images/";

[[nodiscard]] std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

[[nodiscard]] Bytes bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

[[nodiscard]] std::string refusal(const std::string& file, const ReadOptions& options = {}) {
  return test::error_of([&] { (void)read_image(bytes(file), "a file", options); });
}

/// The message of the error that `call` throws when the process may take so many megabytes more.
template <class Call>
[[nodiscard]] std::string with_little_memory(std::size_t megabytes, const Call& call) {
  ::rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_AS, &before) == 0);
  std::size_t pages = 0;  // that it has already
  std::ifstream("/proc/self/statm") >> pages;
  ::rlimit little = before;
  little.rlim_cur = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) + (megabytes << 20U);
  REQUIRE(::setrlimit(RLIMIT_AS, &little) == 0);
  const std::string sentence = test::error_of(call);
  REQUIRE(::setrlimit(RLIMIT_AS, &before) == 0);
  return sentence;
}

[[nodiscard]] std::string big_endian(std::uint32_t number) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(number >> shift & 0xFFU);
  return text;
}

[[nodiscard]] std::string chunk(const std::string& type, const std::string& content) {
  const std::string checked = type + content;
  return big_endian(static_cast<std::uint32_t>(content.size())) + checked +
         big_endian(maskrcnn::io::png_checks::crc32(bytes(checked)));
}

/// A PNG file of this size and kind, whose data are so many bytes of nonsense.
[[nodiscard]] std::string png(std::uint32_t width, std::uint32_t height, int bits, int colour, std::size_t data) {
  std::string header = big_endian(width) + big_endian(height);
  for (const int value : {bits, colour, 0, 0, 0}) header += static_cast<char>(value);
  return "\x89PNG\r\n\x1A\n" + chunk("IHDR", header) + chunk("IDAT", std::string(data, 'x')) + chunk("IEND", "");
}

/// A JPEG file with another marker, or other bits a sample, in its frame.
[[nodiscard]] std::string with_frame(int marker, int bits = 8, int components = 3) {
  std::string file = bytes_of(images + "444.jpg");
  const auto frame = file.find("\xFF\xC0");
  REQUIRE(frame != std::string::npos);
  file[frame + 1] = static_cast<char>(marker);
  file[frame + 4] = static_cast<char>(bits);
  file[frame + 9] = static_cast<char>(components);
  return file;
}

}  // namespace

TEST_CASE("an image of more pixels than the limit is refused with the limit and what to do") {
  const std::string limit =
      "expected at most 268435456 in all: cut it into tiles, or raise the limit, ReadOptions::most_pixels";
  for (const int colour : {0, 2, 4, 6}) {
    CAPTURE(colour);
    CHECK(test::contains(refusal(png(18000, 18000, 8, colour, 60'000)), "18000 x 18000 pixels, " + limit));
  }
  std::string jpeg = bytes_of(images + "444.jpg");
  jpeg.replace(jpeg.find("\xFF\xC0") + 5, 4, "\x46\x50\x46\x50");
  CHECK(test::contains(refusal(jpeg), "18000 x 18000 pixels, " + limit));
  CHECK(test::contains(refusal("P5 18000 18000 255\n"), "18000 x 18000 pixels, " + limit));
  std::string bmp = bytes_of(images + "rgb.bmp");
  bmp.replace(18, 8, std::string("\x50\x46\0\0\x50\x46\0\0", 8));
  CHECK(test::contains(refusal(bmp), "18000 x 18000 pixels, " + limit));
}

TEST_CASE("a file of more bytes than are read is refused before it is, with what to do") {
  const test::Folder folder;
  const std::string path = folder.write("huge.ppm", "P6 20000 20000 255\n");
  std::filesystem::resize_file(path, std::uintmax_t{1200} << 20U);  // a hole, which takes no room
  CHECK(
      test::contains(test::error_of([&] { (void)read_image(path); }),
                     "huge.ppm has 1258291200 bytes, expected at most 536870912: store it compressed, as PNG, or cut"));
}

TEST_CASE("where the limit is raised, a decoder's own is named, and is not taken for damage") {
  constexpr ReadOptions any{.most_pixels = std::size_t{1} << 60};
  const std::string wide = refusal(png(20'000'000, 1, 1, 0, 60'000), any);
  const std::string deep = refusal(png(30'000, 30'000, 16, 6, 120'000), any);
  if (by_stb) {
    CHECK(test::contains(wide, "20000000 x 1 pixels, expected at most 16777216 a side for stb"));
    CHECK(test::contains(deep, "30000 x 30000 pixels, expected at most 251658239 in all for stb"));
    CHECK(test::contains(refusal(png(18'000, 18'000, 8, 6, 60'000), any),
                         "18000 x 18000 pixels, expected at most 268435456 in all for stb"));
  } else {
    CHECK(test::contains(wide, "corrupt PNG"));  // its data are nonsense
  }
  CHECK(test::contains(refusal(png(0x7FFFFFFF, 1, 1, 0, 400'000), any),
                       "2147483647 x 1 pixels, expected at most 268435456 a side: cut it into tiles"));
}

TEST_CASE("a lack of memory is told as such, by the decoders and by the encoder") {
  if (sanitized) return;
  // as much as the header says is taken before the data turn out to be nonsense
  const std::string file = png(16'000, 16'000, 8, 6, 100'000);
  CHECK(with_little_memory(300, [&] { (void)read_image(bytes(file), "a file"); }) ==
        "image: a file, 16000 x 16000 pixels, needs more memory than there is");
  Image noise({4000, 4000});
  std::mt19937 random{5};
  for (int y = 0; y < noise.height(); ++y)
    for (int x = 0; x < 3 * noise.width(); ++x) noise.row(y)[x] = static_cast<std::uint8_t>(random());
  // enough for the filtered rows, but not for what they are compressed to
  CHECK(with_little_memory(88, [&] { (void)maskrcnn::io::encode_png(noise, "noise"); }) ==
        "image: cannot encode noise, 4000 x 4000 pixels: out of memory");
}

TEST_CASE("JPEG files of kinds that are not read are told from damaged ones") {
  const std::string kind = "is a JPEG of a kind that is not read: ";
  for (const int marker : {0xC3, 0xCB, 0xF7})
    CHECK(test::contains(refusal(with_frame(marker)), kind + "it is lossless"));
  for (const int marker : {0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF})
    CHECK(test::contains(refusal(with_frame(marker)), kind + "it is hierarchical"));
  CHECK(test::contains(refusal(with_frame(0xC1, 12)), kind + "it has 12 bits a sample"));
  CHECK(test::contains(refusal(with_frame(0xC0, 8, 2)), kind + "it has 2 components"));
  const std::string arithmetic = refusal(with_frame(0xC9));
  if (by_stb)
    CHECK(test::contains(arithmetic, kind + "it has arithmetic codes, for which libjpeg-turbo is needed"));
  else
    CHECK_FALSE(test::contains(arithmetic, kind));
  std::string delayed = with_frame(0xC0);
  delayed.replace(delayed.find("\xFF\xC0") + 5, 2, std::string(2, '\0'));
  CHECK(test::contains(refusal(delayed), kind + "its height comes after its data"));
}

TEST_CASE("PNG and BMP files of kinds that are not read are told from damaged ones") {
  const std::string good = bytes_of(images + "rgb.png");
  const auto with_chunk = [&](const std::string& type, std::size_t at) {
    return std::string(good).insert(at, chunk(type, "abcd"));
  };
  const std::string kind = "is a PNG of a kind that is not read: ";
  CHECK(test::contains(refusal(with_chunk("CgBI", 8)), kind + "it is Apple's variant"));
  CHECK(test::contains(refusal(with_chunk("ABCD", 33)), kind + "its chunk at byte 33 is unknown, and needed"));
  CHECK(refusal(with_chunk("abCD", 33)) == "(no error)");

  const auto bmp = [](std::size_t at, int value) {
    std::string file = bytes_of(images + "palette.bmp");
    file[at] = static_cast<char>(value);
    return refusal(file);
  };
  const std::string bmp_kind = "is a BMP of a kind that is not read: ";
  for (const int compression : {1, 2}) CHECK(test::contains(bmp(30, compression), bmp_kind + "it is run-length"));
  for (const int compression : {4, 5}) CHECK(test::contains(bmp(30, compression), bmp_kind + "it holds a JPEG or PNG"));
  CHECK(test::contains(bmp(30, 11), bmp_kind + "its compression is number 11"));
  CHECK(test::contains(bmp(14, 64), bmp_kind + "its header has 64 bytes"));
  CHECK(test::contains(bmp(21, 0x80), "is a truncated or corrupt BMP: it has no possible size"));
  CHECK(bmp(30, 0) == "(no error)");
  std::string deep = bytes_of(images + "rgb32.bmp");  // with masks, of which red gets 10 bits
  deep.replace(30, 4, std::string("\3\0\0\0", 4));
  deep.insert(54, std::string("\0\0\xFF\x03\0\xFF\0\0\xFF\0\0\0", 12));
  deep[10] = 66;
  CHECK(test::contains(refusal(deep), bmp_kind + "its colours have more than 8 bits, or none"));
}

TEST_CASE("a file that is no image that is read is called what it is, with what to do") {
  const auto at = [](std::size_t place, const std::string& magic) {
    return std::string(place, ' ') + magic + std::string(600, ' ');
  };
  const std::pair<std::string, const char*> cases[] = {
      {"P2 1 1 255 7", "a PGM image in text form; convert it to PNG"},
      {"P3 1 1 255 7 7 7", "a PPM image in text form"},
      {"P1 1 1 0", "a PBM image in text form"},
      {"P4 8 1\n\x01", "a PBM image"},
      {"P7\nWIDTH 1", "a PAM image"},
      {"PF\n1 1\n-1\n", "a PFM image"},
      {"GIF89a....", "a GIF image"},
      {std::string("RIFF\x10\0\0\0WEBPVP8 ", 16), "a WebP image"},
      {std::string("II*\0\x08\0\0\0", 8), "a TIFF image"},
      {std::string("MM\0*\0\0\0\x08", 8), "a TIFF image"},
      {std::string("II+\0\x08\0\0\0", 8), "a BigTIFF image"},
      {std::string("\0\0\0\x20"
                   "ftypavif",
                   12),
       "an AVIF image"},
      {std::string("\0\0\0\x18"
                   "ftypheic",
                   12),
       "a HEIC image"},
      {std::string("\0\0\0\x18"
                   "ftypisom",
                   12),
       "a video"},
      {std::string("\0\0\0\x0CjP  \r\n\x87\n", 12), "a JPEG 2000 image"},
      {"\xFF\x4F\xFF\x51", "a JPEG 2000 image"},
      {"\xFF\x0A", "a JPEG XL image"},
      {at(128, "DICM"), "a DICOM file"},
      {at(344, std::string("n+1\0", 4)), "a NIfTI volume"},
      {"\x1F\x8B\x08", "compressed by gzip"},
      {"\x89HDF\r\n\x1A\n", "an HDF5 file"},
      {"ZISRAWFILE", "a Zeiss CZI file"},
      {"%PDF-1.7", "a PDF document"},
      {"\xEF\xBB\xBF<svg xmlns=", "an SVG drawing"},
      {"<?xml version=\"1.0\"?>\n<svg xmlns=", "an SVG drawing"},
      {"\n<!DOCTYPE HTML><html>", "an HTML page; was a login or an error downloaded in its place?"},
      {"<html lang=de>", "an HTML page"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:12",
       "a Git LFS pointer, not the file itself; `git lfs p"},
      {"PK\x03\x04", "a zip archive"},
      {"\x89PNG\n\x1A\n", "a PNG image whose line ends were changed on its way"},
      {"{\"images\": []}", "a JSON text"},
      {"hello, I am a text", "a text"},
      {"BMW is a car maker, and this a text", "a text"},
      {std::string(2000, '\0'), "nothing but zero bytes; was it copied or downloaded as a whole?"},
  };
  for (const auto& known : cases) {
    const std::string& file = known.first;
    const char* const what = known.second;
    CAPTURE(what);
    const std::string sentence = refusal(file);
    CHECK(test::contains(sentence, "image: a file is not a JPEG, PNG, BMP or binary PNM image, but "));
    CHECK(test::contains(sentence, what));
    const std::string grey = test::error_of([&] { (void)maskrcnn::io::read_grey_png(bytes(file), "a file"); });
    CHECK(test::contains(grey, "expected a grey PNG with the numbers of objects, found "));
    CHECK(test::contains(grey, what));
  }
  CHECK(refusal("\x01\x02\x03\x04 nothing known") == "image: a file is not a JPEG, PNG, BMP or binary PNM image");
  CHECK(refusal("") == "image: a file is empty");
}

TEST_CASE("a folder of a Zarr array is called one, any other a folder") {
  const test::Folder folder;
  const auto of_folder = [&] { return test::error_of([&] { (void)read_image(folder.path()); }); };
  CHECK(test::contains(of_folder(), "is a directory"));
  (void)folder.write(".zattrs", "{}");
  CHECK(test::contains(of_folder(), "is the folder of a Zarr array, such as OME-Zarr; export its planes as PNG"));
}

TEST_CASE("what is too large for an encoder is refused with its limit") {
  CHECK(test::contains(test::error_of([] {
                         (void)maskrcnn::io::encode_jpeg(Image({1, 65536}), 90);
                       }),
                       "65536 x 1 pixels, expected at most 65535 a side of a JPEG"));
  CHECK(test::contains(test::error_of([] {
                         (void)maskrcnn::io::encode_png(Image({1, 6'000'000}));
                       }),
                       "6000000 x 1 pixels, expected at most 5592405 a side of a PNG"));
  // rows that are seen twenty thousand times: nothing so large is held
  const std::vector<std::uint8_t> row(3 * 25'000);
  const auto tall = [&](int height) { return maskrcnn::ImageView(row.data(), {height, 25'000}, row.size()); };
  CHECK(test::contains(test::error_of([&] { (void)maskrcnn::io::encode_png(tall(25'000)); }),
                       "25000 x 25000 pixels, expected at most 447392425 in all of a PNG"));
}
