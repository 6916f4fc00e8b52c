"""A slim torchvision Mask R-CNN: ResNet basic blocks of any width, an FPN of any width, torchvision's own heads.

Everything is put together from torchvision's public classes, so the state-dict names and every operator are theirs.
"""
import json
import math

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models.detection import FasterRCNN, MaskRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.transform import resize_boxes
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

LAYERS = {"resnet18": (BasicBlock, (2, 2, 2, 2)), "resnet34": (BasicBlock, (3, 4, 6, 3)),
          "resnet50": (Bottleneck, (3, 4, 6, 3)), "resnet101": (Bottleneck, (3, 4, 23, 3))}
ANCHOR_SIZES = ((12,), (24,), (48,), (96,), (192,))
ASPECT_RATIOS = ((0.5, 1.0, 2.0),) * 5
IMAGE_MEAN, IMAGE_STD = (0.25, 0.25, 0.25), (0.25, 0.25, 0.25)


def resnet_body(name, stem, planes):
    """A torchvision ResNet whose stem and four stages have the given widths (`planes`, before block expansion)."""
    block, depths = LAYERS[name]
    body = ResNet(block, list(depths))
    body.conv1 = nn.Conv2d(3, stem, 7, stride=2, padding=3, bias=False)
    body.bn1 = nn.BatchNorm2d(stem)
    body.inplanes = stem
    for stage, (width, depth) in enumerate(zip(planes, depths), start=1):
        setattr(body, f"layer{stage}", body._make_layer(block, width, depth, stride=1 if stage == 1 else 2))
    for module in body.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return body


def build(backbone="resnet18", stem=64, planes=(64, 128, 256, 256), fpn=128, representation=384, mask_width=128,
          num_classes=2, anchor_sizes=ANCHOR_SIZES, aspect_ratios=ASPECT_RATIOS, **options):
    """MaskRCNN (FasterRCNN where `mask_width` is None); `options` go to torchvision's constructor."""
    body = resnet_body(backbone, stem, planes)
    channels = [p * LAYERS[backbone][0].expansion for p in planes]
    pyramid = BackboneWithFPN(body, {f"layer{i + 1}": str(i) for i in range(4)}, channels, fpn)
    parts = dict(
        rpn_anchor_generator=AnchorGenerator(anchor_sizes, aspect_ratios),
        box_head=TwoMLPHead(fpn * 7 * 7, representation),
        box_predictor=FastRCNNPredictor(representation, num_classes),
    )
    if mask_width is None:
        return FasterRCNN(pyramid, None, **parts, **options)
    parts["mask_head"] = MaskRCNNHeads(fpn, (mask_width,) * 4, 1)
    parts["mask_predictor"] = MaskRCNNPredictor(mask_width, mask_width, num_classes)
    return MaskRCNN(pyramid, None, **parts, **options)


def sample_mask(mask, box, height, width):
    """[height, width] probabilities: `mask` [M, M] read bilinearly at the centre of every pixel, zeros outside."""
    x0, y0, x1, y1 = box.tolist()
    pasted = torch.zeros(height, width)
    left, right = max(math.floor(x0) - 1, 0), min(math.ceil(x1) + 1, width)
    top, bottom = max(math.floor(y0) - 1, 0), min(math.ceil(y1) + 1, height)
    if x1 > x0 and y1 > y0 and right > left and bottom > top:
        x = (torch.arange(left, right) + 0.5 - x0) / (x1 - x0) * 2 - 1
        y = (torch.arange(top, bottom) + 0.5 - y0) / (y1 - y0) * 2 - 1
        grid = torch.stack([x[None, :].expand(len(y), -1), y[:, None].expand(-1, len(x))], dim=-1)
        pasted[top:bottom, left:right] = F.grid_sample(mask[None, None], grid[None], align_corners=False)[0, 0]
    return pasted


def sample_masks(model):
    """Has `model` draw masks by `sample_mask`. torchvision makes boxes whole pixels, which costs small objects much."""

    def postprocess(results, sizes, original_sizes):
        for result, size, original in zip(results, sizes, original_sizes):
            result["boxes"] = resize_boxes(result["boxes"], size, original)
            masks = [sample_mask(mask[0], box, *original) for mask, box in zip(result["masks"], result["boxes"])]
            result["masks"] = torch.stack(masks)[:, None] if masks else torch.zeros(0, 1, *original)
        return results

    model.transform.postprocess = postprocess
    model.mask_paste = "sampled"


def build_from(tensors, metadata, **overrides):
    """The model that a file written by export.py describes: widths from the tensors, settings from the metadata."""
    kind, backbone, _ = metadata["architecture"].replace("_rcnn", "").split("_")
    block, depths = LAYERS[backbone]
    last = "conv2" if block is BasicBlock else "conv3"
    planes = [tensors[f"backbone.body.layer{i + 1}.{d - 1}.{last}.weight"].shape[0] // block.expansion
              for i, d in enumerate(depths)]
    settings = dict(
        image_mean=json.loads(metadata["image_mean"]), image_std=json.loads(metadata["image_std"]),
        min_size=int(metadata["min_size"]), max_size=int(metadata["max_size"]),
        rpn_pre_nms_top_n_test=int(metadata["rpn_pre_nms_top_n"]),
        rpn_post_nms_top_n_test=int(metadata["rpn_post_nms_top_n"]),
        rpn_nms_thresh=float(metadata["rpn_nms_thresh"]), box_score_thresh=float(metadata["box_score_thresh"]),
        box_nms_thresh=float(metadata["box_nms_thresh"]),
        box_detections_per_img=int(metadata["box_detections_per_img"]),
    )
    settings.update(overrides)
    model = build(
        backbone, tensors["backbone.body.conv1.weight"].shape[0], planes,
        tensors["backbone.fpn.inner_blocks.0.0.weight"].shape[0], tensors["roi_heads.box_head.fc6.weight"].shape[0],
        tensors["roi_heads.mask_head.0.0.weight"].shape[0] if kind == "mask" else None,
        len(json.loads(metadata["classes"])),
        tuple(map(tuple, json.loads(metadata["anchor_sizes"]))),
        tuple(map(tuple, json.loads(metadata["anchor_aspect_ratios"]))), **settings)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = float(metadata["batch_norm_eps"])
    missing, unexpected = model.load_state_dict({k: v.float() for k, v in tensors.items()}, strict=False)
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise ValueError(f"tensors missing: {missing}, unknown: {list(unexpected)}")
    if metadata.get("mask_paste") == "sampled":
        sample_masks(model)
    return model.eval()
