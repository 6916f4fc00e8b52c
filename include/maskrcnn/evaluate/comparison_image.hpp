/// Truth and prediction of one image, drawn side by side in colours that say what came of each object.
#pragma once

#include <algorithm>
#include <cstddef>
#include <maskrcnn/core/image.hpp>
#include <maskrcnn/evaluate/cell_scores.hpp>
#include <maskrcnn/evaluate/dataset.hpp>
#include <maskrcnn/io/brighten.hpp>
#include <maskrcnn/io/overlay.hpp>
#include <maskrcnn/io/rle.hpp>
#include <numeric>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// Colours of objects; the page's legend has the same.
inline constexpr io::Colour right_colour{38, 208, 184}, wrong_colour{255, 94, 58}, missed_colour{255, 178, 36};

struct ComparisonImage {
  Image truth;       ///< found and missed objects
  Image prediction;  ///< right and wrong ones
};

/// Dim images are brightened.
/// @param score   what scores at least this is a prediction
/// @param measure boxes or masks are drawn and compared, at an overlap of one half
[[nodiscard]] inline ComparisonImage draw_comparison(const ImageView& pixels, const Dataset& data,
                                                     const std::vector<Found>& objects, std::size_t image, double score,
                                                     Measure measure) {
  Dataset one{.name = data.name, .images = data.images, .categories = data.categories};
  std::copy_if(data.truths.begin(), data.truths.end(), std::back_inserter(one.truths),
               [image](const Truth& truth) { return truth.image == image; });
  std::vector<Found> found;
  std::copy_if(objects.begin(), objects.end(), std::back_inserter(found),
               [&](const Found& object) { return object.image == image && object.score >= score; });
  const auto partners = CellComparison(one, found, measure).partners(coco_threshold(0), score);

  const io::OverlayStyle style{.min_short_side = 512, .max_long_side = 1600, .mask_opacity = 0.3};
  const Image visible = io::brightened(pixels);
  const auto draw = [&](const auto& all, const std::vector<char>& partnered, io::Colour other) {
    io::overlay::Drawing drawing(visible, style);
    // large ones first, so that small ones stay visible
    std::vector<std::size_t> order(all.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return all[a].box.area() > all[b].box.area(); });
    for (const std::size_t i : order) {
      const io::Colour colour = partnered[i] != 0 ? right_colour : other;
      const auto [x, y, width, height] = all[i].box;
      if (measure == Measure::mask && all[i].mask.size() == pixels.size())
        drawing.mask(io::decode_rle(all[i].mask.rle()), colour);
      else  // the mask of an image of another size has no place in this one; widths of others may be negative
        drawing.box({static_cast<float>(std::min(x, x + width)), static_cast<float>(std::min(y, y + height)),
                     static_cast<float>(std::max(x, x + width)), static_cast<float>(std::max(y, y + height))},
                    colour, 1);
    }
    return std::move(drawing).finish();
  };
  return {draw(one.truths, partners.truths, missed_colour), draw(found, partners.found, wrong_colour)};
}

}  // namespace maskrcnn::evaluate
