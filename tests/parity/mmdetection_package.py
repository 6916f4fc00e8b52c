"""mmdetection itself, for tests and comparisons: any Mask R-CNN or Faster R-CNN of its model zoo, with generated weights.

mmdet and mmengine are on the package index, mmcv as a source archive, whose Python is used as it is:

    pip download --no-deps --no-build-isolation mmcv==2.1.0
    tar xzf mmcv-2.1.0.tar.gz
    pip install --no-deps mmdet==3.3.0 mmengine==0.10.7
    pip install torch torchvision addict terminaltables shapely opencv-python-headless pycocotools yapf rich termcolor pyyaml
    export PYTHONPATH=$PWD/mmcv-2.1.0

What is missing, `mmcv._ext`, is compiled code. torchvision has the same algorithms: suppression, RoIAlign, deformable
convolution.
"""

import math
import pathlib
import sys
import types
import warnings

import numpy
import torch
import torchvision
from torch import nn

from generated import settle, spread

warnings.filterwarnings("ignore")


class Extension(types.ModuleType):
    """The functions of mmcv's extension that the models here need, by torchvision."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)

        def missing(*arguments, **named):
            raise NotImplementedError(f"mmcv._ext.{name}")

        return missing

    @staticmethod
    def nms(boxes, scores, iou_threshold, offset):
        assert offset == 0
        return torchvision.ops.nms(boxes, scores, iou_threshold)

    @staticmethod
    def roi_align_forward(features, rois, output, argmax_y, argmax_x, aligned_height, aligned_width, spatial_scale,
                          sampling_ratio, pool_mode, aligned):  # fmt: skip
        assert pool_mode == 1  # average
        output.copy_(torchvision.ops.roi_align(features, rois, (aligned_height, aligned_width), spatial_scale,
                                               sampling_ratio, aligned))  # fmt: skip


sys.modules["mmcv._ext"] = Extension("mmcv._ext")
import mmdet  # noqa: E402
import mmdet.models.roi_heads.mask_heads.fcn_mask_head as fcn_mask_head  # noqa: E402
from mmdet.apis import inference_detector  # noqa: E402
from mmdet.registry import MODELS  # noqa: E402
from mmdet.utils import register_all_modules  # noqa: E402
from mmengine.config import Config  # noqa: E402
from mmengine.runner.checkpoint import save_checkpoint, weights_to_cpu  # noqa: E402

register_all_modules()
CONFIGS = pathlib.Path(mmdet.__file__).parent / ".mim" / "configs"

# it pastes in float whatever the boxes are: models in double need both of one type
_paste = types.SimpleNamespace(**vars(torch.nn.functional))
_paste.grid_sample = lambda masks, grid, **named: torch.nn.functional.grid_sample(masks.to(grid.dtype), grid, **named)
fcn_mask_head.F = _paste


def configuration(name, changes=None):
    """Of the zoo's `mask_rcnn/mask-rcnn_r50_fpn_1x_coco` and the like, changed by a dict of dotted keys."""
    config = Config.fromfile(CONFIGS / f"{name}.py")
    config.merge_from_dict(changes or {})
    return config


def at_scale(config, scale):
    """The same configuration with pictures of this size, longer and shorter side."""
    config = Config(config.to_dict())
    for pipeline in (config.test_pipeline, config.test_dataloader.dataset.pipeline):
        for step in pipeline:
            if step["type"] == "Resize":
                step["scale"] = scale
    return config


def build(config):
    model = MODELS.build(config.model)
    model.cfg = config
    return model.eval()


@torch.no_grad()
def detect(model, picture):
    """boxes [N, 4], scores [N], labels [N] from 0, masks [N, H, W] or None; of an RGB picture [H, W, 3]."""
    double = next(model.parameters()).dtype == torch.float64
    to_input = model.data_preprocessor.forward

    def in_double(data, training=False):
        data = to_input(data, training)
        data["inputs"] = data["inputs"].double()
        return data

    if double:
        model.data_preprocessor.forward = in_double
    found = inference_detector(model, numpy.ascontiguousarray(picture[:, :, ::-1])).pred_instances
    model.data_preprocessor.forward = to_input
    masks = found.masks if "masks" in found else None
    return found.bboxes, found.scores, found.labels, masks


def last_layers(model, logits):
    """In the order of the data, with how far their outputs are to spread."""
    rpn, heads = model.rpn_head, model.roi_head
    layers = [(rpn.rpn_cls, 2.0), (rpn.rpn_reg, 0.3)]
    for box in heads.bbox_head if isinstance(heads.bbox_head, nn.ModuleList) else [heads.bbox_head]:
        layers += [(box.fc_cls, logits), (box.fc_reg, 1.0)]
    if heads.with_mask:
        masks = heads.mask_head if isinstance(heads.mask_head, nn.ModuleList) else [heads.mask_head]
        layers += [(mask.conv_logits, 3.0) for mask in masks]
    return layers


def made_up(config, picture, seed=0, adapt=lambda module: None, logits=2.5, branches=(0.2, 0.4)):
    """A model with random weights that finds many different objects in the picture.

    Norms get the statistics of what comes to them from the picture, last layers a useful spread around 0.
    adapt: called with every module whose weights were made, to round them, say. logits: how far those of classes spread.
    branches: the range of what residual branches are multiplied by.
    """
    torch.manual_seed(seed)
    model = build(config)
    for name, module in model.named_modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            fan = module.weight[0].numel() if not isinstance(module, nn.ConvTranspose2d) else module.weight.shape[0]
            nn.init.normal_(module.weight, 0, math.sqrt(2 / fan))
            if module.bias is not None:
                nn.init.normal_(module.bias, 0, 0.1)
        elif isinstance(module, nn.BatchNorm2d):
            # residual branches weaker than shortcuts, or they explode
            nn.init.uniform_(module.weight, *(branches if name.endswith(("bn3", "bn2")) else (0.5, 1.0)))
            nn.init.uniform_(module.bias, -0.2, 0.2)
        else:
            continue
        adapt(module)
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]

    def run():
        detect(model, picture)

    settle(norms, run, adapt)
    for layer, deviation in last_layers(model, logits):
        spread(layer, run, deviation, adapt)
        if layer is model.rpn_head.rpn_reg and any(isinstance(module, nn.BatchNorm2d) for module in model.roi_head.modules()):
            settle(norms, run, adapt)  # norms there have seen the RoIs of another RPN
    return model


def save(state_dict, config, path, version=3, text=None):
    """A checkpoint as the runners of version 2 (mmcv) and 3 (mmengine) publish it, without an optimizer.

    text: of the configuration; by default that of `config`.
    """
    classes = model_classes(config)
    text = config.pretty_text if text is None else text
    meta = (
        {"env_info": "made up", "config": text, "seed": 0, "mmdet_version": "2.28.2", "epoch": 12, "iter": 87960, "CLASSES": classes}
        if version == 2
        else {"cfg": text, "dataset_meta": {"classes": classes, "palette": [(i, 0, 255 - i) for i in range(len(classes))]},
              "experiment_name": "made up", "mmengine_version": "0.10.7", "epoch": 12, "iter": 87960, "seed": 0}
    )  # fmt: skip
    save_checkpoint({"meta": meta, "state_dict": weights_to_cpu(state_dict)}, str(path))


def model_classes(config):
    head = config.model.roi_head.bbox_head
    count = (head[0] if isinstance(head, list) else head).num_classes
    if count == 80:
        return mmdet.datasets.CocoDataset.METAINFO["classes"]
    return tuple(f"thing {i}" for i in range(count))
