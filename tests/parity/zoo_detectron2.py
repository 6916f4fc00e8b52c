"""detectron2's zoo, by detectron2 itself: detectron2_package.py says where it comes from. Files are its .pkl, arrays of NumPy."""

import functools
import pickle

import numpy
import torch

import detectron2_package as package
from generated import WELL_CONDITIONED
from parity import CATEGORIES

# the heads of new_baselines, whose configurations are programs that need more than this package has
TOWERS = [
    "MODEL.RPN.CONV_DIMS", [-1, -1], "MODEL.ROI_BOX_HEAD.NAME", "FastRCNNConvFCHead", "MODEL.ROI_BOX_HEAD.NUM_CONV", 4,
    "MODEL.ROI_BOX_HEAD.NUM_FC", 1, "MODEL.ROI_BOX_HEAD.NORM", "BN", "MODEL.RESNETS.NORM", "BN", "MODEL.FPN.NORM", "BN",
    "MODEL.ROI_MASK_HEAD.NORM", "BN",
]  # fmt: skip
BN = ["MODEL.RESNETS.NORM", "BN", "MODEL.FPN.NORM", "BN", "MODEL.ROI_BOX_HEAD.NORM", "BN", "MODEL.ROI_MASK_HEAD.NORM", "BN"]


def save(model, path):
    path.parent.mkdir(exist_ok=True)
    arrays = {key: value.numpy() for key, value in package.tensors(model).items()}
    with open(path, "wb") as file:
        pickle.dump({"model": arrays, "__author__": "made up"}, file, protocol=2)
    return path


def entries(found, classes):
    """Of what `package.detect` returns."""
    boxes, scores, labels, masks = found
    detections = [
        {"category_id": CATEGORIES[label] if classes == 80 else int(label), "score": float(score), "box": box.double().numpy()}
        for box, score, label in zip(boxes, scores, labels)
    ]
    for i, entry in enumerate(detections if masks is not None else ()):
        entry["mask"] = masks[i].numpy()
    return detections


def make(picture, folder, slim_seed=0, *, name, changes=(), path=None, alter=lambda model: None):
    config = package.configuration(name, changes)
    model = package.made_up(config, numpy.asarray(picture), slim_seed, **WELL_CONDITIONED)
    alter(model)
    weights = save(model, folder / (path or f"{name.replace('/', '_')}.pkl"))
    return weights, lambda image: entries(package.detect(model, config, numpy.asarray(image)), config.MODEL.ROI_HEADS.NUM_CLASSES)


def dilate(model):
    """The branch that runs at test time (projects/TridentNet/tridentnet/trident_backbone.py)."""
    for block in model.backbone.res4:
        block.conv2.dilation = block.conv2.padding = (2, 2)


def structure(name, changes=()):
    """Names and shapes of the file of that name in the zoo."""
    with torch.device("meta"):
        model = package.build_model(package.configuration(name, ["MODEL.DEVICE", "meta", *changes]))
    return {key: tuple(value.shape) for key, value in package.tensors(model).items()}


# name in the zoo: changes of its configuration
STRUCTURE = {
    f"{head}_rcnn_{body}_3x": []
    for head in ("mask", "faster")
    for body in ("R_50_FPN", "R_101_FPN", "X_101_32x8d_FPN", "R_50_C4", "R_101_C4", "R_50_DC5", "R_101_DC5")
}
STRUCTURE |= {
    "COCO-PanopticSegmentation/panoptic_fpn_R_50_3x": [],
    "COCO-PanopticSegmentation/panoptic_fpn_R_101_3x": [],
    "Misc/cascade_mask_rcnn_R_50_FPN_3x": [],
    "Misc/mask_rcnn_R_50_FPN_3x_syncbn": BN,
    "Misc/scratch_mask_rcnn_R_50_FPN_9x_syncbn": BN,
    "Cityscapes/mask_rcnn_R_50_FPN": [],
    "LVISv0.5-InstanceSegmentation/mask_rcnn_R_50_FPN_1x": [],
    "LVISv0.5-InstanceSegmentation/mask_rcnn_R_101_FPN_1x": [],
    "LVISv0.5-InstanceSegmentation/mask_rcnn_X_101_32x8d_FPN_1x": [],
    "Detectron1-Comparisons/mask_rcnn_R_50_FPN_noaug_1x": [],
    "Detectron1-Comparisons/faster_rcnn_R_50_FPN_noaug_1x": [],
    "PascalVOC-Detection/faster_rcnn_R_50_C4": [],
}
# files that are not what their tensors look like, and the end of the address that they are published under
PATHS = {
    "Detectron1-Comparisons/mask_rcnn_R_50_FPN_noaug_1x": "137781281/model_final_62ca52.pkl",
    "Detectron1-Comparisons/faster_rcnn_R_50_FPN_noaug_1x": "137781054/model_final_7ab50c.pkl",
    "LVISv0.5-InstanceSegmentation/mask_rcnn_R_101_FPN_1x": "144219035/model_final_824ab5.pkl",
    "LVISv0.5-InstanceSegmentation/mask_rcnn_X_101_32x8d_FPN_1x": "144219108/model_final_5e3439.pkl",
    "Cityscapes/mask_rcnn_R_50_FPN": "142423278/model_final_af9cf5.pkl",
    "LVISv0.5-InstanceSegmentation/mask_rcnn_R_50_FPN_1x": "144219072/model_final_571f7c.pkl",
    "Misc/scratch_mask_rcnn_R_50_FPN_9x_syncbn": "184226666/model_final_5ce33e.pkl",
}
CASES = {
    name: functools.partial(make, name=name, changes=changes, path=PATHS.get(name)) for name, changes in STRUCTURE.items()
}
CASES["TridentNet/tridentnet_fast_R_50_C4_1x"] = functools.partial(
    make, name="faster_rcnn_R_50_C4_1x", path="148572687/model_final_756cda.pkl", alter=dilate
)
for depth in (50, 101):
    CASES[f"new_baselines/mask_rcnn_R_{depth}_FPN_400ep_LSJ"] = functools.partial(
        make, name=f"mask_rcnn_R_{depth}_FPN_3x", changes=TOWERS
    )
# those of other numbers alone are the structures of others
STRUCTURES = {
    name: functools.partial(structure, name, changes)
    for name, changes in STRUCTURE.items()
    if not name.startswith("Detectron1-")
}
for depth in (50, 101):
    STRUCTURES[f"new_baselines/mask_rcnn_R_{depth}_FPN_400ep_LSJ"] = functools.partial(
        structure, f"mask_rcnn_R_{depth}_FPN_3x", TOWERS
    )
