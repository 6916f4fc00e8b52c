/// Losses as they come from images: sums and what they are of.
#pragma once

#include <cstddef>
#include <maskrcnn/stages/losses.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// Losses of one or several images.
struct ImageLosses {
  double classification = 0, regression = 0;
  double mask = 0;
  std::size_t images = 0;      ///< that the first two are of
  std::size_t with_masks = 0;  ///< that the third is of: those with an object that has a mask

  /// Sums, to be divided by the numbers of images.
  ImageLosses& operator+=(const ImageLosses& other) {
    classification += other.classification;
    regression += other.regression;
    mask += other.mask;
    images += other.images;
    with_masks += other.with_masks;
    return *this;
  }
  /// The means over images.
  [[nodiscard]] Losses mean() const {
    const auto over = [](double sum, std::size_t count) { return count == 0 ? 0 : sum / static_cast<double>(count); };
    return {over(classification, images), over(regression, images), over(mask, with_masks)};
  }
};

}  // namespace maskrcnn::evaluate
