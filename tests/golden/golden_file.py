"""A golden file in the making, and what goes into one: parameters and numbers that a file holds exactly."""

import math
import pathlib

import numpy
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.ops.misc import FrozenBatchNorm2d

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


def synthetic_picture(height, width):
    """Soft coloured blobs and some noise, 8 bits."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    picture = torch.full((3, height, width), 40.0)
    for _ in range(14):
        centre, size = torch.rand(2) * torch.tensor([height, width]), torch.rand(2) * 14 + 5
        blob = ((y - centre[0]) / size[0]) ** 2 + ((x - centre[1]) / size[1]) ** 2 < 1
        picture[:, blob] = (torch.rand(3, 1) * 215 + 40)
    return (picture + torch.randn_like(picture) * 8).clamp(0, 255).to(torch.uint8)


def decided(one, other):
    """Of boxes, scores, labels, masks, keypoints in float and in double: whether no decision hangs by a rounding, the order
    of detections or a pixel at the threshold, and roundings stay what they are: networks of random numbers may blow them
    up."""
    if len(one[1]) != len(other[1]) or not torch.equal(one[2], other[2]):
        return False
    if other[3] is not None and not torch.equal(one[3], other[3]):
        return False
    if len(other) > 4 and other[4] is not None and (one[4] - other[4]).abs().max() > 1e-2:
        return False
    close = (one[1] - other[1]).abs().max() < 4e-5 and (one[0] - other[0]).abs().max() < 1e-3
    return bool(close and (one[1][:-1] - one[1][1:]).min() > 1e-5)
