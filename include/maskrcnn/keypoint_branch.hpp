/// The keypoint branch: which places of an object are its joints, or other points that all of its kind have.
#pragma once

#include <maskrcnn/roi_branches.hpp>
#include <maskrcnn/stages/keypoint_head.hpp>
#include <maskrcnn/stages/keypoints_from_heatmaps.hpp>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Keypoints for each object: what makes Faster R-CNN Keypoint R-CNN. How many there are, the weights say.
template <Backbone B, Convention C>
class KeypointBranch {
  using T = typename B::Scalar;

 public:
  using Result = KeypointDetection;
  static constexpr Heads heads{.keypoints = true};

  /// @param at the place of `keypoint_head` and `keypoint_predictor`
  KeypointBranch(const Parameters& at, const BranchOptions& options)
      : features_(
            roi_spec<C>(options.config, static_cast<Index>(options.config.keypoint_pool_size.value_or(B::mask_bins)),
                        options.config.keypoint_sampling_ratio),
            options.compute),
        head_(at, {.tower = tower_options(options.config, options.channels, options.compute)}) {}

  /// K, of each object.
  [[nodiscard]] Index keypoints() const { return head_.keypoints(); }

  /// k_i: the keypoints of each candidate, in pixels of the original image.
  template <class Results>
  void add_to(Results& results, const Candidates<T>& candidates, const std::vector<BasicBox<T>>& /*boxes*/,
              const RoiSource<B>& source) const {
    const std::span<const BasicBox<T>> boxes = candidates.boxes;
    const auto seen_boxes = as_seen<C>(candidates.boxes);
    const std::span<const BasicBox<T>> seen = seen_boxes;
    // heatmaps are forgotten as soon as they are read, so that memory does not grow with the number of objects
    const auto found = features_(source, boxes, [&](const Tensor<T, 4>& features, Index first) {
      return keypoints_from_heatmaps(head_(features), seen.subspan(first, features.size(0)), C::keypoints.score);
    });
    const T x = source.frame.template original_columns<T>(), y = source.frame.template original_rows<T>();
    for (Index i = 0; i < boxes.size(); ++i) {
      results[i].keypoints.resize(keypoints());
      for (Index k = 0; k < keypoints(); ++k) {
        const T* const point = &found(i, k, 0);
        results[i].keypoints[k] = {static_cast<float>(point[0] * x), static_cast<float>(point[1] * y),
                                   static_cast<float>(point[2])};
      }
    }
  }

 private:
  RoiFeatures<B, C> features_;
  KeypointHead<T> head_;
};

}  // namespace maskrcnn
