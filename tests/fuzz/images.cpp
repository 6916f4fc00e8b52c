// libFuzzer: bytes as an image file of whatever format they look like. Any end but an image or a maskrcnn::Error is a
// finding.

#include <cstddef>
#include <cstdint>
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::uint8_t> file(data, data + size);
  if (size > 1 && file[1] == 'P') mend_checksums(file);
  constexpr maskrcnn::io::ReadOptions small{.most_pixels = 1U << 16U};
  try {
    const maskrcnn::Image image = maskrcnn::io::read_image(file, "fuzz", small);
    look_at(std::span(image.row(0),
                      3 * static_cast<std::size_t>(image.width()) * static_cast<std::size_t>(image.height())));
  } catch (const maskrcnn::Error&) {
  }
  try {
    look_at(maskrcnn::io::read_grey_png(file, "fuzz", small).values);
  } catch (const maskrcnn::Error&) {
  }
  return 0;
}
