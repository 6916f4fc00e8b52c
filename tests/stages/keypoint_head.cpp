#include <maskrcnn/stages/keypoint_head.hpp>

#include "support.hpp"

using maskrcnn::Index;

namespace {

/// A place as models see it, under torchvision's names of now.
[[nodiscard]] maskrcnn::Weights renamed(const test::Golden& golden, const std::string& name) {
  maskrcnn::Weights::Tensors tensors;
  for (const auto& [key, tensor] : golden.weights().tensors())
    if (key.starts_with(name + ".")) tensors["roi_heads." + key.substr(name.size() + 1)] = tensor;
  tensors["rpn.x"] = tensors.begin()->second;
  return {"made", std::move(tensors), {}, nullptr};
}

}  // namespace

TEST_CASE_TEMPLATE("heatmaps are torchvision's", T, float, double) {
  const test::Golden golden("keypoint_head");
  for (const auto& [file, keypoints] : {std::pair<std::string, Index>{"deep", 17}, {"shallow", 2}}) {
    const std::string name = file;
    CAPTURE(name);
    const maskrcnn::Weights weights = renamed(golden, name);
    const maskrcnn::Parameters root(weights);
    const maskrcnn::KeypointHead<T> head(root / "roi_heads", {.tower = {.channels = 6}});
    CHECK(head.keypoints() == keypoints);
    const auto found = head(golden.tensor<T>(name + ".input"));
    CHECK(found.shape() == maskrcnn::Shape<4>{2, keypoints, 28, 28});
    CHECK(test::difference(found.elements(), golden.values<T>(name + ".output")) < test::tolerance<T>);
  }
}

TEST_CASE("no RoIs make no heatmaps, and a deconvolution of another size is refused") {
  const test::Golden golden("keypoint_head");
  const maskrcnn::Weights weights = renamed(golden, "shallow");
  const maskrcnn::Parameters root(weights);
  const maskrcnn::KeypointHead<float> head(root / "roi_heads", {.tower = {.channels = 6}});
  CHECK(head(maskrcnn::Tensor<float, 4>({0, 14, 14, 6})).shape() == maskrcnn::Shape<4>{0, 2, 56, 56});
  const auto small = test::MadeWeights()
                         .add("roi_heads.keypoint_predictor.kps_score_lowres.weight", {6, 17, 2, 2})
                         .add("roi_heads.keypoint_predictor.kps_score_lowres.bias", {17})
                         .weights();
  CHECK(test::error_of([&] {
          maskrcnn::KeypointHead<float>(maskrcnn::Parameters(small) / "roi_heads", {.tower = {.channels = 6}});
        }) ==
        "weights: 'roi_heads.keypoint_predictor.kps_score_lowres.weight' has shape [6,17,2,2], expected "
        "[6,any,4,4] (file made)");
}
