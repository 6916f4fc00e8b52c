"""detectron2 itself, for tests and comparisons: any Mask R-CNN or Faster R-CNN of its model zoo, with generated weights.

On the package index detectron2 is a source archive under another name, without its C++ sources:

    pip download --no-deps --no-build-isolation pb1-detectron2==0.6
    tar xzf pb1-detectron2-0.6.tar.gz
    pip install torch torchvision pillow fvcore iopath omegaconf yacs tabulate cloudpickle termcolor matplotlib tqdm pydot
    export PYTHONPATH=$PWD/pb1-detectron2-0.6

What is missing, `detectron2._C`, is deformable convolutions and rotated boxes only: an empty module takes its place, and
torchvision's operator that of both deformable convolutions, as detectron2 has it on CPUs where it can.
"""

import math
import sys
import types
import warnings

import torch
from PIL import Image
from torch import nn
from torchvision.ops import deform_conv2d

from generated import settle, spread

warnings.filterwarnings("ignore")
Image.LINEAR = Image.BILINEAR  # a name that Pillow gave up, in a default argument
import detectron2  # noqa: E402

try:
    from detectron2 import _C  # noqa: F401
except ImportError:
    detectron2._C = sys.modules["detectron2._C"] = types.ModuleType("detectron2._C")
from detectron2 import model_zoo  # noqa: E402
from detectron2.data import transforms  # noqa: E402
from detectron2.layers import FrozenBatchNorm2d  # noqa: E402
from detectron2.modeling import BACKBONE_REGISTRY as BACKBONES  # noqa: E402, F401
from detectron2.modeling import build_model  # noqa: E402
from detectron2.modeling.backbone import FPN, RegNet  # noqa: E402, F401
from detectron2.modeling.backbone.fpn import LastLevelMaxPool  # noqa: E402, F401
from detectron2.modeling.backbone.regnet import ResBottleneckBlock, SimpleStem  # noqa: E402, F401


def _deform_conv(x, offset, weight, stride, padding, dilation, *groups):
    return deform_conv2d(x, offset, weight, None, stride, padding, dilation)


def _modulated_deform_conv(x, offset, mask, weight, bias, stride, padding, dilation, *groups):
    return deform_conv2d(x, offset, weight, bias, stride, padding, dilation, mask)


deform_conv = sys.modules["detectron2.layers.deform_conv"]  # its package has a function of that name
deform_conv.deform_conv, deform_conv.modulated_deform_conv = _deform_conv, _modulated_deform_conv
DEFORMABLE = (deform_conv.DeformConv, deform_conv.ModulatedDeformConv)

NORMS = (FrozenBatchNorm2d, nn.BatchNorm2d)  # what is settled by statistics of a picture


def configuration(name, changes=()):
    """Of the zoo's `mask_rcnn_R_50_FPN_3x` and the like, or one with its folder, changed by a list: key, value, key, value, ..."""
    if "/" not in name:
        name = f"COCO-{'InstanceSegmentation' if name.startswith('mask_rcnn_') else 'Detection'}/{name}"
    config = model_zoo.get_config(f"{name}.yaml", trained=False)
    config.merge_from_list(["MODEL.DEVICE", "cpu", "MODEL.WEIGHTS", "", *changes])
    return config


def resized(config, picture):
    """What `DefaultPredictor` makes of an RGB picture [H, W, 3]: BGR, resized, as floats [3, H', W']."""
    augmentation = transforms.ResizeShortestEdge([config.INPUT.MIN_SIZE_TEST] * 2, config.INPUT.MAX_SIZE_TEST)
    bgr = picture[:, :, ::-1]
    image = augmentation.get_transform(bgr).apply_image(bgr)
    return torch.as_tensor(image.astype("float32").transpose(2, 0, 1))


@torch.no_grad()
def instances(model, config, picture):
    """What the model finds in an RGB picture, as it says it."""
    height, width = picture.shape[:2]
    return model([{"image": resized(config, picture), "height": height, "width": width}])[0]["instances"]


def detect(model, config, picture):
    """boxes [N, 4], scores [N], labels [N] from 0, masks [N, H, W] or None; of an RGB picture."""
    found = instances(model, config, picture)
    masks = found.pred_masks if found.has("pred_masks") else None
    return found.pred_boxes.tensor, found.scores, found.pred_classes, masks


def made_up(config, picture, seed=0, adapt=lambda module: None, logits=2.5, branches=(0.2, 0.4)):
    """A model with random weights that finds many different objects in the picture.

    Norms get the statistics of what comes to them from the picture, last layers a useful spread around 0.
    adapt: called with every module whose weights were made, to round them, say. logits: how far those of classes spread.
    branches: the range of what residual branches are multiplied by.
    """
    torch.manual_seed(seed)
    model = build_model(config).eval()
    for name, module in model.named_modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear, *DEFORMABLE)):
            fan = module.weight[0].numel() if not isinstance(module, nn.ConvTranspose2d) else module.weight.shape[0]
            nn.init.normal_(module.weight, 0, math.sqrt(2 / fan))
            if getattr(module, "bias", None) is not None:
                nn.init.normal_(module.bias, 0, 0.1)
            if name.endswith("conv2_offset"):  # about a pixel, and as smooth as trained ones, or the network is chaotic
                with torch.no_grad():
                    module.weight.mul_(0.2)
                nn.init.normal_(module.bias, 0, 1)
        elif isinstance(module, (*NORMS, nn.GroupNorm)):
            # residual branches weaker than shortcuts, or they explode
            nn.init.uniform_(module.weight, *(branches if name.endswith(("conv3.norm", "c_bn")) else (0.5, 1.0)))
            nn.init.uniform_(module.bias, -0.2, 0.2)
        else:
            continue
        adapt(module)
    norms = [module for module in model.modules() if isinstance(module, NORMS)]

    def run():
        detect(model, config, picture)

    settle(norms, run, adapt)
    rpn, heads = model.proposal_generator.rpn_head, model.roi_heads
    spread(rpn.objectness_logits, run, 2.0, adapt)
    spread(rpn.anchor_deltas, run, 0.3, adapt)
    if any(isinstance(module, NORMS) for module in heads.modules()):  # they have seen the RoIs of another RPN
        settle(norms, run, adapt)
    cascade = isinstance(heads.box_predictor, nn.ModuleList)
    for predictor in heads.box_predictor if cascade else [heads.box_predictor]:  # each sees the boxes of the one before
        spread(predictor.cls_score, run, logits, adapt)
        spread(predictor.bbox_pred, run, 1.0, adapt)
    if config.MODEL.MASK_ON:
        spread(heads.mask_head.predictor, run, 3.0, adapt)
    if config.MODEL.KEYPOINT_ON:
        spread(heads.keypoint_head.score_lowres, run, 3.0, adapt)
    return model


def tensors(model):
    """The state dict as checkpoints have it."""
    return {name: value for name, value in model.state_dict().items() if "anchor_generator" not in name}
