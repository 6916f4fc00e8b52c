#include <maskrcnn/weights/require_convention.hpp>

#include "support.hpp"

using maskrcnn::Detectron2;
using maskrcnn::Torchvision;
using maskrcnn::TorchvisionRoiPool;

namespace {

/// Files by who named their tensors, and what their metadata say of the convention; empty: nothing.
[[nodiscard]] maskrcnn::Weights file(const std::string& naming, const std::string& convention = "") {
  test::MadeWeights made;
  made.add(naming == "torchvision" ? "rpn.head.cls_logits.bias" : "proposal_generator.rpn_head.conv.weight", {1});
  if (!convention.empty()) made.say("convention", convention);
  return made.weights();
}

template <class C>
[[nodiscard]] std::string error(const maskrcnn::Weights& weights) {
  return test::error_of([&] { maskrcnn::require_convention<C>(weights); });
}

}  // namespace

TEST_CASE("a model runs files of its own convention, and refuses those of others") {
  CHECK(error<Torchvision>(file("torchvision")) == "(no error)");
  CHECK(error<Detectron2>(file("detectron2")) == "(no error)");
  CHECK(error<Torchvision>(file("torchvision", "torchvision")) == "(no error)");
  CHECK(error<Torchvision>(file("detectron2", "torchvision")) == "(no error)");  // the metadata decide
  CHECK(error<Detectron2>(file("torchvision", "detectron2")) == "(no error)");   // as converted files have it
  CHECK(error<TorchvisionRoiPool>(file("torchvision", "torchvision_roi_pool")) == "(no error)");
  CHECK(error<Torchvision>(file("torchvision", "torchvision_roi_pool")) ==
        "model: expected weights of convention 'torchvision', found 'torchvision_roi_pool', as metadata 'convention' "
        "says; run them with MaskRCNN<..., TorchvisionRoiPool> or FasterRCNN<..., TorchvisionRoiPool>, or with "
        "load_model, which chooses by the file (file made)");
  CHECK(error<Torchvision>(file("detectron2")) ==
        "model: expected weights of convention 'torchvision', found 'detectron2', as the tensors' names tell; run them "
        "with MaskRCNN<..., Detectron2> or FasterRCNN<..., Detectron2>, or with load_model, which chooses by the file "
        "(file made)");
  CHECK(test::contains(error<Detectron2>(file("torchvision")), "expected weights of convention 'detectron2', found"));
  CHECK(test::contains(error<Detectron2>(file("detectron2", "torchvision")), "as metadata 'convention' says"));
  CHECK(test::contains(error<TorchvisionRoiPool>(file("torchvision", "torchvision")), "found 'torchvision'"));
  CHECK(test::contains(error<TorchvisionRoiPool>(file("detectron2")), "found 'detectron2'"));
  CHECK(test::contains(error<Torchvision>(file("torchvision", "evil\n\x1B")), "found 'evil\?\?'"));
}

TEST_CASE("any of torchvision's conventions may be chosen for its files that do not say one") {
  CHECK(error<TorchvisionRoiPool>(file("torchvision")) == "(no error)");
  CHECK(error<maskrcnn::TorchvisionRoiAlignMax>(file("torchvision")) == "(no error)");
}

TEST_CASE("metadata may not name another head than the model's") {
  using maskrcnn::Heads;
  const Heads mask{.masks = true}, keypoints{.keypoints = true}, both = mask | keypoints;
  const auto error_of_head = [](const std::string& architecture, const Heads& heads) {
    const auto weights = test::MadeWeights().say("architecture", architecture).weights();
    return test::error_of([&] { maskrcnn::require_head(weights, heads); });
  };
  CHECK(error_of_head("mask_rcnn_resnet50_fpn", mask) == "(no error)");
  CHECK(error_of_head("faster_rcnn_resnet50_fpn", {}) == "(no error)");
  CHECK(error_of_head("mask_keypoint_rcnn_resnet50_fpn", both) == "(no error)");
  CHECK(error_of_head("resnet50_fpn", mask) == "(no error)");  // says nothing of a head
  CHECK(
      error_of_head("faster_rcnn_resnet50_fpn", mask) ==
      "model: expected weights of architecture 'mask_rcnn_...', found 'faster_rcnn_resnet50_fpn', as metadata "
      "'architecture' says; run them with FasterRCNN<...>, or with load_model, which chooses by the file (file made)");
  CHECK(test::contains(error_of_head("mask_rcnn_resnet50_fpn", {}), "run them with MaskRCNN<...>"));
  CHECK(test::contains(error_of_head("mask_keypoint_rcnn_resnet50_fpn", mask), "run them with MaskKeypointRCNN<...>"));
  CHECK(test::contains(error_of_head("mask_rcnn_resnet50_fpn", both),
                       "expected weights of architecture "
                       "'mask_keypoint_rcnn_...'"));
  CHECK(test::error_of([&] { maskrcnn::require_head(test::MadeWeights().weights(), mask); }) == "(no error)");
}
