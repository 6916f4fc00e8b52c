"""Golden files of layers that some networks have, and of networks of such layers."""

import torch
from torch import nn
from torch.nn import functional
from torchvision import ops
from torchvision.models.resnet import BasicBlock, Bottleneck
from torchvision.models._utils import IntermediateLayerGetter

from golden_file import Golden, in_halves, lively, random
from slim_networks import SlimResNet, slim_regnet


def group_norm():
    """Behind a 1 x 1 convolution, or a depthwise one; in an image of more than a thousand pixels, and in RoIs."""
    golden = Golden("group_norm")
    cases = [  # images, channels in and out, groups, height, width, ReLU, addend, what the convolution's outputs are about
        (3, 6, 32, 32, 4, 5, True, None, 0), (2, 5, 12, 3, 7, 7, False, None, 0), (1, 2, 4, 2, 37, 41, True, "same", 0),
        (2, 3, 6, 2, 6, 9, False, "smaller", 0), (1, 3, 8, 1, 5, 5, True, None, 30), (1, 4, 64, 32, 1, 1, True, None, 0),
        (2, 3, 40, 4, 9, 3, True, "same", -5),
    ]  # fmt: skip
    for i, (images, inputs, channels, groups, height, width, relu, addend, about) in enumerate(cases):
        conv = in_halves(nn.Conv2d(inputs, channels, 1, bias=False).double())
        norm = nn.GroupNorm(groups, channels).double()
        nn.init.uniform_(norm.weight, -0.5, 1.5)
        nn.init.uniform_(norm.bias, -0.4, 0.4)
        in_halves(norm)
        x = random(images, inputs, height, width) + about
        y = norm(conv(x))
        extra = {}
        if addend:
            size = (height, width) if addend == "same" else (height // 2, (width + 1) // 2)
            extra["addend"] = random(images, channels, *size)
            y = y + functional.interpolate(extra["addend"], size=(height, width), mode="nearest")
        golden.add_module(f"case{i}.conv", conv)
        golden.add_module(f"case{i}.norm", norm)
        golden.add(f"case{i}", input=x, output=y.relu() if relu else y, options=[groups, int(relu)], **extra)
    golden.save()


def resnet_gn():
    """Residual networks of group norms: in the stem, in blocks and shortcuts."""
    golden = Golden("resnet_gn")
    for name, (block, layers) in {"basic": (BasicBlock, [2, 1, 1, 1]), "bottleneck": (Bottleneck, [1, 2, 1, 1])}.items():
        network = SlimResNet(block, layers, 4, lambda channels: nn.GroupNorm(2, channels))
        for module in network.modules():
            if isinstance(module, nn.GroupNorm):
                nn.init.uniform_(module.weight, 0.3, 1.2)
                nn.init.uniform_(module.bias, -0.3, 0.3)
        body = IntermediateLayerGetter(in_halves(network.double().eval()), {f"layer{i + 1}": str(i) for i in range(4)})
        x = random(1, 3, 64, 80)
        golden.add_module(name, body)
        golden.add(name, input=x, **{f"c{int(key) + 2}": value for key, value in body(x).items()})
    golden.save()


def deform_conv2d():
    """torchvision's operator on offsets by an ordinary convolution: versions 1 and 2, strides, dilations, groups of both kinds,
    and offsets that lead to borders, across them and far out."""
    golden = Golden("deform_conv2d")
    cases = [  # images, channels in and out, groups, deformable groups, masked, stride, dilation, height, width, size of offsets, ReLU
        (1, 4, 6, 1, 1, False, 1, 1, 9, 11, 1, False), (2, 6, 4, 2, 1, False, 2, 1, 8, 7, 2, True),
        (1, 8, 5, 1, 2, False, 1, 2, 10, 9, 1, False), (1, 4, 3, 1, 1, True, 1, 1, 7, 12, 1.5, True),
        (1, 8, 12, 4, 2, True, 2, 1, 9, 9, 2, False), (1, 32, 24, 4, 4, True, 1, 3, 12, 10, 3, False),
        (1, 16, 16, 16, 1, False, 1, 1, 6, 6, 30, False), (1, 3, 4, 1, 1, False, 1, 1, 1, 1, 1, False),
        (1, 64, 64, 32, 1, False, 1, 1, 8, 14, 1, True),
    ]  # fmt: skip
    for i, (images, inputs, outputs, groups, deformable, masked, stride, dilation, height, width, size, relu) in enumerate(cases):
        offsets = nn.Conv2d(inputs, (27 if masked else 18) * deformable, 3, stride, dilation, dilation).double()
        nn.init.normal_(offsets.weight, 0, size / (9 * inputs) ** 0.5)
        nn.init.normal_(offsets.bias, 0, size)
        weight = in_halves(nn.Conv2d(inputs, outputs, 3, groups=groups).double())
        in_halves(offsets)
        x = random(images, inputs, height, width)
        told = offsets(x)
        split = 18 * deformable
        y = ops.deform_conv2d(x, told[:, :split], weight.weight, weight.bias, stride, dilation, dilation,
                              told[:, split:].sigmoid() if masked else None)  # fmt: skip
        golden.add_module(f"case{i}.conv", weight)
        golden.add_module(f"case{i}.offsets", offsets)
        golden.add(f"case{i}", input=x, output=y.relu() if relu else y, options=[stride, dilation, int(relu)])
    golden.save()


def regnet():
    golden = Golden("regnet")
    for name, se_ratio in {"x": None, "y": 0.25}.items():
        network = lively(slim_regnet(se_ratio))
        x = random(1, 3, 45, 64)
        golden.add_module(name, network)
        maps, y = [], network.stem(x)
        for stage in network.trunk_output:
            y = stage(y)
            maps.append(y)
        golden.add(name, input=x, **{f"c{i + 2}": value for i, value in enumerate(maps)})
    golden.save()
