/// What a whole model finds beside what torchvision found.
#pragma once

#include <maskrcnn/core/detection.hpp>

#include "support.hpp"

namespace test {

struct DetectionTolerance {
  double pixels, score;         ///< of any corner; absolute
  std::size_t mask_pixels = 0;  ///< of all masks together that may be inside instead of outside, or the other way
};

/// Pixels that differ from a mask that was stored eight to a byte, first pixel in the highest bit.
[[nodiscard]] inline std::size_t pixels_wrong(const maskrcnn::Mask& mask, const unsigned* bytes) {
  std::size_t different = 0, pixel = 0;
  for (int y = 0; y < mask.image_size().height; ++y)
    for (int x = 0; x < mask.image_size().width; ++x, ++pixel)
      different += mask(x, y) != ((bytes[pixel / 8] >> (7 - pixel % 8) & 1U) != 0) ? 1 : 0;
  return different;
}

/// All detections in the order of the golden file, with equal labels and, if they have masks, equal pixels.
/// @param precision "float" or "double"; masks are always those of "double"
template <class Found>
void check_detections(const Golden& golden, const std::string& precision, const Found& found,
                      const DetectionTolerance& tolerance) {
  const auto boxes = golden.boxes<float>(precision + ".boxes");
  const auto scores = golden.values<float>(precision + ".scores");
  const auto labels = golden.values<int>(precision + ".labels");
  const auto masks = golden.has("double.masks") ? golden.values<unsigned>("double.masks") : std::vector<unsigned>();
  REQUIRE(found.size() == boxes.size());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    CAPTURE(i);
    CHECK(pixels_apart<float>({found[i].box}, {boxes[i]}) < tolerance.pixels);
    CHECK(std::abs(found[i].score - scores[i]) < tolerance.score);
    CHECK(found[i].label == labels[i]);
    if constexpr (requires { found[i].mask; })
      wrong += pixels_wrong(found[i].mask, masks.data() + i * golden.shape("double.masks")[1]);
  }
  CHECK(wrong <= tolerance.mask_pixels);
}

}  // namespace test
