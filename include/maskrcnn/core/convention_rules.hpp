/// What conventions are made of: the choices that implementations have made differently, each with its name.
#pragma once

#include <array>
#include <cstddef>
#include <maskrcnn/core/compiled.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

enum class ChannelOrder { rgb, bgr };

/// How a float size of a resized image becomes an integer.
enum class SizeRounding { floor, half_up, half_even };

/// Where the sizes of a resized image come from. `one_scale`: both sides are multiplied by the smaller of the two
/// scales that the limits allow; `shorter_then_longer`: the shorter side gets its size, then both are scaled again
/// where the longer one would exceed its limit; `whole_shorter`: the shorter side gets its size or, where the longer
/// one would exceed its limit, the nearest whole size that is less, and the longer one follows; `one_factor`: as
/// `one_scale`, but the longer side is first rounded and then compared, and the factor is that of both axes from there
/// on, not the ratio of the sizes.
enum class SizeRule { one_scale, shorter_then_longer, whole_shorter, one_factor };

/// How pixels are resampled. `bilinear`: of normalised floats, half-pixel centres, no antialiasing; the others of 8-bit
/// pixels, to 8-bit pixels, before normalisation: `pillow`: Pillow's bilinear filter, antialiased; `opencv`: OpenCV's
/// INTER_LINEAR, half-pixel centres, no antialiasing, weights of 11 bits.
enum class Resampler { bilinear, pillow, opencv };

/// Which anchors of a position come first: all sizes of the first ratio, or all ratios of the first size.
enum class AnchorOrder { by_ratio, by_size };

/// How the sizes of anchors are rounded. `corners`: around (0, 0), to whole pixels; `stride`: widths and heights that a
/// square of the level's stride would have are whole, and multiplied by size / stride.
enum class AnchorRounding { none, corners, stride };

/// What proposals are ranked by. As floats, probabilities near 1 are ties where logits are not. `logit` and
/// `probability`: throughout; `logit_then_probability`: the best of each level are found by their logits, and suppress
/// each other by their probabilities.
enum class Objectness { logit_then_probability, logit, probability };

/// Where a level's anchors stand. `padded_over_feature`: padded input size / feature size, rounded down;
/// `power_of_two`: the stride of the finest map, twice that, ...
enum class AnchorStride { padded_over_feature, power_of_two };

/// Which convolution of a bottleneck block carries the stride.
enum class BottleneckStride { in_1x1, in_3x3 };

/// How a level's RoI scale is known. `from_heights`: 2^round(log2(feature height / resized height)), as torchvision
/// infers it; `power_of_two`: 1 / the stride of the finest map, half of that, ...
enum class RoiScale { from_heights, power_of_two };

enum class BackgroundClass { first, last };

/// How samples of one RoI bin become one value: `max` as the paper's first version and the lecture have it, `average`
/// as the released weights were trained.
enum class Pooling { max, average };

/// How RoIs are read from feature maps.
struct RoiRule {
  /// true: RoIPool, which snaps the RoI and its bins to whole feature cells (always max); false: RoIAlign.
  bool quantised = false;
  Pooling pooling = Pooling::average;
  /// Bilinear samples per bin and axis; 0 chooses ceil(RoI size / output size) for every RoI.
  int samples = 2;
  /// Whether the half-pixel shift is taken into account ("RoIAlign v2"); then RoIs narrower than a cell stay so.
  bool aligned = false;

  friend constexpr bool operator==(const RoiRule&, const RoiRule&) = default;
};

/// How masks are drawn into the image. `integer_box`: the mask is padded by one, the box grown to match, its corners
/// truncated to integers, and the mask resized to that integer box; `sampled`: the mask is sampled bilinearly at the
/// centre of every pixel, zeros beyond its edge.
enum class MaskPaste { integer_box, sampled };

/// What the stages of a cascade say together: the mean of their probabilities, or the softmax of the mean of their
/// logits.
enum class CascadeScores { probabilities, logits };

/// How the box heads of a cascade follow each other (Cai and Vasconcelos, "Cascade R-CNN").
struct CascadeRule {
  static constexpr std::size_t most = 3;
  /// How many box heads there may be; 0: the convention has no cascades.
  std::size_t stages = 0;
  /// By stage: what deltas of x, y, width and height are divided by.
  std::array<std::array<double, 4>, most> box_weights{};
  CascadeScores scores = CascadeScores::probabilities;
};

/// What the score of a keypoint is, besides where its heatmap is largest. `logit`: the heatmap's value there, of any
/// sign; `share`: from 0 to about 1, how much of exp(heatmap), summed over the network's own resolution, is there.
enum class KeypointScore { logit, share };

/// How keypoints are scored, and what becomes of that in COCO results and in drawings.
struct KeypointRule {
  KeypointScore score = KeypointScore::logit;
  /// Keypoints that score less are taken for guesses by whoever draws them.
  double sure_from = 0;
  /// What is taken off x and y in COCO results: COCO's truth numbers pixels, so that the centre of the first is 0.
  double coco_shift = 0;
  /// Whether the third number of each keypoint is its score there; else it is 1.
  bool coco_scores = false;

  friend constexpr bool operator==(const KeypointRule&, const KeypointRule&) = default;
};

}  // namespace maskrcnn
