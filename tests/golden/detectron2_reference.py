"""detectron2's Mask R-CNN and Faster R-CNN, transcribed: what the golden files of slim models are made with.

Its inference step by step, on PyTorch, with Pillow's own resize, torchvision's roi_align(aligned=True) and batched_nms, and
PyTorch's grid_sample. A model is its state dict under detectron2's names: `made_model` makes one up. The package itself,
which is harder to install, is compared with at full size by tests/parity/parity_detectron2.py.
"""

import math

import numpy
import torch
import torch.nn.functional as F
from PIL import Image
from torchvision.ops import batched_nms, roi_align

DEPTHS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
SIZES, RATIOS = (32, 64, 128, 256, 512), (0.5, 1.0, 2.0)


class Spec:
    """What the tensors do not tell: neck ("fpn", "c4", "dc5"), groups, where the stride is, sizes, limits."""

    def __init__(self, neck="fpn", groups=1, depths=DEPTHS[50], min_size=800, max_size=1333, score=0.05, limit=100,
                 pre_nms=None):
        self.neck, self.groups, self.depths = neck, groups, depths
        self.min_size, self.max_size, self.score, self.limit = min_size, max_size, score, limit
        self.pre_nms = pre_nms or (1000 if neck == "fpn" else 6000)
        self.stride_in_1x1 = groups == 1
        self.mean = (103.53, 116.28, 123.675)
        self.std = (1.0, 1.0, 1.0) if groups == 1 else (57.375, 57.12, 58.395)

    def place(self, stage):
        """Where the state dict keeps a stage of the residual network."""
        if stage == "res5" and self.neck == "c4":
            return "roi_heads.res5"
        return ("backbone.bottom_up." if self.neck == "fpn" else "backbone.") + stage


# ---- making models up -----------------------------------------------------------------------------------------------


def made_model(spec, width, classes, masks=True, hidden=64, fpn=32, seed=0):
    """Random weights, residual branches weak and heads lively, so that many classes and boxes are found."""
    g = torch.Generator().manual_seed(seed)
    state = {}

    def conv(name, out, inputs, kernel, gain=1.0, bias=True):
        fan = inputs * kernel * kernel
        state[name + ".weight"] = torch.randn(out, inputs, kernel, kernel, generator=g) * gain * math.sqrt(2 / fan)
        if bias:
            state[name + ".bias"] = 0.1 * torch.randn(out, generator=g)

    def norm(name, channels, gain=1.0):
        state[name + ".weight"] = gain * (0.8 + 0.4 * torch.rand(channels, generator=g))
        state[name + ".bias"] = 0.1 * torch.randn(channels, generator=g)
        state[name + ".running_mean"] = 0.1 * torch.randn(channels, generator=g)
        state[name + ".running_var"] = 0.8 + 0.4 * torch.rand(channels, generator=g)

    def linear(name, out, inputs, gain=1.0):
        state[name + ".weight"] = torch.randn(out, inputs, generator=g) * gain / math.sqrt(inputs)
        state[name + ".bias"] = 0.1 * torch.randn(out, generator=g)

    conv(spec.place("stem") + ".conv1", width, 3, 7, 0.02 if spec.groups == 1 else 1.0, bias=False)
    norm(spec.place("stem") + ".conv1.norm", width)
    channels, outputs = width, []
    for stage in range(4):
        out, inner = 4 * width << stage, (width << stage) * (1 if spec.groups == 1 else 2)
        for block in range(spec.depths[stage]):
            at = f"{spec.place(f'res{stage + 2}')}.{block}"
            for number, (o, i, k) in enumerate(((inner, channels, 1), (inner, inner // spec.groups, 3), (out, inner, 1)), 1):
                conv(f"{at}.conv{number}", o, i, k, bias=False)
                norm(f"{at}.conv{number}.norm", o, 0.3 if number == 3 else 1.0)
            if block == 0:
                conv(f"{at}.shortcut", out, channels, 1, bias=False)
                norm(f"{at}.shortcut.norm", out)
            channels = out
        outputs.append(out)
    anchors = len(RATIOS) if spec.neck == "fpn" else len(RATIOS) * len(SIZES)
    rpn = {"fpn": fpn, "c4": outputs[2], "dc5": outputs[3]}[spec.neck]
    if spec.neck == "fpn":
        for level, inputs in enumerate(outputs, 2):
            conv(f"backbone.fpn_lateral{level}", fpn, inputs, 1, 0.5)
            conv(f"backbone.fpn_output{level}", fpn, fpn, 3)
    conv("proposal_generator.rpn_head.conv", rpn, rpn, 3)
    conv("proposal_generator.rpn_head.objectness_logits", anchors, rpn, 1)
    conv("proposal_generator.rpn_head.anchor_deltas", 4 * anchors, rpn, 1, 0.2)
    features = rpn
    if spec.neck == "c4":
        features = outputs[3]
    else:
        linear("roi_heads.box_head.fc1", hidden, features * 49, 1.4)
        linear("roi_heads.box_head.fc2", hidden, hidden, 1.4)
    inputs = features if spec.neck == "c4" else hidden
    linear("roi_heads.box_predictor.cls_score", classes + 1, inputs, 3.0)
    linear("roi_heads.box_predictor.bbox_pred", 4 * classes, inputs, 1.0)
    if masks:
        inner = fpn
        if spec.neck != "c4":
            for number in range(1, 5):
                conv(f"roi_heads.mask_head.mask_fcn{number}", inner, features if number == 1 else inner, 3)
        inputs = features if spec.neck == "c4" else inner
        state["roi_heads.mask_head.deconv.weight"] = torch.randn(inputs, inner, 2, 2, generator=g) / math.sqrt(inputs)
        state["roi_heads.mask_head.deconv.bias"] = 0.1 * torch.randn(inner, generator=g)
        conv("roi_heads.mask_head.predictor", classes, inner, 1, 2.0)
    return state


@torch.no_grad()
def calibrate(state, spec, picture):
    """Scales the inputs of the heads to about one, so that logits are spread in networks of any depth and width."""
    x, size = preprocess(picture, spec)
    features = backbone(state, spec, x)
    state["proposal_generator.rpn_head.conv.weight"] /= max(float(f.std()) for f in features)
    boxes = proposals_of(state, spec, features, size)[:20]
    small = pooled(state, spec, features, boxes, 14 if spec.neck == "c4" else 7)
    names = ["box_head.fc1", "mask_head.mask_fcn1"]
    if spec.neck == "c4":
        names = ["mask_head.deconv"]
        state["roi_heads.box_predictor.bbox_pred.weight"] /= float(small.mean((2, 3)).std())
    for name in names:
        if f"roi_heads.{name}.weight" in state:
            state[f"roi_heads.{name}.weight"] /= float(small.std())
    # what all RoIs have in common says nothing of their classes
    x = head(state, spec, small)
    weight = state["roi_heads.box_predictor.cls_score.weight"]
    weight *= 2 / float(((x - x.mean(0)) @ weight.T).std())
    state["roi_heads.box_predictor.cls_score.bias"] = -weight @ x.mean(0)


# ---- inference ------------------------------------------------------------------------------------------------------


def preprocess(picture, spec):
    """An RGB uint8 array [H, W, 3] -> [1, 3, H', W'], (H', W') before padding."""
    height, width = picture.shape[:2]
    scale = spec.min_size / min(height, width)
    new = (spec.min_size, scale * width) if height < width else (scale * height, spec.min_size)
    if max(new) > spec.max_size:
        shrink = spec.max_size / max(new)
        new = (new[0] * shrink, new[1] * shrink)
    h, w = int(new[0] + 0.5), int(new[1] + 0.5)
    bgr = numpy.ascontiguousarray(picture[:, :, ::-1])
    resized = numpy.asarray(Image.fromarray(bgr).resize((w, h), Image.BILINEAR))
    x = torch.as_tensor(resized.astype("float32").transpose(2, 0, 1))
    x = (x - torch.tensor(spec.mean).view(3, 1, 1)) / torch.tensor(spec.std).view(3, 1, 1)
    multiple = 32 if spec.neck == "fpn" else 1
    return F.pad(x, (0, -w % multiple, 0, -h % multiple))[None], (h, w)


def normed(state, name, x):
    scale = state[name + ".weight"] * (state[name + ".running_var"] + 1e-5).rsqrt()
    shift = state[name + ".bias"] - state[name + ".running_mean"] * scale
    return x * scale.view(1, -1, 1, 1) + shift.view(1, -1, 1, 1)


def stage_of(state, spec, stage, x):
    """One of res2 .. res5."""
    dilation = 2 if stage == 5 and spec.neck == "dc5" else 1
    first = 1 if stage == 2 or dilation == 2 else 2
    for block in range(spec.depths[stage - 2]):
        at = f"{spec.place(f'res{stage}')}.{block}"
        stride = first if block == 0 else 1
        s1, s3 = (stride, 1) if spec.stride_in_1x1 else (1, stride)
        y = F.relu(normed(state, at + ".conv1.norm", F.conv2d(x, state[at + ".conv1.weight"], stride=s1)))
        y = F.conv2d(y, state[at + ".conv2.weight"], stride=s3, padding=dilation, dilation=dilation, groups=spec.groups)
        y = F.relu(normed(state, at + ".conv2.norm", y))
        y = normed(state, at + ".conv3.norm", F.conv2d(y, state[at + ".conv3.weight"]))
        if at + ".shortcut.weight" in state:
            x = normed(state, at + ".shortcut.norm", F.conv2d(x, state[at + ".shortcut.weight"], stride=stride))
        x = F.relu(x + y)
    return x


def layer(state, name, x, padding=0):
    return F.conv2d(x, state[name + ".weight"], state[name + ".bias"], padding=padding)


def backbone(state, spec, x):
    stem = spec.place("stem") + ".conv1"
    x = F.relu(normed(state, stem + ".norm", F.conv2d(x, state[stem + ".weight"], stride=2, padding=3)))
    x = F.max_pool2d(x, 3, 2, 1)
    maps = []
    for stage in (2, 3, 4) if spec.neck == "c4" else (2, 3, 4, 5):
        x = stage_of(state, spec, stage, x)
        maps.append(x)
    if spec.neck != "fpn":
        return maps[-1:]
    pyramid, top = [], None
    for level in (5, 4, 3, 2):
        lateral = layer(state, f"backbone.fpn_lateral{level}", maps[level - 2])
        top = lateral if top is None else lateral + F.interpolate(top, scale_factor=2.0, mode="nearest")
        pyramid.insert(0, layer(state, f"backbone.fpn_output{level}", top, 1))
    return pyramid + [F.max_pool2d(pyramid[-1], 1, 2)]


def cell_anchors(sizes):
    boxes = []
    for size in sizes:
        for ratio in RATIOS:
            w = math.sqrt(size**2 / ratio)
            h = ratio * w
            boxes.append([-w / 2, -h / 2, w / 2, h / 2])
    return torch.tensor(boxes)


def decode(boxes, deltas, weights):
    """[N, 4], [N, 4 K] -> [N, 4 K]."""
    w, h = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    x, y = boxes[:, 0] + 0.5 * w, boxes[:, 1] + 0.5 * h
    limit = math.log(1000 / 16)
    dx, dy = deltas[:, 0::4] / weights[0], deltas[:, 1::4] / weights[1]
    dw, dh = (deltas[:, 2::4] / weights[2]).clamp(max=limit), (deltas[:, 3::4] / weights[3]).clamp(max=limit)
    cx, cy = dx * w[:, None] + x[:, None], dy * h[:, None] + y[:, None]
    pw, ph = dw.exp() * w[:, None], dh.exp() * h[:, None]
    return torch.stack((cx - 0.5 * pw, cy - 0.5 * ph, cx + 0.5 * pw, cy + 0.5 * ph), -1).reshape(deltas.shape)


def clipped(boxes, size):
    limits = torch.tensor([size[1], size[0], size[1], size[0]], dtype=boxes.dtype)
    return torch.minimum(boxes.clamp(min=0), limits.expand_as(boxes))


def proposals_of(state, spec, features, size):
    boxes, scores, levels = [], [], []
    for level, feature in enumerate(features):
        stride = 4 << level if spec.neck == "fpn" else 16
        sizes = (SIZES[level],) if spec.neck == "fpn" else SIZES
        t = F.relu(layer(state, "proposal_generator.rpn_head.conv", feature, 1))
        logits = layer(state, "proposal_generator.rpn_head.objectness_logits", t)[0].permute(1, 2, 0).flatten()
        deltas = layer(state, "proposal_generator.rpn_head.anchor_deltas", t)[0]
        grid_h, grid_w = feature.shape[-2:]
        deltas = deltas.view(-1, 4, grid_h, grid_w).permute(2, 3, 0, 1).reshape(-1, 4)
        y, x = torch.meshgrid(torch.arange(grid_h) * float(stride), torch.arange(grid_w) * float(stride), indexing="ij")
        shifts = torch.stack((x, y, x, y), -1).reshape(-1, 1, 4)
        anchors = (shifts + cell_anchors(sizes)[None]).reshape(-1, 4)
        best, index = logits.topk(min(spec.pre_nms, len(logits)))
        boxes.append(decode(anchors[index], deltas[index], (1, 1, 1, 1)))
        scores.append(best)
        levels.append(torch.full_like(best, level, dtype=torch.int64))
    boxes, scores, levels = torch.cat(boxes), torch.cat(scores), torch.cat(levels)
    valid = torch.isfinite(boxes).all(1) & torch.isfinite(scores)
    boxes, scores, levels = clipped(boxes[valid], size), scores[valid], levels[valid]
    keep = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    boxes, scores, levels = boxes[keep], scores[keep], levels[keep]
    return boxes[batched_nms(boxes, scores, levels, 0.7)[:1000]]


def pooled(state, spec, features, boxes, output):
    if spec.neck != "fpn":
        found = roi_align(features[0], [boxes], output, 1 / 16, -1, aligned=True)
        return stage_of(state, spec, 5, found) if spec.neck == "c4" else found
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    level = torch.floor(4 + torch.log2(area.sqrt() / 224 + 1e-8)).clamp(2, 5).to(torch.int64) - 2
    out = torch.zeros(len(boxes), features[0].shape[1], output, output)
    for i in range(4):
        which = (level == i).nonzero()[:, 0]
        out[which] = roi_align(features[i], [boxes[which]], output, 1 / (4 << i), -1, aligned=True)
    return out


def head(state, spec, roi):
    """What classes and boxes are predicted from."""
    if spec.neck == "c4":
        return roi.mean((2, 3))
    for name in ("fc1", "fc2"):
        at = "roi_heads.box_head." + name
        roi = F.relu(F.linear(roi.flatten(1), state[at + ".weight"], state[at + ".bias"]))
    return roi


def paste(masks, boxes, height, width, threshold=0.5):
    pasted = torch.zeros(len(masks), height, width, dtype=torch.bool)
    for i in range(len(masks)):
        x0, y0, x1, y1 = boxes[i : i + 1].split(1, 1)
        left, top = (int(v) for v in (boxes[i].floor()[:2] - 1).clamp(min=0))
        right = int((boxes[i, 2].ceil() + 1).clamp(max=width))
        bottom = int((boxes[i, 3].ceil() + 1).clamp(max=height))
        gy = (torch.arange(top, bottom, dtype=torch.float32) + 0.5 - y0) / (y1 - y0) * 2 - 1
        gx = (torch.arange(left, right, dtype=torch.float32) + 0.5 - x0) / (x1 - x0) * 2 - 1
        grid = torch.stack((gx[:, None, :].expand(1, gy.shape[1], gx.shape[1]),
                            gy[:, :, None].expand(1, gy.shape[1], gx.shape[1])), 3)
        found = F.grid_sample(masks[i][None, None], grid, align_corners=False)[0, 0]
        pasted[i, top:bottom, left:right] = found >= threshold
    return pasted


@torch.no_grad()
def detect(state, spec, picture):
    """boxes [N, 4], scores [N], labels [N] from 0, masks [N, H, W] or None."""
    x, size = preprocess(picture, spec)
    features = backbone(state, spec, x)
    proposals = proposals_of(state, spec, features, size)
    roi = head(state, spec, pooled(state, spec, features, proposals, 14 if spec.neck == "c4" else 7))
    predict = [F.linear(roi, state[f"roi_heads.box_predictor.{n}.weight"], state[f"roi_heads.box_predictor.{n}.bias"])
               for n in ("cls_score", "bbox_pred")]
    scores = F.softmax(predict[0], -1)[:, :-1]
    boxes = clipped(decode(proposals, predict[1], (10, 10, 5, 5)).view(-1, 4), size).view(len(proposals), -1, 4)
    index = (scores > spec.score).nonzero()
    boxes, scores = boxes[index[:, 0], index[:, 1]], scores[index[:, 0], index[:, 1]]
    keep = batched_nms(boxes, scores, index[:, 1], 0.5)[: spec.limit]
    boxes, scores, labels = boxes[keep], scores[keep], index[keep, 1]
    height, width = picture.shape[:2]
    ratio = torch.tensor([width / size[1], height / size[0]]).repeat(2)
    final = clipped(boxes * ratio, (height, width))
    alive = (final[:, 2] > final[:, 0]) & (final[:, 3] > final[:, 1])
    masks = None
    if "roi_heads.mask_head.deconv.weight" in state:
        m = pooled(state, spec, features, boxes, 14)
        for number in range(1, 5 if spec.neck != "c4" else 1):
            m = F.relu(layer(state, f"roi_heads.mask_head.mask_fcn{number}", m, 1))
        at = "roi_heads.mask_head.deconv"
        m = F.relu(F.conv_transpose2d(m, state[at + ".weight"], state[at + ".bias"], stride=2))
        m = layer(state, "roi_heads.mask_head.predictor", m).sigmoid()[torch.arange(len(boxes)), labels]
        masks = paste(m[alive], final[alive], height, width)
    return final[alive], scores[alive], labels[alive], masks
