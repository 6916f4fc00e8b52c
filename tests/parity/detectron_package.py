"""Detectron's models and what it finds by them, for tests and comparisons: its own code needs a Caffe2 that no longer is.

Layers, anchors and proposals are maskrcnn-benchmark's, which follow Detectron's (maskrcnn_benchmark_package.py says where
they come from); what Detectron does otherwise, images by OpenCV and boxes refined in pixels of the original image, is
written here after detectron/utils/blob.py and detectron/core/test.py. Needs opencv-python-headless besides.
"""

import pickle
import re

import cv2
import numpy
import torch

import maskrcnn_benchmark_package as package
from maskrcnn_benchmark.modeling.box_coder import BoxCoder
from maskrcnn_benchmark.structures.bounding_box import BoxList
from maskrcnn_benchmark.structures.image_list import to_image_list

configuration = package.configuration


def prepared(config, picture):
    """The mean taken off, then resized: BGR floats [3, H, W]; and the factor."""
    image = numpy.asarray(picture)[:, :, ::-1].astype(numpy.float32) - numpy.float32(config.INPUT.PIXEL_MEAN)
    factor = config.INPUT.MIN_SIZE_TEST / min(image.shape[:2])
    if numpy.round(factor * max(image.shape[:2])) > config.INPUT.MAX_SIZE_TEST:
        factor = config.INPUT.MAX_SIZE_TEST / max(image.shape[:2])
    image = cv2.resize(image, None, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)
    return torch.from_numpy(image.transpose(2, 0, 1).copy()), factor


def pasted(mask, box, height, width):
    size = mask.shape[-1]
    padded = numpy.zeros((size + 2, size + 2), numpy.float32)
    padded[1:-1, 1:-1] = mask
    half = (box[2:] - box[:2]) * 0.5 * ((size + 2.0) / size)
    centre = (box[2:] + box[:2]) * 0.5
    x0, y0, x1, y1 = numpy.concatenate([centre - half, centre + half]).astype(numpy.int32)
    drawn = cv2.resize(padded, (max(x1 - x0 + 1, 1), max(y1 - y0 + 1, 1))) > 0.5
    whole = numpy.zeros((height, width), bool)
    left, right, top, bottom = max(x0, 0), min(x1 + 1, width), max(y0, 0), min(y1 + 1, height)
    whole[top:bottom, left:right] = drawn[top - y0 : bottom - y0, left - x0 : right - x0]
    return whole


@torch.no_grad()
def detect(model, config, picture):
    """Of a Pillow image: boxes [N, 4], which end behind their last pixel, scores [N], labels [N] from 1, masks or None."""
    tensor, factor = prepared(config, picture)
    images = to_image_list(tensor, config.DATALOADER.SIZE_DIVISIBILITY)
    features = model.backbone(images.tensors)
    proposals, _ = model.rpn(images, features)
    head = model.roi_heads.box
    x = head.feature_extractor(features, proposals)
    logits, deltas = head.predictor(x)
    scores = torch.softmax(logits, 1)
    width, height = picture.size
    boxes = BoxCoder((10.0, 10.0, 5.0, 5.0)).decode(deltas, proposals[0].bbox / factor).reshape(len(scores), -1, 4)
    limits = boxes.new_tensor([width - 1, height - 1] * 2)
    boxes = torch.minimum(boxes.clamp(min=0), limits)
    found = []
    for label in range(1, scores.shape[1]):
        chosen = (scores[:, label] > 0.05).nonzero()[:, 0]
        keep = chosen[package._suppress(boxes[chosen, label], scores[chosen, label], 0.5)]
        found += [(float(scores[i, label]), label, boxes[i, label]) for i in keep]
    found = sorted(found, key=lambda one: -one[0])[: config.MODEL.ROI_HEADS.DETECTIONS_PER_IMG]
    labels = torch.tensor([label for _, label, _ in found])
    kept = torch.stack([box for _, _, box in found]) if found else torch.zeros(0, 4)
    masks = None
    if config.MODEL.MASK_ON:
        rois = [BoxList(kept * factor, (tensor.shape[2], tensor.shape[1]))]
        shared = config.MODEL.ROI_MASK_HEAD.SHARE_BOX_FEATURE_EXTRACTOR
        maps = (head if shared else model.roi_heads.mask).feature_extractor(features, rois)
        probabilities = model.roi_heads.mask.predictor(maps).sigmoid()
        masks = [pasted(probabilities[i, label].numpy(), kept[i].numpy(), height, width) for i, label in enumerate(labels)]
        masks = torch.from_numpy(numpy.stack(masks)) if masks else torch.zeros(0, height, width, dtype=torch.bool)
    return kept + kept.new_tensor([0, 0, 1, 1]), torch.tensor([score for score, _, _ in found]), labels, masks, None


def made_up(config, picture, seed=0, adapt=lambda module: None, logits=2.5, branches=(0.2, 0.4)):
    """maskrcnn-benchmark's, whose norms are scales and shifts alone."""
    model = package.made_up(config, picture, seed, logits=logits, branches=branches)
    for module in model.modules():
        if isinstance(module, package.FrozenBatchNorm2d):
            scale = module.weight * module.running_var.rsqrt()
            module.bias.sub_(module.running_mean * scale)
            module.weight.copy_(scale)
            module.running_mean.zero_()
            module.running_var.fill_(1)
    for module in model.modules():
        adapt(module)
    return model


def blobs(model, depths=(3, 4, 6, 3)):
    """Tensors by Detectron's names."""
    found = {}
    for name, value in model.state_dict().items():
        if "running_" in name or "anchor_generator" in name or "mask.feature_extractor.head" in name:
            continue
        value = value.numpy()
        kind = {"weight": "_w", "bias": "_b"}[name.rsplit(".", 1)[1]]
        place = name.rsplit(".", 1)[0].replace("roi_heads.box.feature_extractor.head.", "backbone.body.")
        norm = {"_w": "_bn_s", "_b": "_bn_b"}[kind]
        if part := re.fullmatch(r"backbone\.body\.layer(\d)\.(\d+)\.(\w+?)(\d|\.0|\.1)", place):
            layer, block, what, which = part.groups()
            branch = "branch1" if what == "downsample" else f"branch2{'abc'[int(which) - 1]}"
            ending = kind if (what == "conv" or which == ".0") else norm
            found[f"res{int(layer) + 1}_{block}_{branch}{ending}"] = value
            continue
        if part := re.fullmatch(r"backbone\.fpn\.fpn_(inner|layer)(\d)", place):
            level = int(part[2]) + 1
            last = depths[level - 2] - 1
            lateral = f"fpn_inner_res{level}_{last}_sum" + ("" if level == 5 else "_lateral")
            found[(lateral if part[1] == "inner" else f"fpn_res{level}_{last}_sum") + kind] = value
            continue
        pyramid = "_fpn2" if any("fpn" in key for key in model.state_dict()) else ""
        if part := re.fullmatch(r"roi_heads\.mask\.feature_extractor\.mask_fcn(\d)", place):
            found[f"_[mask]_fcn{part[1]}{kind}"] = value
            continue
        name = {
            "backbone.body.stem.conv1": "conv1", "backbone.body.stem.bn1": "res_conv1", "rpn.head.conv": f"conv_rpn{pyramid}",
            "rpn.head.cls_logits": f"rpn_cls_logits{pyramid}", "rpn.head.bbox_pred": f"rpn_bbox_pred{pyramid}",
            "roi_heads.box.feature_extractor.fc6": "fc6", "roi_heads.box.feature_extractor.fc7": "fc7",
            "roi_heads.box.predictor.cls_score": "cls_score", "roi_heads.box.predictor.bbox_pred": "bbox_pred",
            "roi_heads.mask.predictor.conv5_mask": "conv5_mask", "roi_heads.mask.predictor.mask_fcn_logits": "mask_fcn_logits",
        }[place]  # fmt: skip
        found[name + (norm if name == "res_conv1" else kind)] = value
    return found


def save(model, path, depths=(3, 4, 6, 3)):
    """With what the training of a detector keeps of the classifier that it began with, and of its solver."""
    tensors = blobs(model, depths)
    tensors["conv1_b"] = numpy.ones(len(tensors["conv1_w"]), numpy.float32)
    tensors["fc1000_b"] = numpy.zeros(1000, numpy.float32)
    tensors["conv_rpn_momentum"] = numpy.zeros(3, numpy.float32)
    with open(path, "wb") as file:
        pickle.dump({"blobs": tensors, "cfg": "MODEL: {}"}, file, protocol=2)
    return path
