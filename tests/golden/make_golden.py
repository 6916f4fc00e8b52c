"""Writes the golden files of this folder: inputs and what torchvision makes of them, one file per stage.

    python tests/golden/make_golden.py

Everything is seeded. Tensors are in torch's layout (NCHW); tests turn them. Values that are compared by tolerance are
computed in double from inputs that are stored exactly; decisions that must be equal (anchors, order, levels, geometry)
are computed in float, as torchvision does.
"""

import json
import math
import pathlib
import sys

import numpy
import torch
import torchvision
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional
from torchvision.models._utils import IntermediateLayerGetter
from torchvision.models.detection import FasterRCNN, MaskRCNN
from torchvision.models.detection import _utils as detection_utils
from torchvision.models.detection import roi_heads
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNConvFCHead, FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.roi_heads import (
    RoIHeads,
    expand_boxes,
    fastrcnn_loss,
    maskrcnn_inference,
    paste_masks_in_image,
)
from torchvision.models.detection.rpn import RegionProposalNetwork, RPNHead
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.models.mobilenetv3 import InvertedResidualConfig, MobileNetV3
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet
from torchvision.ops import MultiScaleRoIAlign, batched_nms, roi_align, roi_pool
from torchvision.ops.feature_pyramid_network import FeaturePyramidNetwork, LastLevelMaxPool
from torchvision.ops.misc import FrozenBatchNorm2d
from torchvision.ops.poolers import LevelMapper

FOLDER = pathlib.Path(__file__).resolve().parent


class Golden:
    """One golden file in the making."""

    def __init__(self, stage):
        self.stage = stage
        self.tensors = {}
        torch.manual_seed(sum(map(ord, stage)))

    def add(self, case, **tensors):
        """Floats are stored as F32, whatever they were computed in; halves stay halves."""
        for name, value in tensors.items():
            value = torch.as_tensor(value).detach()
            if value.dtype == torch.float64:
                value = value.float()
            self.tensors[f"{case}.{name}"] = value.contiguous().clone()

    def add_module(self, case, module):
        """A module's parameters, which `in_halves` made exact in 16 bits."""
        for name, value in module.state_dict().items():
            if name.endswith("num_batches_tracked"):
                continue
            half = value.half()
            assert torch.equal(half.double(), value.double()), name
            self.tensors[f"{case}.{name}"] = half.contiguous().clone()

    def save(self, metadata=None):
        path = FOLDER / f"{self.stage}.safetensors"
        save_file(self.tensors, path, metadata=metadata)
        print(f"{path.name:<32} {path.stat().st_size:>9,} bytes, {len(self.tensors)} tensors")


def packed(masks):
    """Masks [N, H, W], eight pixels to a byte: [N, bytes], as PackedMasks of tests/support.hpp reads them."""
    return torch.from_numpy(numpy.packbits(masks.flatten(1).numpy(), axis=1))


def in_halves(module):
    """Rounds every parameter and statistic to 16 bits, so that the file says them exactly."""
    with torch.no_grad():
        for value in [*module.parameters(), *module.buffers()]:
            if value.is_floating_point():
                value.copy_(value.half())
    return module


def lively(module):
    """Batch norms that do something, weights of a useful size; in double."""
    for child in module.modules():
        if isinstance(child, (nn.BatchNorm2d, FrozenBatchNorm2d)):
            with torch.no_grad():
                child.weight.uniform_(0.5, 1.5)
                child.bias.uniform_(-0.3, 0.3)
                child.running_mean.uniform_(-0.3, 0.3)
                child.running_var.uniform_(0.5, 2.0)
        elif isinstance(child, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)) and child.bias is not None:
            nn.init.uniform_(child.bias, -0.2, 0.2)
    return in_halves(module.double().eval())


def random(*shape):
    """Standard normal, exact in float, as double."""
    return torch.randn(*shape).double()


def boxes_in(count, height, width, smallest, largest):
    """Random boxes [count, 4] of log-uniform sizes, partly outside."""
    size = torch.exp(torch.empty(count, 2).uniform_(math.log(smallest), math.log(largest)))
    centre = torch.rand(count, 2) * torch.tensor([width, height])
    return torch.cat([centre - size / 2, centre + size / 2], 1)


# ---- ops ------------------------------------------------------------------------------------------------------------


def conv2d():
    golden = Golden("conv2d")
    cases = [  # images, in, height, width, out, kernel, stride, padding, relu, bias, addend
        (1, 3, 21, 18, 13, 7, 2, 3, True, True, ""),
        (1, 3, 9, 11, 5, 3, 1, 1, False, True, ""),
        (2, 16, 7, 9, 24, 1, 1, 0, False, True, ""),
        (1, 24, 8, 7, 40, 1, 2, 0, False, False, ""),
        (1, 17, 6, 5, 65, 3, 1, 1, True, True, ""),
        (1, 33, 7, 8, 31, 3, 2, 1, True, True, "same"),
        (2, 20, 5, 7, 70, 3, 1, 1, True, False, "same"),
        (1, 18, 9, 7, 19, 1, 1, 0, False, True, "coarse"),
        (1, 64, 7, 11, 130, 1, 1, 0, True, True, "same"),
        (1, 1, 5, 6, 1, 3, 1, 1, False, True, ""),
        (1, 5, 1, 1, 7, 3, 1, 1, False, True, ""),
        (1, 16, 3, 4, 6, 5, 3, 2, True, True, ""),
    ]
    for i, (images, inside, height, width, outside, kernel, stride, padding, relu, bias, addend) in enumerate(cases):
        x = random(images, inside, height, width)
        weight = random(outside, inside, kernel, kernel) / math.sqrt(inside * kernel * kernel)
        weight = weight.half().double()
        tensors = {"input": x, "weight": weight.half()}
        offset = None
        if bias:
            tensors["bias"] = offset = random(outside)
        y = functional.conv2d(x, weight, offset, stride, padding)
        if addend == "same":
            tensors["addend"] = random(*y.shape)
            y = y + tensors["addend"]
        elif addend == "coarse":
            tensors["addend"] = random(images, outside, (y.shape[2] + 1) // 2, (y.shape[3] + 1) // 2)
            y = y + functional.interpolate(tensors["addend"], size=y.shape[2:], mode="nearest")
        golden.add(f"case{i}", **tensors, output=y.relu() if relu else y, geometry=[stride, padding, int(relu)])
    golden.save()


def conv_transpose2d():
    golden = Golden("conv_transpose2d")
    for i, (images, inside, height, width, outside, relu) in enumerate(
        [(2, 5, 3, 4, 7, True), (3, 32, 7, 7, 33, False), (1, 1, 1, 1, 1, False)]
    ):
        x, weight, bias = random(images, inside, height, width), random(inside, outside, 2, 2), random(outside)
        y = functional.conv_transpose2d(x, weight, bias, stride=2)
        golden.add(
            f"case{i}", input=x, weight=weight, bias=bias, output=y.relu() if relu else y, geometry=[int(relu)]
        )
    golden.save()


def linear():
    golden = Golden("linear")
    for i, (rows, inside, outside, relu) in enumerate([(1, 7, 5, False), (9, 100, 67, True), (101, 130, 33, False)]):
        x, weight, bias = random(rows, inside), random(outside, inside) / math.sqrt(inside), random(outside)
        y = functional.linear(x, weight, bias)
        golden.add(
            f"case{i}", input=x, weight=weight, bias=bias, output=y.relu() if relu else y, geometry=[int(relu)]
        )
    golden.save()


def max_pool():
    golden = Golden("max_pool")
    for i, (shape, size, stride, padding) in enumerate(
        [((2, 5, 9, 12), 3, 2, 1), ((1, 3, 8, 7), 3, 2, 1), ((1, 4, 13, 7), 1, 2, 0), ((1, 2, 1, 1), 3, 2, 1)]
    ):
        x = random(*shape) - 3  # mostly negative: padding must not win
        golden.add(f"case{i}", input=x, output=functional.max_pool2d(x, size, stride, padding), geometry=[size, stride, padding])
    golden.save()


def box_coder():
    golden = Golden("box_coder")
    for name, weights in {"rpn": (1.0, 1.0, 1.0, 1.0), "box": (10.0, 10.0, 5.0, 5.0)}.items():
        coder = detection_utils.BoxCoder(weights)
        boxes = boxes_in(40, 100, 150, 2, 120).double()
        deltas = random(40, 4) * torch.tensor(weights) / 2
        deltas[0, 2:] = 1000.0  # beyond the clamp
        deltas[1, 2:] = -1000.0
        decoded = coder.decode_single(deltas, boxes)
        golden.add(name, boxes=boxes, deltas=deltas, decoded=decoded)
        golden.add(name, encoded=coder.encode_single(decoded[2:], boxes[2:]))
    golden.save()


def nms():
    """Exact: positions that survive, in order; float, like torchvision."""
    golden = Golden("nms")
    for name, count, classes, threshold, ties in [
        ("shifted", 600, 5, 0.5, False),
        ("per_class", 1500, 5, 0.5, False),
        ("strict", 300, 1, 0.05, False),
        ("ties", 400, 3, 0.7, True),
        ("one", 1, 1, 0.5, False),
    ]:
        boxes = boxes_in(count, 300, 400, 10, 120).clamp(min=0)
        scores = torch.rand(count)
        if ties:  # boxes and scores that repeat
            boxes, scores = boxes.round(), (scores * 20).round() / 20
        labels = torch.randint(classes, (count,))
        golden.add(
            name,
            boxes=boxes,
            scores=scores,
            classes=labels.int(),
            kept=batched_nms(boxes, scores, labels, threshold),
            threshold=torch.tensor([threshold]),
        )
    golden.save()


# ---- stages ---------------------------------------------------------------------------------------------------------


def preprocess():
    golden = Golden("preprocess")
    mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    for i, (height, width) in enumerate([(17, 23), (90, 64), (20, 77), (30, 30), (1, 1), (1, 9), (41, 200), (33, 48)]):
        image = torch.randint(256, (3, height, width), dtype=torch.uint8)
        transform = GeneralizedRCNNTransform(30, 50, mean, std)
        images, _ = transform([image.float() / 255])
        doubles, _ = transform([image.double() / 255])
        assert images.image_sizes == doubles.image_sizes
        golden.add(
            f"case{i}", image=image, output=doubles.tensors,
            resized=list(images.image_sizes[0]), padded=list(images.tensors.shape[2:])
        )
    sizes = [(480, 640), (333, 500), (640, 426), (427, 640), (375, 500), (425, 640), (720, 1280), (612, 612), (200, 900)]
    sizes += [(torch.randint(30, 900, ()).item(), torch.randint(30, 900, ()).item()) for _ in range(40)]
    rows = []
    transform = GeneralizedRCNNTransform(800, 1333, mean, std)
    for height, width in sizes:
        images, _ = transform([torch.zeros(3, height, width)])
        rows.append([height, width, *images.image_sizes[0], *images.tensors.shape[2:]])
    golden.add("sizes", table=rows)
    golden.save()


class SlimResNet(ResNet):
    """torchvision's ResNet with any width, without its classifier."""

    def __init__(self, block, layers, width, norm_layer=nn.BatchNorm2d):
        nn.Module.__init__(self)
        self._norm_layer = norm_layer
        self.inplanes, self.dilation, self.groups, self.base_width = width, 1, 1, 64
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = norm_layer(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        for i, depth in enumerate(layers):
            setattr(self, f"layer{i + 1}", self._make_layer(block, width << i, depth, stride=1 if i == 0 else 2))


RESNETS = {
    "resnet18": (BasicBlock, [2, 2, 2, 2]),
    "resnet34": (BasicBlock, [3, 4, 6, 3]),
    "resnet50": (Bottleneck, [3, 4, 6, 3]),
    "resnet101": (Bottleneck, [3, 4, 23, 3]),
}


def slim_body(name, width, norm_layer=nn.BatchNorm2d):
    block, layers = RESNETS[name]
    return IntermediateLayerGetter(
        SlimResNet(block, layers, width, norm_layer), {f"layer{i + 1}": str(i) for i in range(4)}
    )


def resnet():
    golden = Golden("resnet")
    for name, width in {"resnet18": 5, "resnet34": 2, "resnet50": 3, "resnet101": 2}.items():
        body = lively(slim_body(name, width))
        for child in body.modules():  # residual branches weaker than shortcuts, or 33 blocks explode
            if isinstance(child, (BasicBlock, Bottleneck)):
                last = child.bn3 if isinstance(child, Bottleneck) else child.bn2
                with torch.no_grad():
                    last.weight.mul_(0.5)
        in_halves(body)
        x = random(1, 3, 64, 80)
        golden.add_module(name, body)
        golden.add(name, input=x, **{f"c{int(key) + 2}": value for key, value in body(x).items()})
    golden.save()


# in, kernel, expanded, out, squeeze and excitation, activation, stride: mobilenet_v3_large, a fraction as wide
MOBILENET_V3_LARGE = [
    (8, 3, 8, 8, False, "RE", 1), (8, 3, 24, 16, False, "RE", 2), (16, 3, 32, 16, False, "RE", 1),
    (16, 5, 32, 16, True, "RE", 2), (16, 5, 40, 16, True, "RE", 1), (16, 5, 40, 16, True, "RE", 1),
    (16, 3, 48, 24, False, "HS", 2), (24, 3, 40, 24, False, "HS", 1), (24, 3, 40, 24, False, "HS", 1),
    (24, 3, 40, 24, False, "HS", 1), (24, 3, 64, 40, True, "HS", 1), (40, 3, 64, 40, True, "HS", 1),
    (40, 5, 64, 32, True, "HS", 2), (32, 5, 72, 32, True, "HS", 1), (32, 5, 72, 32, True, "HS", 1),
]  # fmt: skip


def slim_mobilenet():
    settings = [InvertedResidualConfig(*block, dilation=1, width_mult=1.0) for block in MOBILENET_V3_LARGE]
    return MobileNetV3(settings, 8, norm_layer=nn.BatchNorm2d).features


def mobilenet_v3():
    golden = Golden("mobilenet_v3")
    # 13 and 16: what torchvision's extractor gives to the pyramid
    net = lively(IntermediateLayerGetter(slim_mobilenet(), {"13": "c4", "16": "c5"}))
    x = random(1, 3, 64, 96).half().double()
    golden.add_module("large", net)
    golden.add("large", input=x.half(), **net(x))
    golden.save()


def fpn():
    golden = Golden("fpn")
    for name, norm, sizes in [
        ("plain", None, [(24, 20), (12, 10), (6, 5), (3, 3)]),
        ("odd", None, [(25, 19), (13, 10), (7, 5), (3, 2)]),
        ("normed", nn.BatchNorm2d, [(8, 16), (4, 8), (2, 4), (1, 2)]),
    ]:
        channels = [6, 9, 12, 17]
        net = lively(FeaturePyramidNetwork(channels, 10, LastLevelMaxPool(), norm_layer=norm))
        maps = {f"c{i + 2}": random(1, c, *size) for i, (c, size) in enumerate(zip(channels, sizes))}
        golden.add_module(name, net)
        golden.add(name, **maps, **{f"p{i + 2}": value for i, value in enumerate(net(maps).values())})
    golden.save()


def anchors():
    """Exact. Small inputs whole; a large one by samples."""
    golden = Golden("anchors")
    for name, padded, sizes, ratios in [
        ("small", (96, 160), [[32], [64], [128], [256], [512]], [[0.5, 1.0, 2.0]] * 5),
        ("nuclei", (64, 64), [[8], [16], [32], [64], [128]], [[0.5, 1.0, 2.0]] * 5),
        ("several", (64, 96), [[32, 48]] * 5, [[0.3, 1.0, 1.7]] * 5),
        ("large", (800, 1088), [[32], [64], [128], [256], [512]], [[0.5, 1.0, 2.0]] * 5),
        ("portrait", (1344, 800), [[32], [64], [128], [256], [512]], [[0.5, 1.0, 2.0]] * 5),
    ]:
        generator = AnchorGenerator(tuple(map(tuple, sizes)), tuple(map(tuple, ratios)))
        grids = [(padded[0] // 4, padded[1] // 4)]
        for _ in range(4):
            grids.append(((grids[-1][0] + 1) // 2, (grids[-1][1] + 1) // 2))
        features = [torch.zeros(1, 1, *grid) for grid in grids]
        every = generator(ImageList(torch.zeros(1, 3, *padded), [padded]), features)[0]
        golden.add(name, padded=list(padded), grids=[list(grid) for grid in grids])
        golden.add(name, sizes=torch.tensor(sizes).double(), ratios=torch.tensor(ratios).double())
        begin = 0
        for level, (height, width) in enumerate(grids):
            count = height * width * generator.num_anchors_per_location()[level]
            mine = every[begin : begin + count]
            begin += count
            picked = torch.arange(count) if count <= 500 else torch.randperm(count)[:200].sort().values
            picked[-1] = count - 1
            golden.add(name, **{f"picked{level}": picked, f"anchors{level}": mine[picked]})
        assert begin == len(every)
    golden.save()


def rpn():
    golden = Golden("rpn")
    padded, resized = (160, 192), (150, 181)
    grids = [(40, 48), (20, 24), (10, 12), (5, 6), (3, 3)]
    sizes = [[16], [32], [64], [128], [256]]
    generator = AnchorGenerator(tuple(map(tuple, sizes)), ((0.5, 1.0, 2.0),) * 5)
    anchors_of = lambda features: generator(ImageList(torch.zeros(1, 3, *padded), [resized]), features)[0]  # noqa: E731

    # selection alone: given logits and deltas, in float
    for name, before, after in [("few", 90, 50), ("many", 450, 1000)]:
        network = RegionProposalNetwork(
            generator, None, 0.5, 0.5, 1, 0.5,
            {"training": before, "testing": before}, {"training": after, "testing": after}, 0.7
        ).eval()
        count = [3 * height * width for height, width in grids]
        logits = torch.randn(1, sum(count)) * 2
        deltas = (torch.randn(sum(count), 4) * 0.4).half().float()
        deltas[::50, 2] = -20.0  # vanishing boxes
        every = anchors_of([torch.zeros(1, 1, *grid) for grid in grids])
        proposals = network.box_coder.decode(deltas, [every]).view(1, -1, 4)
        kept, scores = network.filter_proposals(proposals, logits, [resized], count)
        golden.add(name, logits=logits[0], deltas=deltas.half(), proposals=kept[0], scores=scores[0], limits=[before, after])

    # the whole stage, one and two convolutions
    for name, depth in [("head1", 1), ("head2", 2)]:
        head = RPNHead(8, 3, depth)
        for layer in head.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.normal_(layer.weight, std=1 / math.sqrt(8 * layer.kernel_size[0] ** 2))
        head = lively(head)
        network = RegionProposalNetwork(
            generator, head, 0.5, 0.5, 1, 0.5, {"training": 60, "testing": 60}, {"training": 80, "testing": 80}, 0.7
        ).double().eval()
        features = [random(1, 8, *grid) for grid in [(20, 24), (10, 12), (5, 6), (3, 3), (2, 2)]]
        half = lambda size: (size[0] // 2, size[1] // 2)  # noqa: E731
        images = ImageList(torch.zeros(1, 3, *half(padded), dtype=torch.float64), [half(resized)])
        proposals, _ = network(images, {str(i): f for i, f in enumerate(features)})
        objectness, regression = head(features)
        golden.add_module(name, head)
        golden.add_module(f"stage_{name}.head", head)  # where a model has it
        golden.add(name, proposals=proposals[0], **{f"features{i}": f for i, f in enumerate(features)})
        golden.add(name, logits0=objectness[0], deltas0=regression[0])
    golden.add("grid", padded=list(padded), resized=list(resized), sizes=torch.tensor(sizes).double())
    golden.save()


def level_mapper():
    """Exact: areas around the boundaries, and everything between; float."""
    golden = Golden("level_mapper")
    sides = [1.0, 2.0, 50.0, 111.9, 112.0, 112.1, 223.9, 224.0, 224.1, 447.9, 448.0, 448.1, 900.0, 5000.0]
    sides += [112 * (1 + k * 2.0**-23) for k in range(-16, 17)] + [224 * (1 + k * 2.0**-23) for k in range(-16, 17)]
    boxes = [[10.0, 20.0, 10.0 + side, 20.0 + side] for side in sides]
    boxes += [[0.0, 0.0, side, side] for side in sides]
    boxes += [[0.0, 0.0, 56.0, 224.0], [0.0, 0.0, 448.0, 112.0], [3.0, 3.0, 3.0, 9.0], [5.0, 5.0, 5.0, 5.0]]
    boxes = torch.cat([torch.tensor(boxes), boxes_in(300, 800, 1000, 4, 900)])
    mapper = LevelMapper(2, 5)
    golden.add("case", boxes=boxes, levels=mapper([boxes]).int())
    golden.save()


def roi_align_by_maximum(features, rois, output, scale, samples, aligned):
    """The paper's pooling, in plain loops: the maximum over interpolated samples."""
    features, rois = features.numpy(), rois.numpy()
    channels, height, width = features.shape
    result = numpy.zeros((len(rois), channels, output, output))
    for n, roi in enumerate(rois):
        x0, y0, x1, y1 = roi * scale - (0.5 if aligned else 0.0)
        roi_width, roi_height = x1 - x0, y1 - y0
        if not aligned:
            roi_width, roi_height = max(roi_width, 1.0), max(roi_height, 1.0)
        bin_width, bin_height = roi_width / output, roi_height / output
        count_y = samples if samples > 0 else math.ceil(bin_height)
        count_x = samples if samples > 0 else math.ceil(bin_width)
        for row in range(output):
            for column in range(output):
                values = []
                for sy in range(count_y):
                    for sx in range(count_x):
                        y = y0 + row * bin_height + (sy + 0.5) * bin_height / count_y
                        x = x0 + column * bin_width + (sx + 0.5) * bin_width / count_x
                        values.append(sample(features, y, x, height, width))
                result[n, :, row, column] = numpy.max(values, axis=0) if values else 0
    return torch.from_numpy(result)


def sample(features, y, x, height, width):
    if y < -1 or y > height or x < -1 or x > width:
        return numpy.zeros(len(features))
    y, x = max(y, 0.0), max(x, 0.0)
    top, left = min(int(y), height - 1), min(int(x), width - 1)
    bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
    down, across = (0.0 if top == height - 1 else y - top), (0.0 if left == width - 1 else x - left)
    upper = features[:, top, left] * (1 - across) + features[:, top, right] * across
    lower = features[:, bottom, left] * (1 - across) + features[:, bottom, right] * across
    return upper * (1 - down) + lower * down


def roi():
    golden = Golden("roi")
    features = random(1, 5, 13, 17)
    rois = boxes_in(10, 13 * 16, 17 * 16, 5, 250)
    special = [
        [0.0, 0.0, 272.0, 208.0], [-300.0, -300.0, -200.0, -250.0], [250.0, 190.0, 400.0, 300.0],
        [400.0, 400.0, 500.0, 600.0], [100.0, 100.0, 100.5, 100.25], [-40.0, 30.0, 60.0, 45.0], [112.0, 45.0, 219.0, 213.0],
    ]  # fmt: skip
    rois = torch.cat([rois, torch.tensor(special)]).double()
    golden.add("case", features=features, rois=rois)
    batched = torch.cat([torch.zeros(len(rois), 1), rois], 1).double()
    scale = 1 / 16
    for output, samples, aligned in [(7, 2, False), (7, 2, True), (3, 0, False), (3, 0, True), (4, 3, True), (14, 2, False)]:
        chosen = batched if output <= 7 else batched[:6]
        name = f"k{output}_s{samples}_{'aligned' if aligned else 'unaligned'}"
        average = roi_align(features, chosen, output, scale, samples if samples > 0 else -1, aligned)
        golden.add("average", **{name: average})
        if output <= 7:
            golden.add("max", **{name: roi_align_by_maximum(features[0], rois, output, scale, samples, aligned)})
    # RoIPool rounds .5 apart from zero in float and double alike; in float here, as it decides
    for output in (7, 3):
        golden.add("pool", **{f"k{output}": roi_pool(features.float(), batched.float(), output, scale)})
    golden.save()


def multi_level_roi():
    golden = Golden("multi_level_roi")
    resized, grids = (298, 405), [(80, 104), (40, 52), (20, 26), (10, 13)]
    features = {str(i): random(1, 2, *grid).half().double() for i, grid in enumerate(grids)}
    boxes = torch.cat([boxes_in(12, 298, 405, 8, 400), torch.tensor([[2.0, 3.0, 400.0, 297.0]])]).double()
    pooler = MultiScaleRoIAlign(["0", "1", "2", "3"], 7, 2)
    output = pooler(features, [boxes], [resized])
    assert pooler.scales == [0.25, 0.125, 0.0625, 0.03125]
    golden.add("case", boxes=boxes, output=output, resized=list(resized), scales=torch.tensor(pooler.scales))
    golden.add("case", **{f"features{i}": features[str(i)].half() for i in range(4)})
    golden.save()


def box_head():
    golden = Golden("box_head")
    # the network
    net = lively(nn.ModuleDict({"box_head": TwoMLPHead(6 * 49, 24), "box_predictor": FastRCNNPredictor(24, 5)}))
    pooled = random(9, 6, 7, 7)
    logits, deltas = net["box_predictor"](net["box_head"](pooled))
    golden.add_module("net", net)
    golden.add("net", input=pooled, logits=logits, deltas=deltas)
    # the selection, in float: order and labels are exact
    for name, count, classes, limit in [("few", 60, 5, 40), ("many", 450, 6, 100), ("none", 5, 4, 100)]:
        heads = RoIHeads(None, None, None, 0.5, 0.5, 1, 0.25, None, 0.05, 0.5, limit)
        image = (240, 320)
        proposals = boxes_in(count, *image, 4, 200).clamp(min=0)
        logits, deltas = torch.randn(count, classes) * 1.5, torch.randn(count, 4 * classes)
        if name == "none":
            logits[:, 0] += 50
        boxes, scores, labels = heads.postprocess_detections(logits, deltas, [proposals], [image])
        golden.add(
            name, proposals=proposals, logits=logits, deltas=deltas, image=list(image), limit=[limit],
            boxes=boxes[0], scores=scores[0], labels=labels[0].int()
        )
    golden.save()


def conv_box_head():
    """Heads of 2 convolutions with norm and 1 fully connected layer, of 1 with bias and 2, of none and 3."""
    golden = Golden("conv_box_head")
    for name, convs, layers, norm in [
        ("normed", [16, 16], [20], nn.BatchNorm2d), ("biased", [9], [12, 15], None), ("flat", [], [7, 8, 9], None)
    ]:  # fmt: skip
        head = FastRCNNConvFCHead((16, 7, 7), convs, layers, norm)
        net = lively(nn.ModuleDict({"box_head": head, "box_predictor": FastRCNNPredictor(layers[-1], 4)}))
        pooled = random(5, 16, 7, 7)
        logits, deltas = net["box_predictor"](net["box_head"](pooled))
        golden.add_module(name, net)
        golden.add(name, input=pooled, logits=logits, deltas=deltas)
    golden.save()


def mask_head():
    golden = Golden("mask_head")
    for name, classes, depth in [("classes", 5, 4), ("agnostic", 1, 4), ("shallow", 5, 0)]:
        width = 8 if depth else 6
        net = nn.ModuleDict({"mask_predictor": MaskRCNNPredictor(width, 9, classes)})
        if depth:
            net["mask_head"] = MaskRCNNHeads(6, [8] * depth, 1)
        net = lively(net)
        pooled, labels = random(5, 6, 14, 14), torch.tensor([1, 4, 2, 1, 3])
        logits = net["mask_predictor"](net["mask_head"](pooled) if depth else pooled) * 1.0
        if classes > 1:
            probabilities = maskrcnn_inference(logits, [labels])[0][:, 0]
        else:
            probabilities = logits.sigmoid()[:, 0]
        golden.add_module(name, net)
        golden.add(name, input=pooled, labels=labels.int(), output=probabilities)
    golden.save()


def awkward_boxes(height, width):
    """Boxes to paste masks into: whole and broken, thin, tiny, over the edges of a picture of 60 x 83; and 20 others."""
    boxes = torch.tensor([
        [10.0, 10.0, 40.0, 50.0], [10.3, 20.7, 33.9, 25.2], [-12.5, -7.25, 20.0, 30.0], [60.0, 40.0, 120.0, 90.0],
        [30.0, 30.0, 31.0, 31.0], [30.4, 30.4, 30.6, 30.6], [0.0, 0.0, 83.0, 60.0], [82.2, 59.3, 83.0, 60.0],
        [-0.9, -0.9, 0.4, 0.4], [5.5, 5.5, 6.5, 55.5], [5.0, 58.0, 80.0, 60.0], [-100.0, 10.0, 300.0, 20.0],
    ])  # fmt: skip
    return torch.cat([boxes, boxes_in(20, height, width, 1, 70)])


def paste():
    """Exact: where each mask goes, and which of its pixels are at least one half; float."""
    golden = Golden("paste_masks")
    image = (60, 83)
    boxes = awkward_boxes(*image)
    coarse = functional.interpolate(torch.rand(len(boxes), 1, 6, 6), size=(28, 28), mode="bilinear")
    masks = (coarse * 3 - 1).clamp(0, 1).half().float()
    pasted = paste_masks_in_image(masks, boxes, image) >= 0.5
    scale = 30 / 28
    corners = expand_boxes(boxes, scale).to(torch.int64)
    golden.add(
        "case", boxes=boxes, masks=masks[:, 0].half(), image=list(image), corners=corners,
        pasted=packed(pasted[:, 0])
    )
    golden.save()


def losses():
    golden = Golden("losses")
    logits, labels = random(30, 6) * 4, torch.randint(6, (30,))
    deltas, targets = random(30, 24), random(30, 4)
    classification, regression = fastrcnn_loss(logits, deltas, [labels], [targets])
    mask_logits, mask_targets = random(8, 6, 7, 7) * 3, (torch.rand(8, 7, 7) > 0.5).double()
    mask_logits[0], mask_logits[1] = 200.0, -200.0  # saturated, right and wrong
    mask_labels = torch.randint(1, 6, (8,))
    mask = functional.binary_cross_entropy_with_logits(mask_logits[torch.arange(8), mask_labels], mask_targets)
    golden.add("box", logits=logits, labels=labels.int(), deltas=deltas, targets=targets)
    golden.add("mask", logits=mask_logits, labels=mask_labels.int(), targets=mask_targets)
    golden.add("loss", terms=torch.stack([classification, regression, mask]))
    golden.save()


# ---- end to end -----------------------------------------------------------------------------------------------------


class SlimPyramid(nn.Module):
    def __init__(self, body, channels, out_channels, norm=None):
        super().__init__()
        self.body = body
        self.fpn = FeaturePyramidNetwork(channels, out_channels, LastLevelMaxPool(), norm)
        self.out_channels = out_channels

    def forward(self, x):
        return self.fpn(self.body(x))


def slim_backbone(name, width, out_channels, norm=None):
    channels = [RESNETS[name][0].expansion * width << i for i in range(4)]
    return SlimPyramid(slim_body(name, width), channels, out_channels, norm)


def spread(model, layer, picture, deviation):
    """Scales and shifts the outputs of a last layer: mean 0 and this deviation on the picture, channel by channel."""
    seen = []
    handle = layer.register_forward_hook(lambda module, inputs, output: seen.append(output.detach()))
    with torch.no_grad():
        model([picture])
        handle.remove()
        outputs = torch.cat([output.transpose(0, 1).flatten(1) for output in seen], 1)
        scale = deviation / outputs.std(1).clamp(min=1e-6)
        layer.weight.mul_(scale.view(-1, *[1] * (layer.weight.dim() - 1)) if not isinstance(layer, nn.Linear) else scale[:, None])
        layer.bias.copy_((layer.bias - outputs.mean(1)) * scale)


def synthetic_picture(height, width):
    """Soft coloured blobs and some noise, 8 bits."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    picture = torch.full((3, height, width), 40.0)
    for _ in range(14):
        centre, size = torch.rand(2) * torch.tensor([height, width]), torch.rand(2) * 14 + 5
        blob = ((y - centre[0]) / size[0]) ** 2 + ((x - centre[1]) / size[1]) ** 2 < 1
        picture[:, blob] = (torch.rand(3, 1) * 215 + 40)
    return (picture + torch.randn_like(picture) * 8).clamp(0, 255).to(torch.uint8)


def freeze(module):
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d):
            frozen = FrozenBatchNorm2d(child.num_features, eps=0.0)
            frozen.load_state_dict({k: v for k, v in child.state_dict().items() if k != "num_batches_tracked"})
            setattr(module, name, frozen)
        else:
            freeze(child)


def settle(model, part, x, forward):
    """Sets the batch norms of a part to the statistics of what `forward` makes of the picture."""
    norms = [module for module in part.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
        norm.train()
    with torch.no_grad():
        forward(x)
    model.eval()


def make_useful(model, x, weak, frozen):
    """Weights with which the model finds many different objects in the picture, exact in 16 bits.

    weak: tells by its name whether a norm's output is added to a shortcut. frozen: as the official v1 weights, epsilon 0.
    """
    for name, norm in model.named_modules():
        if isinstance(norm, nn.BatchNorm2d):
            nn.init.uniform_(norm.weight, *((0.2, 0.4) if weak(name) else (0.5, 1.0)))
            nn.init.uniform_(norm.bias, -0.2, 0.2)
    settle(model, model.backbone, x, lambda x: model.backbone(model.transform([x])[0].tensors))
    if frozen:
        freeze(model)
    in_halves(model)
    heads = model.roi_heads
    last_layers = [
        (model.rpn, model.rpn.head.cls_logits, 2.0), (model.rpn, model.rpn.head.bbox_pred, 0.3),
        (heads.box_head, heads.box_predictor.cls_score, 1.6), (heads.box_head, heads.box_predictor.bbox_pred, 1.0),
    ]  # fmt: skip
    if heads.has_mask():
        last_layers.append((heads.mask_head, heads.mask_predictor.mask_fcn_logits, 3.0))
    for part, layer, deviation in last_layers:
        if not frozen:
            settle(model, part, x, lambda x: model([x]))
        spread(model, layer, x, deviation)
        in_halves(model)


def save_model(name, model, facts):
    weights = Golden(name)
    for key, value in model.state_dict().items():
        weights.tensors[key] = (value.half() if value.is_floating_point() else value).contiguous()
    weights.save({key: value if isinstance(value, str) else json.dumps(value) for key, value in facts.items()})


def save_results(name, model, picture):
    """What the model finds, in float and in double; masks from double."""
    golden = Golden(name)
    golden.add("case", image=picture)
    for precision, dtype in [("float", torch.float32), ("double", torch.float64)]:
        model.to(dtype)
        with torch.no_grad():
            result = model([picture.to(dtype) / 255])[0]
        golden.add(precision, boxes=result["boxes"], scores=result["scores"], labels=result["labels"].int())
        scores = result["scores"]
        assert (scores[:-1] - scores[1:]).min() > 1e-6, "detections of one score have no order"
        print(f"  {precision}: {len(scores)} detections of {len(result['labels'].unique())} classes, scores "
              f"{scores.min():.3f} to {scores.max():.3f}")
        if "masks" not in result:
            continue
        assert precision == "float" or torch.equal(masks, result["masks"][:, 0] >= 0.5), "a pixel is too near to 0.5"
        masks = result["masks"][:, 0] >= 0.5
        if precision == "double":
            golden.add(precision, masks=packed(masks))
            print(f"  mask areas {masks.flatten(1).sum(1).tolist()[:12]}")
    golden.save()


FIVE_CLASSES = ["__background__", "red", "green", "blue", "grey"]


SLIM_ANCHOR_SIZES = ((12,), (24,), (48,), (96,), (192,))


def slim_model():
    generator = AnchorGenerator(SLIM_ANCHOR_SIZES, ((0.5, 1.0, 2.0),) * 5)
    return MaskRCNN(
        slim_backbone("resnet50", 6, 16), min_size=128, max_size=200, rpn_anchor_generator=generator,
        rpn_pre_nms_top_n_test=200, rpn_post_nms_top_n_test=150, box_detections_per_img=45,
        box_head=TwoMLPHead(16 * 49, 32), box_predictor=FastRCNNPredictor(32, 5),
        mask_head=MaskRCNNHeads(16, (16, 16, 16, 16), 1), mask_predictor=MaskRCNNPredictor(16, 16, 5),
    ).eval()  # fmt: skip


def end_to_end():
    torch.manual_seed(11)
    picture = synthetic_picture(104, 141)
    facts = {
        "min_size": 128, "max_size": 200, "anchor_sizes": SLIM_ANCHOR_SIZES,
        "rpn_pre_nms_top_n": 200, "rpn_post_nms_top_n": 150, "box_detections_per_img": 45, "classes": FIVE_CLASSES,
        "architecture": "mask_rcnn_resnet50_fpn", "convention": "torchvision",
    }  # fmt: skip
    model = slim_model()
    make_useful(model, picture.float() / 255, lambda name: name.endswith("bn3"), frozen=True)
    save_model("slim_model", model, facts)
    save_results("end_to_end", model, picture)


def picture_losses():
    """What training torchvision's heads would minimise on a picture with objects, every RoI counted: none is drawn by lot.

    Objects are what the slim model finds, moved a little, some of another class; one touches the picture's corner. The
    picture is of the network's size, so that masks are not resized.
    """
    golden = Golden("picture_losses")
    picture = synthetic_picture(128, 173)
    model = slim_model()
    freeze(model)
    with safe_open(FOLDER / "slim_model.safetensors", "pt") as file:
        model.load_state_dict({name: file.get_tensor(name).float() for name in file.keys()})
    model.double()
    heads = model.roi_heads
    with torch.no_grad():
        found = model([picture.double() / 255])[0]
        boxes = (found["boxes"][::5] + torch.randint(-3, 4, (len(found["boxes"][::5]), 4))).round()
        boxes = torch.cat([boxes, torch.tensor([[140.0, 100.0, 173.0, 128.0]])])
        low, high = torch.minimum(boxes[:, :2], boxes[:, 2:] - 4), torch.maximum(boxes[:, 2:], boxes[:, :2] + 4)
        boxes = torch.cat([low, high], 1).clamp(min=0).minimum(torch.tensor([173.0, 128.0, 173.0, 128.0])).double()
        labels = torch.cat([found["labels"][::5], torch.tensor([3])])
        labels[::3] = labels[::3] % 4 + 1
        y, x = torch.meshgrid(torch.arange(128) + 0.5, torch.arange(173) + 0.5, indexing="ij")
        x0, y0, x1, y1 = (side.view(-1, 1, 1) for side in boxes.unbind(1))
        across, down = (2 * x - x0 - x1) / (x1 - x0), (2 * y - y0 - y1) / (y1 - y0)  # -1 to 1 in the box
        masks = (across**2 + down**2 <= 1.3) & (across.abs() < 1) & (down.abs() < 1)
        images = model.transform([picture.double() / 255])[0]
        features = model.backbone(images.tensors)
        proposals = model.rpn(images, features)[0]
        heads.train()
        heads.fg_bg_sampler.batch_size_per_image, heads.fg_bg_sampler.positive_fraction = 10**6, 1.0
        targets = [{"boxes": boxes, "labels": labels, "masks": masks.to(torch.uint8)}]
        terms = {}
        for aligned in False, True:  # torchvision's half-pixel shift, and without it
            roi_heads.roi_align = lambda *rest, aligned=aligned: roi_align(*rest, aligned=aligned)
            found = heads(features, proposals, images.image_sizes, targets)[1]
            terms[aligned] = torch.stack([found["loss_classifier"], found["loss_box_reg"], found["loss_mask"]])
    roi_heads.roi_align = roi_align
    golden.add("case", image=picture, boxes=boxes, labels=labels.int(), masks=packed(masks))
    golden.add("losses", integer_box=terms[False], sampled=terms[True])
    print(f"  {len(boxes)} objects, {len(proposals[0])} proposals, losses {terms[False].tolist()}, {terms[True].tolist()}")
    golden.save()


def end_to_end_v2():
    """The second version's structure: norms everywhere, two RPN convolutions, a box head of convolutions."""
    torch.manual_seed(17)
    picture = synthetic_picture(88, 117)
    facts = {
        "min_size": 96, "max_size": 160, "anchor_sizes": [[12], [24], [48], [96], [192]], "rpn_pre_nms_top_n": 100,
        "rpn_post_nms_top_n": 100, "box_detections_per_img": 30, "classes": FIVE_CLASSES,
    }  # fmt: skip
    generator = AnchorGenerator(tuple(map(tuple, facts["anchor_sizes"])), ((0.5, 1.0, 2.0),) * 5)
    model = MaskRCNN(
        slim_backbone("resnet18", 4, 16, nn.BatchNorm2d), min_size=96, max_size=160, rpn_anchor_generator=generator,
        rpn_head=RPNHead(16, 3, conv_depth=2), rpn_pre_nms_top_n_test=100, rpn_post_nms_top_n_test=100,
        box_detections_per_img=30, box_head=FastRCNNConvFCHead((16, 7, 7), [16] * 4, [24], nn.BatchNorm2d),
        box_predictor=FastRCNNPredictor(24, 5), mask_head=MaskRCNNHeads(16, (16,) * 4, 1, nn.BatchNorm2d),
        mask_predictor=MaskRCNNPredictor(16, 16, 5),
    ).eval()  # fmt: skip
    make_useful(model, picture.float() / 255, lambda name: name.endswith("bn2"), frozen=False)
    save_model("slim_v2", model, facts)
    save_results("end_to_end_v2", model, picture)


def end_to_end_mobilenet():
    """Three levels of five anchor sizes; the file says no more than torchvision's tensors and the picture's size do."""
    torch.manual_seed(30)
    picture = synthetic_picture(120, 165)
    facts = {"min_size": 160, "max_size": 256, "box_detections_per_img": 40, "classes": FIVE_CLASSES}
    generator = AnchorGenerator(((32, 64, 128, 256, 512),) * 3, ((0.5, 1.0, 2.0),) * 3)
    body = IntermediateLayerGetter(slim_mobilenet(), {"13": "0", "16": "1"})
    model = FasterRCNN(
        SlimPyramid(body, [32, 192], 16), min_size=160, max_size=256, rpn_anchor_generator=generator,
        rpn_score_thresh=0.05, box_detections_per_img=40, box_head=TwoMLPHead(16 * 49, 32), box_predictor=FastRCNNPredictor(32, 5),
    ).eval()  # fmt: skip
    weak = {f"backbone.body.{i}.block.{len(b.block) - 1}.1" for i, b in body.items() if getattr(b, "use_res_connect", False)}
    make_useful(model, picture.float() / 255, lambda name: name in weak, frozen=False)
    save_model("slim_mobilenet", model, facts)
    save_results("end_to_end_mobilenet", model, picture)


def bundled():
    """The model that comes with the examples, on a part of one of its pictures."""
    examples = FOLDER.parents[1] / "examples"
    sys.path.insert(0, str(examples / "train"))
    from model import build_from

    with safe_open(examples / "models" / "nuclei.safetensors", "pt") as file:
        model = build_from({name: file.get_tensor(name) for name in file.keys()}, file.metadata(), box_score_thresh=0.3, min_size=192)  # as large as in whole pictures
    whole = numpy.array(Image.open(examples / "images" / "nuclei_fluorescence.png").convert("RGB"))
    picture = torch.from_numpy(whole[60:156, 40:160]).permute(2, 0, 1).contiguous()
    golden = Golden("bundled_model")
    with torch.no_grad():
        result = model([picture.float() / 255])[0]
    masks = result["masks"][:, 0] >= 0.5
    golden.add(
        "case", image=picture, boxes=result["boxes"], scores=result["scores"], labels=result["labels"].int(),
        masks=packed(masks)
    )
    print(f"  {len(masks)} nuclei, scores {result['scores'].min():.3f} to {result['scores'].max():.3f}")
    golden.save()


def main():
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}")
    torch.set_num_threads(1)
    for stage in (
        conv2d, conv_transpose2d, linear, max_pool, box_coder, nms, preprocess, resnet, mobilenet_v3, fpn, anchors, rpn, level_mapper,
        roi, multi_level_roi, box_head, conv_box_head, mask_head, paste, losses, end_to_end, picture_losses, end_to_end_v2,
        end_to_end_mobilenet, bundled,
    ):  # fmt: skip
        stage()


if __name__ == "__main__":
    main()
