#include <maskrcnn/ops/nms.hpp>

#include "support.hpp"

using maskrcnn::BasicBox;
using maskrcnn::Index;

TEST_CASE("survivors are torchvision's, in order") {
  const test::Golden golden("nms");
  for (const std::string name : {"shifted", "per_class", "strict", "ties", "one"}) {
    const auto boxes = golden.boxes<float>(name + ".boxes");
    const auto scores = golden.values<float>(name + ".scores");
    const auto classes = golden.values<int>(name + ".classes");
    const auto expected = golden.values<Index>(name + ".kept");
    const double threshold = name == "strict" ? 0.05 : name == "ties" ? 0.7 : 0.5;
    const auto kept = maskrcnn::nms_per_class<float>(
        boxes, scores, classes, {.iou_threshold = threshold, .limit = boxes.size(), .shift_limit = 1000});
    CAPTURE(name);
    CHECK(kept == expected);
    const auto some = maskrcnn::nms_per_class<float>(
        boxes, scores, classes, {.iou_threshold = threshold, .limit = expected.size() / 2, .shift_limit = 1000});
    CHECK(some ==
          std::vector<Index>(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(expected.size() / 2)));
  }
}

TEST_CASE_TEMPLATE("boxes of different classes leave each other alone", T, float, double) {
  const std::vector<BasicBox<T>> boxes{{0, 0, 10, 10}, {0, 0, 10, 9}, {0, 0, 10, 10}};
  const std::vector<T> scores{T(0.5), T(0.6), T(0.7)};
  const std::vector<int> classes{1, 1, 2};
  for (const Index shift_limit : {0U, 1000U})
    CHECK(maskrcnn::nms_per_class<T>(boxes, scores, classes,
                                     {.iou_threshold = 0.5, .limit = 10, .shift_limit = shift_limit}) ==
          std::vector<Index>{2, 1});
}

TEST_CASE("an overlap of exactly the threshold is no reason to go") {
  const std::vector<BasicBox<float>> boxes{{0, 0, 2, 1}, {0, 0, 1, 1}};
  const std::vector<float> scores{2, 1};
  const std::vector<int> classes{0, 0};
  CHECK(maskrcnn::nms_per_class<float>(boxes, scores, classes, {.iou_threshold = 0.5, .limit = 9}).size() == 2);
  CHECK(maskrcnn::nms_per_class<float>(boxes, scores, classes, {.iou_threshold = 0.49, .limit = 9}).size() == 1);
}

TEST_CASE("no boxes, empty boxes, no room") {
  CHECK(maskrcnn::nms_per_class<float>({}, {}, {}, {.limit = 5}).empty());
  const std::vector<BasicBox<float>> boxes{{1, 1, 1, 1}, {1, 1, 1, 1}};
  const std::vector<float> scores{1, 1};
  const std::vector<int> classes{0, 0};
  CHECK(maskrcnn::nms_per_class<float>(boxes, scores, classes, {.limit = 5}) == std::vector<Index>{0, 1});
  CHECK(maskrcnn::nms_per_class<float>(boxes, scores, classes, {.limit = 0}).empty());
  CHECK(maskrcnn::nms_per_class<float>(boxes, scores, classes, {}).size() == 2);  // no limit, unless one is set
}
