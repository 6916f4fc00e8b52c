"""The model that a weight file is for, built by torchvision, and what is done to it before it is handed to a peer."""

import contextlib
import pathlib
import sys

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch.nn.utils.fusion import fuse_conv_bn_weights
from torchvision.models.detection import maskrcnn_resnet50_fpn
from torchvision.models.detection.transform import resize_boxes
from torchvision.ops.misc import FrozenBatchNorm2d

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "examples" / "train"), str(ROOT / "tests" / "parity")]
from lively_model import freeze_batch_norms  # noqa: E402
from model import build_from  # noqa: E402


def model_of(weights):
    """An evaluating float32 torchvision model: as the metadata says; without any, maskrcnn_resnet50_fpn with frozen
    batch norms of epsilon 0, as torchvision loads its own v1 weights."""
    tensors = load_file(weights)
    with safe_open(weights, "pt") as file:
        metadata = file.metadata() or {}
    if "architecture" in metadata:
        return build_from(tensors, metadata)
    model = maskrcnn_resnet50_fpn(weights=None, weights_backbone=None)
    # the constructor makes batch norms of epsilon 1e-5, and drops a `norm_layer` without a word
    freeze_batch_norms(model, epsilon=0.0)
    model.load_state_dict(tensors)
    return model.eval()


@torch.no_grad()
def fold_batch_norms(module):
    """Puts every batch norm into the convolution before it, as runtimes that optimise graphs do."""
    before = None
    for name, child in module.named_children():
        if isinstance(child, (torch.nn.BatchNorm2d, FrozenBatchNorm2d)):
            folded = fuse_conv_bn_weights(
                before.weight, before.bias, child.running_mean, child.running_var, child.eps, child.weight, child.bias
            )
            before.weight, before.bias = (torch.nn.Parameter(part, requires_grad=False) for part in folded)
            setattr(module, name, torch.nn.Identity())
        else:
            fold_batch_norms(child)
        before = child
    return module


class WithPaste(torch.nn.Module):
    """Image [3, H, W] to boxes, labels, scores and full-size masks, by torchvision's own code, nothing changed."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, image):
        found = self.model([image])[0]
        return found["boxes"], found["labels"], found["scores"], found["masks"] >= 0.5


class WithoutPaste(torch.nn.Module):
    """The same up to masks of 28 x 28 probabilities: what can be exported without a loop over objects."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, image):
        model, size = self.model, image.shape[-2:]
        images, _ = model.transform([image])
        features = model.backbone(images.tensors)
        proposals, _ = model.rpn(images, features)
        found = model.roi_heads(features, proposals, images.image_sizes)[0][0]
        boxes = resize_boxes(found["boxes"], images.image_sizes[0], size)
        return boxes, found["labels"], found["scores"], found["masks"]


@contextlib.contextmanager
def counted_arithmetic(model):
    """Counts while the model runs: multiply-adds of its convolutions and fully connected layers, as direct arithmetic
    without any saving; yields a dictionary from the layer's name to GMAC.

    A convolution takes (output numbers) x (input channels) x (kernel area), a deconvolution (input numbers) x (output
    channels) x (kernel area), a linear layer (output numbers) x (input width). Twice the sum is the GFLOP. Everything
    else (batch norms, RoIAlign, suppression, pasting) is below one percent and is left out.
    """
    counts, handles = {}, []

    def count(name):
        def hook(layer, inputs, output):
            if isinstance(layer, torch.nn.ConvTranspose2d):
                steps = inputs[0].numel() * layer.out_channels * layer.weight[0, 0].numel()
            elif isinstance(layer, torch.nn.Conv2d):
                steps = output.numel() * layer.weight[0].numel()
            else:
                steps = output.numel() * layer.in_features
            counts[name] = counts.get(name, 0) + steps / 1e9

        return hook

    for name, layer in model.named_modules():
        if isinstance(layer, (torch.nn.Conv2d, torch.nn.ConvTranspose2d, torch.nn.Linear)):
            handles.append(layer.register_forward_hook(count(name)))
    yield counts
    for handle in handles:
        handle.remove()
