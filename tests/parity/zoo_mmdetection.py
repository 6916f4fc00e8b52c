"""mmdetection's zoo for zoo.py: models with generated weights in checkpoints as mmdetection publishes them, and the structures
of all published files. mmdetection_package.py says where the packages come from.

CASES: name -> make(picture, folder, slim_seed) -> (path of the weights, detect); STRUCTURES: name -> () -> {tensor: shape}.
"""

import numpy
import torch

import mmdetection_package as package
from generated import WELL_CONDITIONED
from parity import CATEGORIES

# name in the zoo, and the version whose checkpoint is written
MODELS = {
    "mask_rcnn_r50_fpn": ("mask_rcnn/mask-rcnn_r50_fpn_1x_coco", 3),
    "mask_rcnn_r50_caffe_fpn": ("mask_rcnn/mask-rcnn_r50-caffe_fpn_1x_coco", 3),
    "mask_rcnn_r101_fpn": ("mask_rcnn/mask-rcnn_r101_fpn_1x_coco", 3),
    "mask_rcnn_x101_32x4d_fpn": ("mask_rcnn/mask-rcnn_x101-32x4d_fpn_1x_coco", 3),
    "mask_rcnn_x101_64x4d_fpn": ("mask_rcnn/mask-rcnn_x101-64x4d_fpn_1x_coco", 3),
    "mask_rcnn_x101_32x8d_fpn": ("mask_rcnn/mask-rcnn_x101-32x8d_fpn_1x_coco", 3),
    "faster_rcnn_r50_fpn": ("faster_rcnn/faster-rcnn_r50_fpn_1x_coco", 3),
    "faster_rcnn_r50_caffe_dc5": ("faster_rcnn/faster-rcnn_r50-caffe-dc5_1x_coco", 3),
    "cascade_mask_rcnn_r50_fpn": ("cascade_rcnn/cascade-mask-rcnn_r50_fpn_1x_coco", 3),
    "cascade_rcnn_r50_caffe_fpn": ("cascade_rcnn/cascade-rcnn_r50-caffe_fpn_1x_coco", 3),
    "faster_rcnn_r50_caffe_c4": ("faster_rcnn/faster-rcnn_r50-caffe_c4-1x_coco", 3),
}


def result(model, image):
    boxes, scores, labels, masks = package.detect(model, numpy.asarray(image))
    found = [
        {"category_id": CATEGORIES[label], "score": float(score), "box": box.double().numpy()}
        for box, score, label in zip(boxes, scores, labels)
    ]
    for i, entry in enumerate(found if masks is not None else ()):
        entry["mask"] = masks[i].numpy()
    return found


def case(name):
    zoo_name, version = MODELS[name]

    def make(picture, folder, slim_seed=0):
        config = package.configuration(zoo_name)
        # made for a smaller picture, which takes a quarter of the time
        model = package.made_up(package.at_scale(config, (667, 400)), numpy.asarray(picture), slim_seed, **WELL_CONDITIONED)
        model.cfg = config
        path = folder / f"{name}.pth"
        package.save(model.state_dict(), config, path, version)
        return path, lambda image: result(model, image)

    return make


CASES = {name: case(name) for name in MODELS}

# every structure that a published file of the zoo has, by one that has it
PUBLISHED = {
    **{name: zoo_name for name, (zoo_name, _) in MODELS.items()},
    "faster_rcnn_r50_caffe_fpn": "faster_rcnn/faster-rcnn_r50-caffe_fpn_1x_coco",
    "faster_rcnn_r101_fpn": "faster_rcnn/faster-rcnn_r101_fpn_1x_coco",
    "faster_rcnn_x101_32x4d_fpn": "faster_rcnn/faster-rcnn_x101-32x4d_fpn_1x_coco",
    "faster_rcnn_x101_64x4d_fpn": "faster_rcnn/faster-rcnn_x101-64x4d_fpn_1x_coco",
    "faster_rcnn_x101_32x8d_fpn": "faster_rcnn/faster-rcnn_x101-32x8d_fpn_ms-3x_coco",
    "mask_rcnn_r101_caffe_fpn": "mask_rcnn/mask-rcnn_r101-caffe_fpn_1x_coco",
    "cascade_rcnn_r50_fpn": "cascade_rcnn/cascade-rcnn_r50_fpn_1x_coco",
    "cascade_rcnn_r101_fpn": "cascade_rcnn/cascade-rcnn_r101_fpn_1x_coco",
    "cascade_rcnn_x101_32x4d_fpn": "cascade_rcnn/cascade-rcnn_x101-32x4d_fpn_1x_coco",
    "cascade_rcnn_x101_64x4d_fpn": "cascade_rcnn/cascade-rcnn_x101-64x4d_fpn_1x_coco",
    "cascade_mask_rcnn_r50_fpn": "cascade_rcnn/cascade-mask-rcnn_r50_fpn_1x_coco",
    "cascade_mask_rcnn_r50_caffe_fpn": "cascade_rcnn/cascade-mask-rcnn_r50-caffe_fpn_1x_coco",
    "cascade_mask_rcnn_r101_fpn": "cascade_rcnn/cascade-mask-rcnn_r101_fpn_1x_coco",
    "cascade_mask_rcnn_x101_32x4d_fpn": "cascade_rcnn/cascade-mask-rcnn_x101-32x4d_fpn_1x_coco",
    "cascade_mask_rcnn_x101_64x4d_fpn": "cascade_rcnn/cascade-mask-rcnn_x101-64x4d_fpn_1x_coco",
    "cascade_mask_rcnn_x101_32x8d_fpn": "cascade_rcnn/cascade-mask-rcnn_x101-32x8d_fpn_ms-3x_coco",
    "ms_rcnn_r50_caffe_fpn": "ms_rcnn/ms-rcnn_r50-caffe_fpn_1x_coco",
    "ms_rcnn_r101_caffe_fpn": "ms_rcnn/ms-rcnn_r101-caffe_fpn_1x_coco",
    "ms_rcnn_x101_32x4d_fpn": "ms_rcnn/ms-rcnn_x101-32x4d_fpn_1x_coco",
    "ms_rcnn_x101_64x4d_fpn": "ms_rcnn/ms-rcnn_x101-64x4d_fpn_1x_coco",
    "htc_r50_fpn": "htc/htc_r50_fpn_1x_coco",
    "htc_r101_fpn": "htc/htc_r101_fpn_20e_coco",
    "htc_x101_32x4d_fpn": "htc/htc_x101-32x4d_fpn_16xb1-20e_coco",
    "htc_x101_64x4d_fpn": "htc/htc_x101-64x4d_fpn_16xb1-20e_coco",
    "htc_x101_64x4d_fpn_dconv": "htc/htc_x101-64x4d-dconv-c3-c5_fpn_ms-400-1400-16xb1-20e_coco",
    "point_rend_r50_caffe_fpn": "point_rend/point-rend_r50-caffe_fpn_ms-1x_coco",
}


def structure(zoo_name):
    def shapes():
        with torch.device("meta"):
            model = package.build(package.configuration(zoo_name))
        return {name: tuple(value.shape) for name, value in model.state_dict().items()}

    return shapes


STRUCTURES = {name: structure(zoo_name) for name, zoo_name in PUBLISHED.items()}
