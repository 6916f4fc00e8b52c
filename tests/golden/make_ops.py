"""Golden files of single operations."""

import math

import torch
from torch.nn import functional
from torchvision.models.detection import _utils as detection_utils
from torchvision.ops import batched_nms

from golden_file import Golden, boxes_in, random


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
    for i, (images, inside, height, width, outside) in enumerate([(2, 12, 7, 7, 17), (1, 3, 1, 5, 2)]):  # keypoint heads'
        x, weight, bias = random(images, inside, height, width), random(inside, outside, 4, 4), random(outside)
        y = functional.conv_transpose2d(x, weight, bias, stride=2, padding=1)
        golden.add(f"overlapping{i}", input=x, weight=weight, bias=bias, output=y)
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
