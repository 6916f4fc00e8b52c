// libFuzzer: bytes as Exif data, and as an XMP text. Any end but an orientation or none is a finding.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <maskrcnn/io/exif.hpp>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::uint8_t> copy(data, data + size);  // of just this size: what is read beyond it is seen
  const auto exif = maskrcnn::io::exif_orientation(copy);
  const auto xmp = maskrcnn::io::xmp_orientation({reinterpret_cast<const char*>(copy.data()), size});
  for (const auto& orientation : {exif, xmp})
    if (orientation && (*orientation < 1 || *orientation > 8)) std::abort();
  return 0;
}
