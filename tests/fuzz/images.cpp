// libFuzzer: bytes as an image file of whatever format they look like, read in a way that their number tells. Any end
// but an image or a maskrcnn::Error is a finding.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <maskrcnn/io/image_file.hpp>
#include <maskrcnn/io/png_checks.hpp>
#include <span>
#include <vector>

namespace {

/// Gives every whole chunk of a PNG file the checksum that it should have: else nearly all inputs would end there.
void mend_checksums(std::vector<std::uint8_t>& file) {
  using namespace maskrcnn::io;
  for (std::size_t at = 8; at + 12 <= file.size();) {
    const std::size_t length = big_endian(Bytes(file).subspan(at));
    if (length > file.size() - at - 12) return;
    const std::uint32_t checksum = png_checks::crc32(Bytes(file).subspan(at + 4, 4 + length));
    for (std::size_t i = 0; i < 4; ++i)
      file[at + 8 + length + i] = static_cast<std::uint8_t>(checksum >> (24 - 8 * i) & 0xFFU);
    at += 12 + length;
  }
}

/// Every pixel is looked at: one that nobody has written is seen by a sanitizer that knows such memory.
template <class Values>
void look_at(const Values& values) {
  volatile unsigned sum = 0;
  for (const auto value : values) sum = sum + value;
}

/// Every way to read an image, one for each length of a file: so a changed byte is looked at in the same way.
maskrcnn::io::ReadOptions options_for(std::size_t length) {
  using maskrcnn::ExifOrientation, maskrcnn::Intensity;
  constexpr Intensity intensities[] = {Intensity::none, Intensity::minmax, Intensity::percentile};
  constexpr std::size_t limits[] = {1U << 16U, 1U << 16U, 1U << 7U, 1U << 12U, 0};
  return {.most_pixels = limits[length / 6 % std::size(limits)],
          .exif_orientation = length % 2 == 0 ? ExifOrientation::apply : ExifOrientation::ignore,
          .intensity = intensities[length / 2 % std::size(intensities)]};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::uint8_t> file(data, data + size);
  if (size > 1 && file[1] == 'P') mend_checksums(file);
  const maskrcnn::io::ReadOptions options = options_for(size);
  try {
    const maskrcnn::io::ImageFile read = maskrcnn::io::read_image_file(file, "fuzz", options);
    const maskrcnn::Image& image = read.image;
    look_at(std::span(image.row(0),
                      3 * static_cast<std::size_t>(image.width()) * static_cast<std::size_t>(image.height())));
    if (read.orientation < 1 || read.orientation > 8) std::abort();
  } catch (const maskrcnn::Error&) {
  }
  try {
    look_at(maskrcnn::io::read_grey_png(file, "fuzz", options).values);
  } catch (const maskrcnn::Error&) {
  }
  // what is no image, or a damaged one, may still say how it is turned
  const int orientation = maskrcnn::io::image_orientation(file);
  if (orientation < 1 || orientation > 8) std::abort();
  return 0;
}
