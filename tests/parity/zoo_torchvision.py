"""torchvision's own models (0.29.2 of the package index), saved by torch.save."""

import functools

import torch
from torchvision.models import detection

import parity
from lively_model import MODELS, lively_model

NAMES = {"fasterrcnn_mobilenet_v3_large_320_fpn": "fasterrcnn_mobilenet_v3_large_320_fpn-made-up.pth"}


def make(picture, folder, slim_seed=0, *, name):
    model = lively_model(parity.tensor(picture), slim_seed, name)
    weights = folder / NAMES.get(name, f"{name}.pth")
    torch.save(model.state_dict(), weights)
    return weights, functools.partial(parity.run_torchvision, model)


def structure(name):
    with torch.device("meta"):
        model = getattr(detection, name)(weights=None, weights_backbone=None)
    counters = MODELS[name] is None  # of trained norms, which files with frozen ones do not have
    return {
        key: tuple(value.shape) for key, value in model.state_dict().items()
        if counters or not key.endswith("num_batches_tracked")
    }  # fmt: skip


CASES = {name: functools.partial(make, name=name) for name in MODELS}
STRUCTURES = {name: functools.partial(structure, name) for name in MODELS}
