#!/usr/bin/env python3
"""Writes the golden files of detectron2's convention: slim models with their detections, resized pictures.

    python3 tests/golden/make_detectron2.py

Needs torch, torchvision, pillow, safetensors. The models' truth is detectron2_reference.py beside this file.
"""

import pathlib
import sys

import numpy
import torch
from PIL import Image
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from detectron2_reference import Spec, calibrate, detect, made_model  # noqa: E402

SLIM = dict(depths=(1, 2, 1, 1), min_size=96, max_size=120, score=0.2, limit=20, pre_nms=200)
MODELS = {
    "fpn": Spec(**SLIM),
    "resnext": Spec(groups=4, **SLIM),
    "c4": Spec(neck="c4", **SLIM),
    "dc5": Spec(neck="dc5", **SLIM),
}


def picture(height, width, seed):
    """Soft blobs of colour."""
    y, x = numpy.mgrid[0:height, 0:width].astype("float64")
    random = numpy.random.default_rng(seed)
    image = numpy.full((height, width, 3), 90.0)
    for _ in range(12):
        cy, cx, size = random.uniform(0, height), random.uniform(0, width), random.uniform(4, 20)
        image += numpy.exp(-((y - cy) ** 2 + (x - cx) ** 2) / size**2)[..., None] * random.uniform(-90, 160, 3)
    return image.clip(0, 255).astype("uint8")


def planes(image):
    return torch.from_numpy(numpy.ascontiguousarray(image.transpose(2, 0, 1)))


def models():
    image = picture(75, 110, 1)
    for name, spec in MODELS.items():
        state = made_model(spec, 2 if name == "dc5" else 4, 3, hidden=16, fpn=8, seed=3)
        calibrate(state, spec, image)
        boxes, scores, labels, masks = detect(state, spec, image)
        print(name, len(boxes), "detections of labels", sorted(set(labels.tolist())))
        tensors = {key: value.contiguous() for key, value in state.items()}
        tensors["pixel_mean"] = torch.tensor(spec.mean)  # ignored, as are the anchors
        tensors["proposal_generator.anchor_generator.cell_anchors.0"] = torch.zeros(3, 4)
        save_file(tensors, HERE / f"detectron2_{name}_model.safetensors")
        save_file(
            {
                "case.image": planes(image),
                "case.boxes": boxes, "case.scores": scores, "case.labels": labels,
                "case.masks": torch.from_numpy(numpy.packbits(masks.flatten(1).numpy(), axis=1)),
            },
            HERE / f"detectron2_{name}.safetensors",
        )  # fmt: skip


def pillow_resize():
    tensors = {}
    sizes = [(7, 9, 20, 31), (40, 30, 12, 7), (33, 21, 33, 10), (25, 40, 9, 40), (5, 64, 64, 5), (1, 3, 4, 2), (50, 50, 49, 51)]
    for i, (height, width, new_height, new_width) in enumerate(sizes):
        image = numpy.random.default_rng(i).integers(0, 256, (height, width, 3), dtype=numpy.uint8)
        # columns first, as Pillow always did before 13.0, which begins with the rows where that is less work
        resized = Image.fromarray(image).resize((new_width, height), Image.BILINEAR)
        resized = resized.resize((new_width, new_height), Image.BILINEAR)
        tensors[f"case{i}.image"] = planes(image)
        tensors[f"case{i}.resized"] = planes(numpy.asarray(resized))
    save_file(tensors, HERE / "pillow_resize.safetensors")


if __name__ == "__main__":
    torch.manual_seed(0)
    models()
    pillow_resize()
