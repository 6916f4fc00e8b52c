/// Detections: what a model returns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/error.hpp>
#include <span>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// A binary mask that stores only the patch around its object. Outside the patch the mask is 0.
class Mask {
 public:
  Mask() = default;

  /// @param image  size of the whole image, in pixels
  /// @param left   first column of the patch in the image; `top` its first row
  /// @param patch  size of the patch
  /// @throws Error if the patch does not lie inside the image
  Mask(Size image, int left, int top, Size patch) : image_(image), left_(left), top_(top), patch_(patch) {
    if (left < 0 || top < 0 || patch.width < 0 || patch.height < 0 || patch.width > image.width - left ||
        patch.height > image.height - top)
      fail("mask: expected a patch inside the image of ", image.width, " x ", image.height, " pixels, found one of ",
           patch.width, " x ", patch.height, " at (", left, ", ", top, ")");
    pixels_.resize(static_cast<std::size_t>(patch.height) * static_cast<std::size_t>(patch.width));
  }

  /// Size of the image that the mask belongs to, in pixels.
  [[nodiscard]] Size image_size() const { return image_; }
  /// Where the stored patch begins in the image, and how large it is.
  [[nodiscard]] int left() const { return left_; }
  [[nodiscard]] int top() const { return top_; }
  [[nodiscard]] Size patch_size() const { return patch_; }

  /// Row `y` of the patch, 0 <= y < patch_size().height: one byte a pixel, 1 inside the object, 0 outside.
  [[nodiscard]] std::uint8_t* patch_row(int y) { return pixels_.data() + offset(y); }
  [[nodiscard]] const std::uint8_t* patch_row(int y) const { return pixels_.data() + offset(y); }

  /// Whether pixel (x, y) of the image belongs to the object; any coordinates are allowed.
  [[nodiscard]] bool operator()(int x, int y) const {
    if (x < left_ || y < top_) return false;  // first: differences of extreme coordinates overflow
    const int column = x - left_, row = y - top_;
    return column < patch_.width && row < patch_.height && patch_row(row)[column] != 0;
  }

  /// Number of pixels that belong to the object.
  [[nodiscard]] std::size_t area() const {
    std::size_t count = 0;
    for (const std::uint8_t pixel : pixels_) count += pixel;
    return count;
  }

  friend bool operator==(const Mask&, const Mask&) = default;

 private:
  [[nodiscard]] std::size_t offset(int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(patch_.width);
  }

  Size image_;
  int left_ = 0, top_ = 0;
  Size patch_;
  std::vector<std::uint8_t> pixels_;
};

/// One object found by Faster R-CNN: box in pixels of the original image, class index (0 is the background and never
/// returned by torchvision's convention), probability of that class.
struct BoxDetection {
  Box box;
  int label = 0;
  float score = 0;
};

/// One object found by Mask R-CNN.
struct Detection {
  Box box;
  int label = 0;
  float score = 0;
  Mask mask;
};

/// One keypoint of an object: a joint of a person, say.
struct Keypoint {
  float x = 0, y = 0;  ///< in pixels of the original image; the centre of the first pixel is (0.5, 0.5)
  float score = 0;     ///< what `KeypointRule::score` of the model's convention says

  friend bool operator==(const Keypoint&, const Keypoint&) = default;
};
/// The keypoints of one object, as many for each, in the order of the model's training data.
using Keypoints = std::vector<Keypoint>;

/// One object found by Keypoint R-CNN.
struct KeypointDetection {
  Box box;
  int label = 0;
  float score = 0;
  Keypoints keypoints;
};

/// One object found by a model with a mask and a keypoint branch.
struct MaskKeypointDetection {
  Box box;
  int label = 0;
  float score = 0;
  Mask mask;
  Keypoints keypoints;
};

/// What a model returns of each object whose branches, alone, would return these.
template <class... Results>
struct CombinedResult;
template <>
struct CombinedResult<> {
  using Type = BoxDetection;
};
template <class Result>
struct CombinedResult<Result> {
  using Type = Result;
};
template <>
struct CombinedResult<Detection, KeypointDetection> {
  using Type = MaskKeypointDetection;
};

/// What a model returns for one image: objects in order of falling score.
using BoxDetections = std::vector<BoxDetection>;
using Detections = std::vector<Detection>;
using KeypointDetections = std::vector<KeypointDetection>;
using MaskKeypointDetections = std::vector<MaskKeypointDetection>;

/// Whether a result has a mask: what models without masks find has an empty one, of no image.
template <class Result>
[[nodiscard]] bool has_mask(const Result& detection) {
  if constexpr (requires { detection.mask; })
    return detection.mask.image_size() != Size{};
  else
    return false;
}

/// What a model of any kind returns for one image: objects in order of falling score, each with what its model makes.
class AnyDetections {
 public:
  AnyDetections() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): what a model of a given type returns is a result of any model
  AnyDetections(Detections detections) : objects_(std::move(detections)), has_masks_(true) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  AnyDetections(BoxDetections detections) { take(std::move(detections)); }
  // NOLINTNEXTLINE(google-explicit-constructor)
  AnyDetections(KeypointDetections detections) : has_keypoints_(true) { take(std::move(detections)); }
  // NOLINTNEXTLINE(google-explicit-constructor)
  AnyDetections(MaskKeypointDetections detections) : has_masks_(true), has_keypoints_(true) {
    take(std::move(detections));
  }

  /// Whether the model makes masks; if not, those of its objects are empty.
  [[nodiscard]] bool has_masks() const { return has_masks_; }
  /// Whether the model makes keypoints.
  [[nodiscard]] bool has_keypoints() const { return has_keypoints_; }
  /// The keypoints of object number `index`; none, if the model makes none.
  [[nodiscard]] std::span<const Keypoint> keypoints(std::size_t index) const {
    return has_keypoints_ ? std::span<const Keypoint>(keypoints_[index]) : std::span<const Keypoint>();
  }

  [[nodiscard]] const Detections& objects() const { return objects_; }
  [[nodiscard]] std::size_t size() const { return objects_.size(); }
  [[nodiscard]] bool empty() const { return objects_.empty(); }
  [[nodiscard]] const Detection& operator[](std::size_t index) const { return objects_[index]; }
  [[nodiscard]] auto begin() const { return objects_.begin(); }
  [[nodiscard]] auto end() const { return objects_.end(); }

 private:
  template <class Results>
  void take(Results detections) {
    objects_.resize(detections.size());
    if (has_keypoints_) keypoints_.resize(detections.size());
    for (std::size_t i = 0; i < detections.size(); ++i) {
      auto& found = detections[i];
      objects_[i] = {.box = found.box, .label = found.label, .score = found.score, .mask = {}};
      if constexpr (requires { found.mask; }) objects_[i].mask = std::move(found.mask);
      if constexpr (requires { found.keypoints; }) keypoints_[i] = std::move(found.keypoints);
    }
  }

  Detections objects_;
  std::vector<Keypoints> keypoints_;  ///< of each object, if there are any
  bool has_masks_ = false, has_keypoints_ = false;
};

/// The keypoints of object number `index` of what any model returns; none, if it makes none.
template <class Objects>
[[nodiscard]] std::span<const Keypoint> keypoints_of(const Objects& detections, std::size_t index) {
  if constexpr (requires { detections[index].keypoints; })
    return detections[index].keypoints;
  else if constexpr (requires { detections.keypoints(index); })
    return detections.keypoints(index);
  else
    return {};
}

/// Objects on their way through the network: entry i of each list belongs to object i; boxes are in pixels of the
/// resized image, scores fall.
template <class T>
struct Candidates {
  std::vector<BasicBox<T>> boxes;
  std::vector<int> labels;
  std::vector<T> scores;

  [[nodiscard]] std::size_t size() const { return boxes.size(); }
};

}  // namespace maskrcnn
