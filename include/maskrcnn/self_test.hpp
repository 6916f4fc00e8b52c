/// The self-test of a weight file: a small image and what the model found in it before the file was written.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <maskrcnn/core/detection.hpp>
#include <maskrcnn/core/image.hpp>
#include <maskrcnn/core/number.hpp>
#include <maskrcnn/core/number_text.hpp>
#include <maskrcnn/weights/load_weights.hpp>
#include <maskrcnn/weights/model_config.hpp>
#include <optional>
#include <string>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// Tensors of a self-test have names that begin so; models do not miss them.
inline constexpr const char* self_test_prefix = "self_test.";

/// An image and the objects that have to be found in it, with a score threshold of 0. Masks are compared by their
/// areas, keypoints by their places and scores.
struct SelfTest {
  struct Object {
    Box box;
    int label = 0;
    float score = 0;
    double area = -1;          ///< pixels of the mask; negative: there are no masks
    Keypoints keypoints = {};  ///< as many as the model makes
  };

  /// How far a result may be from the expected one.
  struct Tolerance {
    double score, box, area;  ///< absolute; pixels of a corner; of an area, relative, beyond four pixels
    /// How many of an object's keypoints, of 1, may be elsewhere: where two places of a heatmap are about as likely, a
    /// rounding decides. The others are as near as corners, their scores as near as those, beyond a fiftieth.
    double keypoints_elsewhere;
  };
  /// What other processors' arithmetic may do, and no more.
  static constexpr Tolerance exact{.score = 1e-3, .box = 0.5, .area = 0.02, .keypoints_elsewhere = 0.1};
  /// The same where the objects were found before the file's numbers were rounded to F16. In networks of generated
  /// weights that moves scores by less than 0.005, rarely 0.01, and corners by less than a pixel; in the bundled one,
  /// lost channels moved one of the five best by more than 0.01 in every image.
  static constexpr Tolerance rounded{.score = 1e-2, .box = 2, .area = 0.05, .keypoints_elsewhere = 0.3};

  Image image;
  std::vector<Object> objects;
  Tolerance tolerance = exact;

  /// What is compared of detections: the first `limit` of them.
  template <class Objects>
  [[nodiscard]] static std::vector<Object> objects_of(const Objects& detections, std::size_t limit) {
    std::vector<Object> objects;
    for (std::size_t i = 0; i < std::min<std::size_t>(limit, detections.size()); ++i) {
      const auto& detection = detections[i];
      Object object{.box = detection.box, .label = detection.label, .score = detection.score};
      if constexpr (requires { detection.mask; })
        if (has_mask(detection)) object.area = static_cast<double>(detection.mask.area());
      const auto keypoints = keypoints_of(detections, i);
      object.keypoints.assign(keypoints.begin(), keypoints.end());
      objects.push_back(object);
    }
    return objects;
  }

  /// @throws Error naming the first expected object that is not among `detections`
  template <class Objects>
  void check(const Objects& detections, const std::string& file) const {
    const std::vector<Object> found = objects_of(detections, detections.size());
    for (std::size_t i = 0; i < objects.size(); ++i) {
      const Object& expected = objects[i];
      if (std::any_of(found.begin(), found.end(), [&](const Object& object) { return same(expected, object); }))
        continue;
      fail("self-test: expected object ", i + 1, " of ", objects.size(), ", ", text(expected),
           ", found none like it among ", found.size(), found.empty() ? "" : ", the best of which is ",
           found.empty() ? "" : text(found.front()), " (file ", file, ")");
    }
  }

 private:
  [[nodiscard]] bool same(const Object& a, const Object& b) const {
    const auto near = [this](float x, float y) { return std::abs(x - y) <= static_cast<float>(tolerance.box); };
    return a.label == b.label && std::abs(a.score - b.score) <= static_cast<float>(tolerance.score) &&
           near(a.box.x0, b.box.x0) && near(a.box.y0, b.box.y0) && near(a.box.x1, b.box.x1) &&
           near(a.box.y1, b.box.y1) && std::abs(a.area - b.area) <= 4 + tolerance.area * a.area &&
           same(a.keypoints, b.keypoints);
  }

  [[nodiscard]] bool same(const Keypoints& a, const Keypoints& b) const {
    if (a.size() != b.size()) return false;
    std::size_t elsewhere = 0;
    for (std::size_t k = 0; k < a.size(); ++k) {
      const double place = std::max(std::abs(a[k].x - b[k].x), std::abs(a[k].y - b[k].y));
      const double score = std::abs(a[k].score - b[k].score);
      const bool near = place <= tolerance.box && score <= tolerance.score + 0.02 * std::abs(a[k].score);
      elsewhere += near ? 0 : 1;
    }
    return static_cast<double>(elsewhere) <= tolerance.keypoints_elsewhere * static_cast<double>(a.size());
  }

  [[nodiscard]] static std::string text(const Object& object) {
    const auto number = [](float value) { return decimals(double{value}, 6); };
    return "label " + std::to_string(object.label) + " with score " + number(object.score) + " in [" +
           number(object.box.x0) + ", " + number(object.box.y0) + ", " + number(object.box.x1) + ", " +
           number(object.box.y1) + "]";
  }
};

/// The self-test of a file; nothing, if it has none. A tensor `self_test.rounded`, whatever it holds, says that the
/// objects were found before the file's numbers were rounded; `self_test.keypoints` [n, K, 3] has x, y and score of
/// their keypoints, if there are any.
/// @throws Error if it has one that makes no sense
[[nodiscard]] inline std::optional<SelfTest> self_test_of(const Weights& weights) {
  const auto find = [&](const char* name) { return weights.find(self_test_prefix + std::string(name)); };
  const StoredTensor *const image = find("image"), *const objects = find("objects"), *const rounded = find("rounded"),
                            *const keypoints = find("keypoints");
  if (image == nullptr && objects == nullptr) return std::nullopt;
  if (image == nullptr || objects == nullptr || image->type != DType::u8 || image->shape.size() != 3 ||
      image->shape[2] != 3 || image->count() == 0 || image->shape[0] > 4096 || image->shape[1] > 4096 ||
      objects->type != DType::f32 || objects->shape.size() != 2 || objects->shape[1] != 7)
    fail("weights: a self-test expects a U8 tensor '", self_test_prefix,
         "image' [height, width, 3] and an F32 tensor '", self_test_prefix,
         "objects' [n, 7], found something else (file ", weights.file(), ")");
  if (keypoints != nullptr && (keypoints->type != DType::f32 || keypoints->shape.size() != 3 ||
                               keypoints->shape[0] != objects->shape[0] || keypoints->shape[2] != 3))
    fail("weights: a self-test expects an F32 tensor '", self_test_prefix, "keypoints' [", objects->shape[0],
         ", K, 3], found shape ", shape_text(keypoints->shape), " of ", keypoints->type_name, " (file ", weights.file(),
         ")");
  std::vector<std::uint8_t> pixels(image->count());
  std::memcpy(pixels.data(), image->data, pixels.size());
  SelfTest test{
      .image = Image({static_cast<int>(image->shape[0]), static_cast<int>(image->shape[1])}, std::move(pixels)),
      .objects = {},
      .tolerance = rounded == nullptr ? SelfTest::exact : SelfTest::rounded};
  for (std::size_t i = 0; i < objects->shape[0]; ++i) {
    const auto value = [&](std::size_t column) { return objects->element<float>(7 * i + column); };
    const float label = value(4);
    if (!reaches(label, 0) || label >= 1e6F)
      fail("weights: a self-test expects labels of 0 or more, found ", label, " (file ", weights.file(), ")");
    test.objects.push_back({.box = {value(0), value(1), value(2), value(3)},
                            .label = static_cast<int>(label),
                            .score = value(5),
                            .area = static_cast<double>(value(6)),
                            .keypoints = {}});
    const std::size_t count = keypoints == nullptr ? 0 : keypoints->shape[1];
    for (std::size_t k = 0; k < count; ++k) {
      const auto number = [&](std::size_t n) { return keypoints->element<float>((i * count + k) * 3 + n); };
      test.objects.back().keypoints.push_back({number(0), number(1), number(2)});
    }
  }
  return test;
}

/// Runs the self-test of a file on a model of type `Model`, built for the purpose: `load_weights(path, verify<Model>)`.
/// @throws Error if the file has none, or if the model does not find in the image what it should
template <class Model>
inline constexpr auto verify = [](const Weights& weights) {
  const std::optional<SelfTest> test = self_test_of(weights);
  if (!test) fail("weights: expected a self-test, found none; maskrcnn-convert writes one (file ", weights.file(), ")");
  if (test->objects.empty())
    fail(
        "self-test: expected objects to be found, found a test of none, which says nothing; convert the checkpoint "
        "anew, "
        "with an image that has some (file ",
        weights.file(), ")");
  ModelConfig config = ModelConfig::from(weights);
  config.box_score_threshold = 0;
  test->check(Model(weights, config)(test->image), weights.file());
};

/// Reads a weight file and has it checked: `load_weights(path, verify<MaskRCNN<ResNet50Fpn>>)`.
/// @throws Error as `load_weights` and `check` do
template <class Check>
[[nodiscard]] Weights load_weights(const std::string& path, const Check& check) {
  Weights weights = load_weights(path);
  check(weights);
  return weights;
}

}  // namespace maskrcnn
