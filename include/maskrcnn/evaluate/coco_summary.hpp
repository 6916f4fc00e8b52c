/// The numbers of COCO's evaluation: where they are taken, and what they are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <maskrcnn/core/compiled.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

inline constexpr std::size_t coco_thresholds = 10, coco_recalls = 101, coco_areas = 4;

/// The overlap from which on a found object is right: 0.5, 0.55 .. 0.95, with the rounding of numpy's `linspace`, since
/// overlaps are often exactly 3/5 or 7/10.
[[nodiscard]] constexpr double coco_threshold(std::size_t i) {
  return i + 1 == coco_thresholds ? 0.95 : 0.5 + static_cast<double>(i) * ((0.95 - 0.5) / (coco_thresholds - 1));
}
/// 0, 0.01 .. 1.
[[nodiscard]] constexpr double coco_recall(std::size_t i) { return i + 1 == coco_recalls ? 1.0 : 0.01 * double(i); }

/// Which objects count, by their area in pixels; both ends belong to it.
struct AreaRange {
  const char* name;
  double smallest, largest;
};
inline constexpr std::array<AreaRange, coco_areas> coco_area_ranges{
    {{"all", 0, 1e10}, {"small", 0, 32.0 * 32}, {"medium", 32.0 * 32, 96.0 * 96}, {"large", 96.0 * 96, 1e10}}};

/// COCO's numbers of found objects per image and category that are looked at.
inline constexpr std::array<std::size_t, 3> coco_limits{1, 10, 100};

/// What COCO's evaluation prints, each from 0 to 1, or -1 where there is nothing to find.
struct CocoSummary {
  double ap = -1;  ///< average precision: mean over thresholds, recalls and categories
  double ap50 = -1, ap75 = -1;
  double ap_small = -1, ap_medium = -1, ap_large = -1;
  double ar_1 = -1, ar_10 = -1, ar = -1;  ///< average recall with the best 1, 10, and the limit's objects
  double ar_small = -1, ar_medium = -1, ar_large = -1;

  /// In COCO's order.
  [[nodiscard]] std::array<double, 12> values() const {
    return {ap, ap50, ap75, ap_small, ap_medium, ap_large, ar_1, ar_10, ar, ar_small, ar_medium, ar_large};
  }
};
inline constexpr std::array<const char*, 12> coco_summary_names{"AP",        "AP50",     "AP75",      "AP_small",
                                                                "AP_medium", "AP_large", "AR_1",      "AR_10",
                                                                "AR",        "AR_small", "AR_medium", "AR_large"};

/// How many found objects per image and category COCO looks at where keypoints are compared.
inline constexpr std::size_t coco_keypoint_limit = 20;

/// The same for keypoints, of whose objects none are called small.
struct KeypointSummary {
  double ap = -1, ap50 = -1, ap75 = -1, ap_medium = -1, ap_large = -1;
  double ar = -1, ar50 = -1, ar75 = -1, ar_medium = -1, ar_large = -1;

  /// In COCO's order.
  [[nodiscard]] std::array<double, 10> values() const {
    return {ap, ap50, ap75, ap_medium, ap_large, ar, ar50, ar75, ar_medium, ar_large};
  }
};
inline constexpr std::array<const char*, 10> keypoint_summary_names{"AP", "AP50", "AP75", "AP_medium", "AP_large",
                                                                    "AR", "AR50", "AR75", "AR_medium", "AR_large"};

/// One category, or the mean of all that have something to find.
struct CategoryScore {
  double ap = -1, ap50 = -1, ap75 = -1, ar = -1;
};

/// A found object fits a true one, or none, or is not looked at: beyond the limit, or part of a crowd.
enum class Outcome : std::uint8_t { right, wrong, ignored };

/// Precision at each of COCO's recalls.
using PrecisionCurve = std::array<float, coco_recalls>;

}  // namespace maskrcnn::evaluate
