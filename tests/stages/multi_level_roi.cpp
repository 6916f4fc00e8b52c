#include <maskrcnn/stages/multi_level_roi.hpp>

#include <maskrcnn/stages/roi_align.hpp>
#include <maskrcnn/stages/roi_pool.hpp>

#include "support.hpp"

using maskrcnn::Index;
using maskrcnn::Torchvision;

TEST_CASE("levels are torchvision's, exactly, around every boundary") {
  const test::Golden golden("level_mapper");
  const auto boxes = golden.boxes<float>("case.boxes");
  const auto expected = golden.values<std::size_t>("case.levels");
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    CAPTURE(boxes[i].width());
    CAPTURE(boxes[i].height());
    CHECK(maskrcnn::roi_level(boxes[i], 1.0F / 4, 1.0F / 32, {}) == expected[i]);
  }
}

TEST_CASE_TEMPLATE("known levels", T, float, double) {
  const auto level = [](T side) {
    return maskrcnn::roi_level(maskrcnn::BasicBox<T>{0, 0, side, side}, T(1) / 4, T(1) / 32, {});
  };
  CHECK(level(0) == 0);
  CHECK(level(100) == 0);
  CHECK(level(112) == 1);
  CHECK(level(224) == 2);
  CHECK(level(448) == 3);
  CHECK(level(5000) == 3);
  const maskrcnn::BasicBox<T> box{0, 0, 224, 224};
  // detectron2's rule: the epsilon is inside the logarithm
  CHECK(maskrcnn::roi_level(box, T(1) / 4, T(1) / 32, {.epsilon_inside_log = 1e-8, .epsilon_outside_log = 0}) == 2);
}

TEST_CASE_TEMPLATE("RoIs are read from their levels as torchvision does", T, float, double) {
  const test::Golden golden("multi_level_roi");
  maskrcnn::FeaturePyramid<T> features;
  for (int i = 0; i < 4; ++i) features.push_back(golden.tensor<T>("case.features" + std::to_string(i)));
  const auto resized = golden.size("case.resized");
  const maskrcnn::Frame frame{.original = {10, 10}, .resized = resized, .padded = {320, 416}};
  CHECK(maskrcnn::roi_scales<T>(features, {}, frame) == golden.values<T>("case.scales"));
  const maskrcnn::MultiLevelRoi<T, maskrcnn::RoiAlign<maskrcnn::RoiSpec{7, Torchvision::roi}>> roi({});
  const auto pooled = roi(features, golden.boxes<T>("case.boxes"), frame);
  const auto expected = golden.tensor<T>("case.output");
  CHECK(pooled.shape() == expected.shape());
  CHECK(test::difference(pooled.elements(), expected.elements()) < 2 * test::tolerance<T>);
  CHECK(roi(features, std::vector<maskrcnn::BasicBox<T>>{}, frame).shape() == maskrcnn::Shape<4>{0, 7, 7, 2});
}

TEST_CASE("RoIPool takes RoIAlign's place") {
  maskrcnn::FeaturePyramid<float> features;
  for (const Index size : {32U, 16U, 8U, 4U}) features.push_back(test::random_tensor<float, 4>({1, size, size, 3}, 1));
  const maskrcnn::Frame frame{.original = {128, 128}, .resized = {128, 128}, .padded = {128, 128}};
  const maskrcnn::MultiLevelRoi<float, maskrcnn::RoiPool<7>> roi({});
  CHECK(roi(features, std::vector<maskrcnn::Box>{{0, 0, 50, 60}, {5, 5, 6, 6}}, frame).shape() ==
        maskrcnn::Shape<4>{2, 7, 7, 3});
}
