"""maskrcnn-benchmark's zoo, by maskrcnn-benchmark itself, and Detectron's by it and what that does otherwise:
maskrcnn_benchmark_package.py and detectron_package.py say where both come from."""

import functools

import torch

import detectron_package
import maskrcnn_benchmark_package as package
from generated import WELL_CONDITIONED
from parity import CATEGORIES

DEPTHS = {"R_50": (3, 4, 6, 3), "R_101": (3, 4, 23, 3), "X_101": (3, 4, 23, 3), "X_152": (3, 8, 36, 3)}
WIDE = ["MODEL.RESNETS.NUM_GROUPS", 64, "MODEL.RESNETS.WIDTH_PER_GROUP", 4]


def entries(boxes, scores, labels, masks, keypoints):
    found = [
        {"category_id": CATEGORIES[label - 1], "score": float(score), "box": box.double().numpy()}
        for box, score, label in zip(boxes, scores, labels)
    ]
    for entry, mask in zip(found, masks if masks is not None else ()):
        entry["mask"] = mask.numpy().astype(bool)
    for entry, points in zip(found, keypoints if keypoints is not None else ()):
        entry["keypoints"] = points.double().numpy()
    return found


def make(picture, folder, slim_seed=0, *, name):
    config = package.configuration(name)
    model = package.made_up(config, picture, slim_seed, **WELL_CONDITIONED)
    weights = folder / f"{name}.pth"
    torch.save({"model": {f"module.{key}": value for key, value in model.state_dict().items()}}, weights)
    return weights, lambda image: entries(*package.detect(model, config, image))


def make_detectron(picture, folder, slim_seed=0, *, name, changes=(), body="R_50"):
    config = package.configuration(name, changes)
    model = detectron_package.made_up(config, picture, slim_seed, **WELL_CONDITIONED)
    weights = detectron_package.save(model, folder / f"{name}.pkl", DEPTHS[body])
    return weights, lambda image: entries(*detectron_package.detect(model, config, image))


def structure(name):
    model = package.build_detection_model(package.configuration(name))
    return {f"module.{key}": tuple(value.shape) for key, value in model.state_dict().items()}


def structure_detectron(name, changes=(), body="R_50"):
    model = package.build_detection_model(package.configuration(name, changes))
    return {key: value.shape for key, value in detectron_package.blobs(model, DEPTHS[body]).items()}


NAMES = [f"e2e_{head}_rcnn_{body}_1x" for head in ("mask", "faster") for body in ("R_50_FPN", "R_101_FPN", "X_101_32x8d_FPN", "R_50_C4")]
DETECTRON = {
    f"e2e_{head}_rcnn_{name}": (f"e2e_{head}_rcnn_{like}_1x", changes, body)
    for head in ("mask", "faster")
    for name, like, changes, body in (
        ("R-50-FPN", "R_50_FPN", [], "R_50"), ("R-101-FPN", "R_101_FPN", [], "R_101"), ("R-50-C4", "R_50_C4", [], "R_50"),
        ("X-101-32x8d-FPN", "X_101_32x8d_FPN", [], "X_101"), ("X-101-64x4d-FPN", "X_101_32x8d_FPN", WIDE, "X_101"),
    )
}  # fmt: skip
NAMES.append("e2e_keypoint_rcnn_R_50_FPN_1x")
DETECTRON["e2e_mask_rcnn_X-152-32x8d-FPN-IN5k"] = ("caffe2/e2e_mask_rcnn_X-152-32x8d-FPN-IN5k_1.44x_caffe2", [], "X_152")
CASES = {name: functools.partial(make, name=name) for name in NAMES if "X_101" not in name or "mask" in name}
CASES |= {
    f"Detectron, {name}": functools.partial(make_detectron, name=like, changes=changes, body=body)
    for name, (like, changes, body) in DETECTRON.items()
    if body != "X_152"
}
STRUCTURES = {f"maskrcnn-benchmark/{name}": functools.partial(structure, name) for name in NAMES}
STRUCTURES |= {
    f"Detectron/{name}": functools.partial(structure_detectron, like, changes, body) for name, (like, changes, body) in DETECTRON.items()
}
