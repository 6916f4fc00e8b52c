#include <maskrcnn/stages/box_head.hpp>

#include <maskrcnn/stage_options.hpp>

#include "support.hpp"

using maskrcnn::Index;
using maskrcnn::Torchvision;

namespace {

/// [N, K] logits and [N, 4 K] deltas side by side.
template <class T>
[[nodiscard]] maskrcnn::Tensor<T, 2> side_by_side(const test::Golden& golden, const std::string& name) {
  const auto logits = golden.values<T>(name + ".logits"), deltas = golden.values<T>(name + ".deltas");
  const Index rows = golden.shape(name + ".logits")[0], classes = golden.shape(name + ".logits")[1];
  maskrcnn::Tensor<T, 2> both({rows, 5 * classes});
  for (Index i = 0; i < rows; ++i) {
    std::copy_n(logits.data() + i * classes, classes, &both(i, 0));
    std::copy_n(deltas.data() + 4 * i * classes, 4 * classes, &both(i, classes));
  }
  return both;
}

}  // namespace

TEST_CASE_TEMPLATE("class logits and box deltas are torchvision's", T, float, double) {
  const test::Golden golden("box_head");
  const auto at = golden.at("net");
  const maskrcnn::BoxPredictor<T> predictor(at, {.tower = {.channels = 6}, .bins = 7});
  const auto found = predictor(golden.tensor<T>("net.input"));
  CHECK(predictor.classes() == 5);
  CHECK(test::difference(found.elements(), side_by_side<T>(golden, "net").elements()) < test::tolerance<T>);
}

TEST_CASE_TEMPLATE("convolutions, norms and fully connected layers are as many as the weights have", T, float, double) {
  const test::Golden golden("conv_box_head");
  for (const std::string name : {"normed", "biased", "flat"}) {
    CAPTURE(name);
    const auto at = golden.at(name);
    const maskrcnn::BoxPredictor<T> predictor(at, {.tower = {.channels = 16}, .bins = 7});
    const auto found = predictor(golden.tensor<T>(name + ".input"));
    CHECK(predictor.classes() == 4);
    CHECK(test::difference(found.elements(), side_by_side<T>(golden, name).elements()) < test::tolerance<T>);
  }
}

TEST_CASE("the weights say how many bins their features have, unless somebody else does") {
  const auto made = [](std::size_t columns) {
    return test::MadeWeights()
        .add("box_head.fc6.weight", {3, columns})
        .add("box_head.fc6.bias", {3})
        .add("box_head.fc7.weight", {3, 3})
        .add("box_head.fc7.bias", {3})
        .add("box_predictor.cls_score.weight", {2, 3})
        .add("box_predictor.cls_score.bias", {2})
        .add("box_predictor.bbox_pred.weight", {8, 3})
        .add("box_predictor.bbox_pred.bias", {8})
        .weights();
  };
  const auto bins = [](const maskrcnn::Weights& weights, bool told) {
    return maskrcnn::BoxPredictor<float>(maskrcnn::Parameters(weights),
                                         {.tower = {.channels = 2}, .bins = 7, .bins_told = told})
        .bins();
  };
  CHECK(bins(made(2 * 49), false) == 7);
  CHECK(bins(made(2 * 25), false) == 5);
  CHECK(bins(made(2), false) == 1);
  CHECK(bins(made(2 * 49), true) == 7);
  CHECK(test::contains(test::error_of([&] { (void)bins(made(2 * 25), true); }), "shape [3,50], expected [any,98]"));
  CHECK(test::contains(test::error_of([&] { (void)bins(made(2 * 26), false); }), "shape [3,52], expected [any,98]"));
}

TEST_CASE("a layer that is missing is named") {
  const auto error = [](test::MadeWeights made) {
    const auto weights = made.weights();
    return test::error_of(
        [&] { maskrcnn::BoxPredictor<float>(maskrcnn::Parameters(weights), {.tower = {.channels = 2}, .bins = 1}); });
  };
  CHECK(test::contains(error({}), "'box_head.fc6.weight' is missing, expected shape [any,2]"));
  CHECK(test::contains(error(test::MadeWeights().add("box_head.fc6.weight", {3, 2}).add("box_head.fc6.bias", {3})),
                       "'box_head.fc7.weight' is missing, expected shape [any,3]"));
  CHECK(
      test::contains(error(test::MadeWeights().add("box_head.0.0.weight", {4, 2, 3, 3}).add("box_head.0.0.bias", {4})),
                     "'box_head.2.weight' is missing, expected shape [any,4]"));
}

TEST_CASE("detections are selected as torchvision does, in the same order") {
  const test::Golden golden("box_head");
  for (const std::string name : {"few", "many", "none"}) {
    auto predictions = side_by_side<float>(golden, name);
    const auto limit = static_cast<Index>(golden.values<int>(name + ".limit")[0]);
    maskrcnn::ModelConfig config;
    config.max_detections = static_cast<int>(limit);
    const auto rule = maskrcnn::detection_rule<Torchvision>(config);
    maskrcnn::softmax_classes(predictions);
    const auto found = maskrcnn::select_detections(predictions, golden.boxes<float>(name + ".proposals"),
                                                   golden.size(name + ".image"), rule);
    CAPTURE(name);
    CHECK(found.labels == golden.values<int>(name + ".labels"));
    CHECK(test::difference(found.scores, golden.values<float>(name + ".scores")) < 1e-6);
    CHECK(test::pixels_apart(found.boxes, golden.boxes<float>(name + ".boxes")) < 1e-4);
  }
}

TEST_CASE("no proposals, no candidates") {
  const test::Golden golden("box_head");
  const auto at = golden.at("net");
  const maskrcnn::BoxHead<float> head(at, {.predictor = {.tower = {.channels = 6}, .bins = 7}});
  CHECK(head(maskrcnn::Tensor<float, 4>({0, 7, 7, 6}), {}, {}).size() == 0);
}
