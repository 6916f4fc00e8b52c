"""Networks as torchvision builds them, at any width, with weights that find something."""

import math

import torch
from torch import nn
from torchvision.models._utils import IntermediateLayerGetter
from torchvision.models.mobilenetv3 import InvertedResidualConfig, MobileNetV3
from torchvision.models.regnet import BlockParams, RegNet
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet
from torchvision.ops.feature_pyramid_network import FeaturePyramidNetwork, LastLevelMaxPool
from torchvision.ops.misc import FrozenBatchNorm2d

from golden_file import in_halves


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


def slim_regnet(se_ratio=None):
    """A RegNet X, or Y, of few and narrow blocks, without its classifier."""
    params = BlockParams([1, 2, 2, 1], [8, 24, 32, 48], [4, 8, 8, 24], [1.0] * 4, [2] * 4, se_ratio)
    network = RegNet(params, stem_width=8)
    del network.avgpool, network.fc
    return network


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
        axis_of_outputs = 1 if isinstance(layer, nn.ConvTranspose2d) else 0
        layer.weight.mul_(scale.view([-1 if axis == axis_of_outputs else 1 for axis in range(layer.weight.dim())]))
        layer.bias.copy_((layer.bias - outputs.mean(1)) * scale)


def freeze(module, epsilon):
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d):
            frozen = FrozenBatchNorm2d(child.num_features, eps=epsilon)
            frozen.load_state_dict({k: v for k, v in child.state_dict().items() if k != "num_batches_tracked"})
            setattr(module, name, frozen)
        else:
            freeze(child, epsilon)


def nearly_kill(part, x, forward):
    """Scales the filters before every batch norm so that its variances on the picture lie between 3e-6 and 1, log-uniform:
    ImageNet's networks have channels that are nearly dead, whose variance is less than an epsilon of 1e-5."""
    handles = []
    for module in part.modules():
        for name, norm in module.named_children():
            if not isinstance(norm, nn.BatchNorm2d):
                continue
            conv = getattr(module, name.replace("bn", "conv") if name.startswith("bn") else str(int(name) - 1))

            def scale(norm, inputs, conv=conv):
                wanted = torch.exp(torch.empty(norm.num_features).uniform_(math.log(3e-6), 0))
                factor = (wanted / inputs[0].var((0, 2, 3))).sqrt().view(-1, 1, 1, 1)
                conv.weight.mul_(factor)
                return (inputs[0] * factor.view(-1, 1, 1),)

            norm.train()
            handles.append(norm.register_forward_pre_hook(scale))
    with torch.no_grad():
        forward(x)
    for handle in handles:
        handle.remove()


def settle(model, part, x, forward):
    """Sets the batch norms of a part to the statistics of what `forward` makes of the picture."""
    norms = [module for module in part.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
        norm.train()
    with torch.no_grad():
        forward(x)
    model.eval()


def make_useful(model, x, weak, frozen, nearly_dead=False):
    """Weights with which the model finds many different objects in the picture, exact in 16 bits.

    weak: tells by its name whether a norm's output is added to a shortcut. frozen: the epsilon of frozen norms (0 as in the
    official v1 weights); None: they are not frozen. nearly_dead: whether the backbone has variances down to 3e-6.
    """
    def look(x):
        model.backbone(model.transform([x])[0].tensors)

    for name, norm in model.named_modules():
        if isinstance(norm, (nn.BatchNorm2d, nn.GroupNorm)):
            nn.init.uniform_(norm.weight, *((0.2, 0.4) if weak(name) else (0.5, 1.0)))
            nn.init.uniform_(norm.bias, -0.2, 0.2)
    if nearly_dead:
        nearly_kill(model.backbone, x, look)
    settle(model, model.backbone, x, look)
    if frozen is not None:
        freeze(model, frozen)
    in_halves(model)
    heads = model.roi_heads
    last_layers = [
        (model.rpn, model.rpn.head.cls_logits, 2.0), (model.rpn, model.rpn.head.bbox_pred, 0.3),
        (heads.box_head, heads.box_predictor.cls_score, 1.6), (heads.box_head, heads.box_predictor.bbox_pred, 1.0),
    ]  # fmt: skip
    if heads.has_mask():
        last_layers.append((heads.mask_head, heads.mask_predictor.mask_fcn_logits, 3.0))
    if heads.has_keypoint():
        last_layers.append((heads.keypoint_head, heads.keypoint_predictor.kps_score_lowres, 3.0))
    for part, layer, deviation in last_layers:
        if frozen is None:
            settle(model, part, x, lambda x: model([x]))
        spread(model, layer, x, deviation)
        in_halves(model)
