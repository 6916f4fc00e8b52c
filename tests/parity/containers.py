#!/usr/bin/env python3
"""Checkpoints as people have them: one torchvision model, built with other pools, sizes and thresholds than the defaults,
saved in every container that frameworks put around it; what the tool finds in each against what torchvision finds.

    python3 tests/parity/containers.py --tool build/release/bin/maskrcnn-segment IMAGE

Whole modules say how they were built; of state dicts the tool is told by a safetensors file's metadata, or else must find
what the same tensors find by torchvision's defaults. Exit status 1 if a file is refused or finds other things.
"""

import argparse
import collections
import contextlib
import enum
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import types

import torch
from safetensors.torch import save_file
from torchvision.models import detection
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.ops import MultiScaleRoIAlign

from lively_model import freeze_batch_norms, lively_model
from parity import compare, picture, run_tool, run_torchvision, tensor

LEVELS = ["0", "1", "2", "3"]
SETTINGS = dict(
    min_size=400, max_size=700, rpn_pre_nms_top_n_test=500, rpn_post_nms_top_n_test=400, rpn_nms_thresh=0.6,
    box_score_thresh=0.1, box_nms_thresh=0.4, box_detections_per_img=60, image_mean=[0.4, 0.45, 0.5],
)  # fmt: skip


def parts():
    return dict(
        rpn_anchor_generator=AnchorGenerator(((24,), (48,), (96,), (192,), (384,)), ((0.5, 1.0, 2.0),) * 5),
        box_roi_pool=MultiScaleRoIAlign(LEVELS, 7, 3), mask_roi_pool=MultiScaleRoIAlign(LEVELS, 28, 1),
    )  # fmt: skip


METADATA = {
    "min_size": 400, "max_size": 700, "rpn_pre_nms_top_n": 500, "rpn_post_nms_top_n": 400, "rpn_nms_thresh": 0.6,
    "box_score_thresh": 0.1, "box_nms_thresh": 0.4, "box_detections_per_img": 60, "image_mean": [0.4, 0.45, 0.5],
    "anchor_sizes": [[24], [48], [96], [192], [384]], "box_sampling_ratio": 3, "mask_pool_size": 28,
    "mask_sampling_ratio": 1,
}  # fmt: skip


def module(name):
    """A module that reading Python code could import, and the tool could not."""
    for end in [i for i, c in enumerate(name) if c == "."] + [len(name)]:
        sys.modules.setdefault(name[:end], types.ModuleType(name[:end]))
    return sys.modules[name]


def foreign(name, place, bases=(object,)):
    made = type(name, bases, {"__module__": place})
    setattr(module(place), name, made)
    return made


def containers(model):
    """(name, what torch.save gets, options of it, whether the file says how the model was built)."""
    state = model.state_dict()

    def prefixed(prefix, **more):
        return collections.OrderedDict(((prefix + key, value) for key, value in state.items()), **more)

    history = foreign("HistoryBuffer", "mmengine.logging.history_buffer")()
    history.__dict__.update(_log_history=torch.rand(5), _count_history=[1, 2], max_length=1000)
    hyper = foreign("AttributeDict", "lightning_fabric.utilities.data", (dict,))(lr=1e-3, classes=91)
    config = foreign("CfgNode", "yacs.config", (dict,))(MODEL=1)
    phase = enum.Enum("Phase", {"train": 1}, module="my.training")
    setattr(module("my.training"), "Phase", phase)
    wrapper = foreign("LitDetector", "my.project.models", (torch.nn.Module,))()
    wrapper.network = model
    wrapper.metric = torch.nn.Linear(2, 2)
    yield "state dict", state, {}, False
    yield "state dict, legacy stream", state, {"_use_new_zipfile_serialization": False}, False
    yield "Lightning, 'model.'", {"state_dict": prefixed("model."), "epoch": 3, "hyper_parameters": hyper}, {}, False
    yield "torch.compile", prefixed("_orig_mod."), {}, False
    yield "DistributedDataParallel of torch.compile", prefixed("module._orig_mod."), {}, False
    yield "a prefix of one's own, a loss beside it", prefixed("detector.net.", **{"loss.weight": torch.ones(3)}), {}, False
    yield "averaged weights alone", {"model_ema": state, "epoch": 9}, {}, False
    yield "AveragedModel", prefixed("module.", n_averaged=torch.tensor(7)), {}, False
    yield "'net', 'optimizer'", {"net": state, "optimizer": {"state": {0: torch.rand(4)}}}, {}, False
    yield "mmengine's training file", {"state_dict": state, "message_hub": {"log_scalars": {"loss": history}}}, {}, False
    yield "configuration and enum objects", {"model": state, "cfg": config, "phase": phase.train, "path": pathlib.Path("a")}, {}, False
    yield "torch.save(model)", model, {}, True
    yield "torch.save(model), legacy stream", model, {"_use_new_zipfile_serialization": False}, True
    yield "torch.save(DataParallel(model))", torch.nn.DataParallel(model), {}, True
    yield "a whole Lightning module", {"epoch": 3, "model": wrapper, "ema": None}, {}, True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", type=pathlib.Path)
    parser.add_argument("--tool", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    image = picture(arguments.image)
    model = lively_model(tensor(image), seed=3, **SETTINGS, **parts())
    plain = detection.maskrcnn_resnet50_fpn(weights=None, weights_backbone=None).eval()
    freeze_batch_norms(plain.backbone, 0.0)
    plain.load_state_dict(model.state_dict())
    expected = {True: run_torchvision(model, image), False: run_torchvision(plain, image)}

    failed = []
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        source, weights = work / "image.png", work / "weights"
        image.save(source)
        print(f"{'':<40} {'peer':>4} {'tool':>4} {'cls':>4}   score    box px  IoU     IoU < 200 px")

        def check(name, told):
            try:
                fine, _ = compare(name, expected[told], run_tool(arguments, [source], weights, work)[0])
            except subprocess.CalledProcessError:
                fine = False
                print(f"{name:<40} REFUSED")
            if not fine:
                failed.append(name)

        for name, value, options, told in containers(model):
            with contextlib.redirect_stderr(io.StringIO()):
                torch.save(value, weights, **options)
            check(name, told)
        tensors = {key: value.contiguous() for key, value in model.state_dict().items()}
        save_file(tensors, weights, {key: json.dumps(value) for key, value in METADATA.items()})
        check("safetensors with metadata", True)
        save_file({f"net.model.{key}": value for key, value in tensors.items()}, weights)
        check("safetensors with a prefix", False)
    print("all find the same" if not failed else f"MISSES: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
