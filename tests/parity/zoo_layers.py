"""Layers that other models do not have: group norms, deformable convolutions, RegNet, Wide ResNet and ResNeXt of 64 groups;
by detectron2 (detectron2_package.py says where it comes from) and by torchvision's parts, put together as people do."""

import functools
from collections import OrderedDict

import numpy
import torch
from torch import nn
from torchvision.models import detection, regnet
from torchvision.models.detection.backbone_utils import BackboneWithFPN, resnet_fpn_backbone
from torchvision.ops.feature_pyramid_network import LastLevelMaxPool

import detectron2_package as package
import lively_model
import parity
from generated import WELL_CONDITIONED
from zoo_detectron2 import TOWERS, entries, save

# ---- torchvision ----------------------------------------------------------------------------------------------------


def group_norm(channels):
    return nn.GroupNorm(32, channels)


def residual(name, norm_layer=nn.BatchNorm2d):
    return resnet_fpn_backbone(backbone_name=name, weights=None, norm_layer=norm_layer, trainable_layers=5)


class PyramidOn(nn.Module):
    """`BackboneWithFPN` over the stages of a RegNet, which lie too deep for its own getter."""

    def __init__(self, name):
        super().__init__()
        network = getattr(regnet, name)(weights=None)
        stages = OrderedDict([("stem", network.stem), *network.trunk_output.named_children()])
        names = {f"block{i + 1}": str(i) for i in range(4)}
        widths = [stage[0].f.c[0].out_channels for stage in network.trunk_output.children()]
        pyramid = BackboneWithFPN(nn.Sequential(stages), names, widths, 256, LastLevelMaxPool())
        self.body, self.fpn, self.out_channels = pyramid.body, pyramid.fpn, 256

    def forward(self, x):
        return self.fpn(self.body(x))


def last_of_residuals(name):
    """Whether a norm's output is added to a shortcut."""
    return name.endswith(("bn3", "f.c.1"))


TORCHVISION = {  # backbone, the epsilon of its norms if they are frozen
    "wide_resnet50_2": (lambda: residual("wide_resnet50_2"), 1e-5),
    "resnext101_64x4d": (lambda: residual("resnext101_64x4d"), 1e-5),
    "resnet50 with GroupNorm": (lambda: residual("resnet50", group_norm), None),
    "regnet_x_3_2gf": (lambda: PyramidOn("regnet_x_3_2gf"), None),
    "regnet_y_1_6gf": (lambda: PyramidOn("regnet_y_1_6gf"), None),
}


def made_up(build, epsilon, picture, seed):
    torch.manual_seed(seed)
    model = detection.MaskRCNN(build(), 91).eval()
    for name, norm in model.named_modules():
        if isinstance(norm, (nn.BatchNorm2d, nn.GroupNorm)):
            nn.init.uniform_(norm.weight, *((0.05, 0.15) if last_of_residuals(name) else (0.5, 1.0)))
            nn.init.uniform_(norm.bias, -0.2, 0.2)
    lively_model._settle(model, model.backbone, picture)
    if epsilon is not None:
        lively_model.freeze_batch_norms(model.backbone, epsilon)
        model.eval()
    heads = model.roi_heads
    for layer, deviation in [
        (model.rpn.head.cls_logits, 2.0), (model.rpn.head.bbox_pred, 0.2), (heads.box_predictor.cls_score, 1.6),
        (heads.box_predictor.bbox_pred, 0.5), (heads.mask_predictor.mask_fcn_logits, 3.0),
    ]:  # fmt: skip
        lively_model._spread(model, layer, picture, deviation)
    return model


def by_torchvision(picture, folder, slim_seed=0, *, name):
    build, epsilon = TORCHVISION[name]
    model = made_up(build, epsilon, parity.tensor(picture), slim_seed)
    weights = folder / f"{name.replace(' ', '_')}.pth"
    torch.save(model.state_dict(), weights)
    return weights, functools.partial(parity.run_torchvision, model)


# ---- detectron2 -----------------------------------------------------------------------------------------------------

REGNETS = {  # as in configs/new_baselines
    "regnetx": {"depth": 23, "w_a": 38.65, "w_0": 96, "w_m": 2.43, "group_width": 40},
    "regnety": {"depth": 22, "w_a": 31.41, "w_0": 96, "w_m": 2.24, "group_width": 64, "se_ratio": 0.25},
}
STD = [57.375, 57.12, 58.395]


@package.BACKBONES.register()
def build_regnet_fpn(config, input_shape):
    """The networks of new_baselines, whose configurations are programs that need more than this package has."""
    network = package.RegNet(
        stem_class=package.SimpleStem, stem_width=32, block_class=package.ResBottleneckBlock, norm="BN",
        out_features=["s1", "s2", "s3", "s4"], **REGNETS[config.MODEL.RESNETS.NORM],
    )  # fmt: skip
    return package.FPN(
        bottom_up=network, in_features=["s1", "s2", "s3", "s4"], out_channels=256, norm="BN", top_block=package.LastLevelMaxPool()
    )


def regnet_changes(name):
    # which of the two stands where configurations have no place for it
    return [*TOWERS, "MODEL.BACKBONE.NAME", "build_regnet_fpn", "MODEL.PIXEL_STD", STD, "MODEL.RESNETS.NORM", name]


DETECTRON2 = {  # name: configuration, changes, the end of the address where the tool has to know it
    "Misc/mask_rcnn_R_50_FPN_3x_gn": ("Misc/mask_rcnn_R_50_FPN_3x_gn", [], None),
    "Misc/scratch_mask_rcnn_R_50_FPN_3x_gn": ("Misc/scratch_mask_rcnn_R_50_FPN_3x_gn", [], None),
    "Misc/scratch_mask_rcnn_R_50_FPN_9x_gn": (
        "Misc/scratch_mask_rcnn_R_50_FPN_9x_gn", [], "183808979/model_final_da7b4c.pkl"),
    "Misc/mask_rcnn_R_50_FPN_1x_dconv_c3-c5": ("Misc/mask_rcnn_R_50_FPN_1x_dconv_c3-c5", [], None),
    "mask_rcnn_R_50_FPN, modulated": (
        "Misc/mask_rcnn_R_50_FPN_1x_dconv_c3-c5", ["MODEL.RESNETS.DEFORM_MODULATED", True], None),
    "new_baselines/mask_rcnn_regnetx_4gf_dds_FPN_400ep_LSJ": ("mask_rcnn_R_50_FPN_3x", regnet_changes("regnetx"), None),
    "new_baselines/mask_rcnn_regnety_4gf_dds_FPN_400ep_LSJ": ("mask_rcnn_R_50_FPN_3x", regnet_changes("regnety"), None),
}  # fmt: skip
STRUCTURE_ONLY = {
    "Misc/panoptic_fpn_R_101_dconv_cascade_gn_3x": ("Misc/panoptic_fpn_R_101_dconv_cascade_gn_3x", []),
    "Misc/cascade_mask_rcnn_X_152_32x8d_FPN_IN5k_gn_dconv": ("Misc/cascade_mask_rcnn_X_152_32x8d_FPN_IN5k_gn_dconv", []),
}


def by_detectron2(picture, folder, slim_seed=0, *, name):
    source, changes, path = DETECTRON2[name]
    config = package.configuration(source, changes)
    model = package.made_up(config, numpy.asarray(picture), slim_seed, **WELL_CONDITIONED)
    weights = folder / (path or f"{name.split('/')[-1].replace(' ', '_')}.pkl")
    return save(model, weights), lambda image: entries(package.detect(model, config, numpy.asarray(image)), 80)


def detectron2_structure(name, changes):
    with torch.device("meta"):
        model = package.build_model(package.configuration(name, ["MODEL.DEVICE", "meta", *changes]))
    return {key: tuple(value.shape) for key, value in package.tensors(model).items()}


CASES = {f"torchvision {name}": functools.partial(by_torchvision, name=name) for name in TORCHVISION}
CASES |= {name: functools.partial(by_detectron2, name=name) for name in DETECTRON2}
STRUCTURES = {
    name: functools.partial(detectron2_structure, *entry[:2])
    for name, entry in (DETECTRON2 | STRUCTURE_ONLY).items()
    if "modulated" not in name
}
