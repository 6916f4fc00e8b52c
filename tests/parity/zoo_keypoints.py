"""The keypoint models of torchvision's and detectron2's zoos, at full size, for parity.py's comparison; and what their
published files hold.

Keypoints are compared as either side's evaluator would write them: detectron2's half a pixel less.
"""

import pathlib
import pickle

import numpy
import torch
from torchvision.models import detection
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.ops import MultiScaleRoIAlign
from torchvision.ops.misc import FrozenBatchNorm2d

import lively_model
import parity
from generated import WELL_CONDITIONED

TORCHVISION = {"COCO_V1": (0.0, "fc266e95"), "COCO_LEGACY": (1e-5, "9f466800")}
DETECTRON2 = {
    "keypoint_rcnn_R_50_FPN_1x": "137261548/model_final_04e291.pkl",
    "keypoint_rcnn_R_50_FPN_3x": "137849621/model_final_a6e10b.pkl",
    "keypoint_rcnn_R_101_FPN_3x": "138363331/model_final_997cc7.pkl",
    "keypoint_rcnn_X_101_32x8d_FPN_3x": "139686956/model_final_5ad38f.pkl",
}


def torchvision_case(version, masks=False):
    epsilon, digest = TORCHVISION[version]

    def make(picture, folder, slim_seed=0):
        pixels = parity.tensor(picture)
        model = lively_model.lively_model(pixels, seed=slim_seed, name="keypointrcnn_resnet50_fpn", classes=2)
        if masks:  # torchvision's heads run both branches, though no constructor of its makes them
            torch.manual_seed(slim_seed)
            heads = model.roi_heads
            heads.mask_roi_pool = MultiScaleRoIAlign(["0", "1", "2", "3"], 14, 2)
            heads.mask_head = MaskRCNNHeads(256, (256,) * 4, 1)
            heads.mask_predictor = MaskRCNNPredictor(256, 256, 2)
            lively_model._spread(model.eval(), heads.mask_predictor.mask_fcn_logits, pixels, 3.0)
        for module in model.modules():
            if isinstance(module, FrozenBatchNorm2d):
                module.eps = epsilon
        path = pathlib.Path(folder) / f"keypointrcnn_resnet50_fpn_coco-{digest}.pth"
        torch.save(model.state_dict(), path)

        def detect(image):
            with torch.no_grad():
                result = model([parity.tensor(image)])[0]
            found = [
                {"category_id": int(label), "score": float(score), "box": box.double().numpy(),
                 "keypoints": keypoints.double().numpy(), "keypoint_scores": scores.double().numpy()}
                for label, score, box, keypoints, scores in zip(
                    *(result[key] for key in ("labels", "scores", "boxes", "keypoints", "keypoints_scores")))
            ]  # fmt: skip
            for entry, mask in zip(found, result.get("masks", [])):
                entry["mask"] = mask[0].numpy() >= 0.5
            return found

        return path, detect

    return make


def detectron2_case(name, masks=False):
    def make(picture, folder, slim_seed=0):
        import detectron2_package as package

        config = package.configuration(f"COCO-Keypoints/{name}", ["MODEL.MASK_ON", masks])
        model = package.made_up(config, numpy.asarray(picture), slim_seed, **WELL_CONDITIONED)
        path = pathlib.Path(folder) / DETECTRON2[name]
        path.parent.mkdir(exist_ok=True)
        with open(path, "wb") as file:
            arrays = {key: value.numpy() for key, value in package.tensors(model).items()}
            pickle.dump({"model": arrays, "__author__": "made up"}, file, protocol=2)

        def detect(image):
            instances = package.instances(model, config, numpy.asarray(image))
            found = []
            for i in range(len(instances)):
                keypoints = instances.pred_keypoints[i].double().numpy() - [0.5, 0.5, 0]
                found.append({
                    "category_id": 1, "score": float(instances.scores[i]), "keypoints": keypoints,
                    "box": instances.pred_boxes.tensor[i].double().numpy(), "keypoint_scores": keypoints[:, 2],
                })  # fmt: skip
                if masks:
                    found[-1]["mask"] = instances.pred_masks[i].numpy()
            return found

        return path, detect

    return make


CASES = {
    **{f"torchvision keypointrcnn_resnet50_fpn {version}": torchvision_case(version) for version in TORCHVISION},
    **{f"detectron2 {name}": detectron2_case(name) for name in DETECTRON2 if not name.endswith("1x")},
    "torchvision keypointrcnn_resnet50_fpn with masks": torchvision_case("COCO_V1", masks=True),
    "detectron2 keypoint_rcnn_R_50_FPN_3x with masks": detectron2_case("keypoint_rcnn_R_50_FPN_3x", masks=True),
}


def torchvision_structure():
    """Under the names that torchvision had when the files were published."""
    with torch.device("meta"):
        model = detection.keypointrcnn_resnet50_fpn(weights=None, weights_backbone=None)
    shapes = {}
    for name, value in model.state_dict().items():
        if name.endswith("num_batches_tracked"):  # norms are frozen in the files
            continue
        for place in ("inner_blocks", "layer_blocks"):
            for level in range(4):
                name = name.replace(f"{place}.{level}.0.", f"{place}.{level}.")
        shapes[name.replace("rpn.head.conv.0.0.", "rpn.head.conv.")] = tuple(value.shape)
    return shapes


def detectron2_structure(name):
    import detectron2_package as package

    # it moves its anchors to their device as it is built, which tensors without numbers cannot be
    config = package.configuration(f"COCO-Keypoints/{name}")
    model = package.build_model(config)
    return {key: tuple(value.shape) for key, value in package.tensors(model).items()}


STRUCTURES = {
    "torchvision keypointrcnn_resnet50_fpn": torchvision_structure,
    **{f"detectron2 {name}": lambda name=name: detectron2_structure(name) for name in DETECTRON2 if not name.endswith("1x")},
}
