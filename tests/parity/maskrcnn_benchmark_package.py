"""maskrcnn-benchmark itself, for tests and comparisons: its Python sources, with generated weights.

    git clone https://github.com/facebookresearch/maskrcnn-benchmark
    pip install torch torchvision pillow yacs
    export PYTHONPATH=$PWD/maskrcnn-benchmark

Its compiled part, `maskrcnn_benchmark._C`, is replaced by what stands here: RoIAlign is torchvision's, which is the same
algorithm, and suppression, too, as its CUDA code has it. Names of NumPy and PyTorch that have gone since 2019 are
given back.
"""

import math
import pathlib
import sys
import types

import numpy
import torch
import torchvision
from torch import nn

from generated import settle, spread

numpy.float = float
sys.modules["torch._six"] = torch._six = types.SimpleNamespace(PY3=True)
_amp = types.SimpleNamespace(float_function=lambda function: function)
sys.modules["apex"] = types.SimpleNamespace(amp=_amp)


def _suppress(boxes, scores, threshold):
    """Of boxes that have their last pixels: the same boxes, ended behind them, are torchvision's."""
    return torchvision.ops.nms(boxes + boxes.new_tensor([0, 0, 1, 1]), scores, threshold)


_C = types.ModuleType("maskrcnn_benchmark._C")
_C.nms = _suppress
_C.roi_align_forward = lambda features, rois, scale, height, width, samples: torchvision.ops.roi_align(
    features, rois, (height, width), scale, samples, aligned=False
)
import maskrcnn_benchmark  # noqa: E402

maskrcnn_benchmark._C = sys.modules["maskrcnn_benchmark._C"] = _C
# its data sets need packages of their own; of its transforms nothing else is wanted
_data = types.ModuleType("maskrcnn_benchmark.data")
_data.__path__ = [f"{list(maskrcnn_benchmark.__path__)[0]}/data"]
maskrcnn_benchmark.data = sys.modules["maskrcnn_benchmark.data"] = _data
from maskrcnn_benchmark.config import cfg  # noqa: E402
from maskrcnn_benchmark.data.transforms import build_transforms  # noqa: E402
from maskrcnn_benchmark.layers import FrozenBatchNorm2d  # noqa: E402
from maskrcnn_benchmark.modeling.detector import build_detection_model  # noqa: E402
from maskrcnn_benchmark.modeling.roi_heads.mask_head.inference import Masker  # noqa: E402
from maskrcnn_benchmark.structures.image_list import to_image_list  # noqa: E402

CONFIGS = pathlib.Path(list(maskrcnn_benchmark.__path__)[0]).parent / "configs"


def configuration(name, changes=()):
    """Of `configs/NAME.yaml`, changed by a list: key, value, key, value, ..."""
    config = cfg.clone()
    config.merge_from_file(str(CONFIGS / f"{name}.yaml"))
    config.merge_from_list(["MODEL.DEVICE", "cpu", "MODEL.WEIGHT", "", *changes])
    return config


@torch.no_grad()
def detect(model, config, picture, dtype=torch.float32):
    """What `demo/predictor.py` makes of a Pillow image, the boxes as its evaluator scores them: they end behind their last
    pixel. boxes [N, 4], scores [N], labels [N] from 1, masks [N, H, W] or None, keypoints [N, K, 3] or None."""
    nothing = types.SimpleNamespace(resize=lambda size: nothing)  # its transforms want a target
    image, _ = build_transforms(config, is_train=False)(picture, nothing)
    images = to_image_list(image.to(dtype), config.DATALOADER.SIZE_DIVISIBILITY)
    found = model(images)[0].resize(picture.size)
    masks = None
    if found.has_field("mask"):
        masks = Masker(threshold=0.5, padding=1)([found.get_field("mask")], [found])[0][:, 0]
    order = found.get_field("scores").sort(descending=True, stable=True).indices
    boxes = found.bbox.clone()
    boxes[:, 2:] += 1
    keypoints = found.get_field("keypoints").keypoints if found.has_field("keypoints") else None
    return (boxes[order], found.get_field("scores")[order], found.get_field("labels")[order],
            None if masks is None else masks[order], None if keypoints is None else keypoints[order])  # fmt: skip


def made_up(config, picture, seed=0, adapt=lambda module: None, logits=2.5, branches=(0.2, 0.4)):
    """A model with random weights that finds many different objects in the picture.

    Norms get the statistics of what comes to them from the picture, last layers a useful spread around 0.
    adapt: called with every module whose weights were made, to round them, say. logits: how far those of classes spread.
    branches: the range of what residual branches are multiplied by.
    """
    torch.manual_seed(seed)
    model = build_detection_model(config).eval()
    for name, module in model.named_modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            fan = module.weight.shape[0] if isinstance(module, nn.ConvTranspose2d) else module.weight[0].numel()
            nn.init.normal_(module.weight, 0, math.sqrt(2 / fan))
            if module.bias is not None:
                nn.init.normal_(module.bias, 0, 0.1)
        elif isinstance(module, FrozenBatchNorm2d):
            # residual branches weaker than shortcuts, or they explode
            module.weight.uniform_(*(branches if name.endswith("bn3") else (0.5, 1.0)))
            module.bias.uniform_(-0.2, 0.2)
        else:
            continue
        adapt(module)
    norms = [module for module in model.modules() if isinstance(module, FrozenBatchNorm2d)]

    def run():
        detect(model, config, picture)

    settle(norms, run, adapt)
    spread(model.rpn.head.cls_logits, run, 2.0, adapt)
    spread(model.rpn.head.bbox_pred, run, 0.3, adapt)
    if not config.MODEL.RPN.USE_FPN:  # its last norms have seen the RoIs of another RPN
        settle(norms, run, adapt)
    spread(model.roi_heads.box.predictor.cls_score, run, logits, adapt)
    spread(model.roi_heads.box.predictor.bbox_pred, run, 1.0, adapt)
    if config.MODEL.MASK_ON:
        spread(model.roi_heads.mask.predictor.mask_fcn_logits, run, 3.0, adapt)
    if config.MODEL.KEYPOINT_ON:
        spread(model.roi_heads.keypoint.predictor.kps_score_lowres, run, 3.0, adapt)
    return model
