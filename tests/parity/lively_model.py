"""Torchvision's detection models with generated weights that behave like trained ones.

Random weights alone give no detections, or a thousand equal ones. Here every batch norm is set to the statistics of one
picture, and the last layer of each head is scaled so that its outputs spread as those of a trained network do: many
proposals, many classes, scores from the threshold to nearly 1, masks with inside and outside.
"""

import torch
from torchvision.models import detection
from torchvision.models.mobilenetv3 import InvertedResidual
from torchvision.ops.misc import FrozenBatchNorm2d

# Epsilon of the frozen batch norms of the official weights; None: theirs are not frozen.
MODELS = {
    "maskrcnn_resnet50_fpn": 0.0,
    "maskrcnn_resnet50_fpn_v2": None,
    "fasterrcnn_resnet50_fpn": 0.0,
    "fasterrcnn_resnet50_fpn_v2": None,
    "fasterrcnn_mobilenet_v3_large_fpn": 1e-5,
    "fasterrcnn_mobilenet_v3_large_320_fpn": 1e-5,
    "keypointrcnn_resnet50_fpn": 0.0,
}


def _outputs_of(model, layer, picture):
    """All that `layer` returns while the model looks at the picture, [samples, channels]."""
    seen = []
    handle = layer.register_forward_hook(lambda module, inputs, output: seen.append(output.detach()))
    with torch.no_grad():
        model([picture])
    handle.remove()
    return torch.cat([output.transpose(0, 1).flatten(1).T for output in seen])


def _spread(model, layer, picture, deviation):
    """Scales and shifts each channel of a last layer: mean 0 and this standard deviation on the picture."""
    outputs = _outputs_of(model, layer, picture)
    scale = deviation / outputs.std(0).clamp(min=1e-6)
    with torch.no_grad():
        outputs_axis = 1 if isinstance(layer, torch.nn.ConvTranspose2d) else 0
        layer.weight.mul_(scale.view([-1 if axis == outputs_axis else 1 for axis in range(layer.weight.dim())]))
        layer.bias.copy_((layer.bias - outputs.mean(0)) * scale)


def freeze_batch_norms(module, epsilon):
    for name, child in module.named_children():
        if isinstance(child, torch.nn.BatchNorm2d):
            frozen = FrozenBatchNorm2d(child.num_features, eps=epsilon)
            frozen.load_state_dict({k: v for k, v in child.state_dict().items() if k != "num_batches_tracked"})
            setattr(module, name, frozen)
        else:
            freeze_batch_norms(child, epsilon)


def _last_norms_of_residuals(model):
    """Names of the norms whose output is added to a shortcut."""
    names = {name for name, _ in model.named_modules() if name.endswith("bn3")}
    for name, module in model.named_modules():
        if isinstance(module, InvertedResidual) and module.use_res_connect:
            names.add(f"{name}.block.{len(module.block) - 1}.1")
    return names


def _settle(model, part, picture):
    """Sets the batch norms of a part to the statistics of the picture."""
    norms = [module for module in part.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0  # of this picture alone, not a running mean
        norm.train()
    with torch.no_grad():
        model([picture])
    for norm in norms:
        norm.eval()


def lively_model(picture, seed=0, name="maskrcnn_resnet50_fpn", classes=91, **settings):
    """An evaluating float32 model in the form of the official weights of that name.

    picture: float tensor [3, H, W], RGB from 0 to 1, that the statistics are taken from.
    settings: for torchvision's constructor.
    """
    torch.manual_seed(seed)
    constructor = getattr(detection, name)
    model = constructor(weights=None, weights_backbone=None, num_classes=classes, **settings).eval()
    # trained residual branches are weaker than their shortcuts; branches of equal strength would make a chaotic network,
    # in which the last bit of a pixel moves scores by more than implementations may differ
    weak = _last_norms_of_residuals(model)
    for place, norm in model.named_modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(norm.weight, *((0.05, 0.15) if place in weak else (0.5, 1.0)))
            torch.nn.init.uniform_(norm.bias, -0.2, 0.2)
    _settle(model, model.backbone, picture)
    if MODELS[name] is not None:
        freeze_batch_norms(model.backbone, epsilon=MODELS[name])
        model.eval()

    heads = model.roi_heads
    last_layers = [  # in the order of the data: each changes what the next one sees
        (model.rpn, model.rpn.head.cls_logits, 2.0),
        (model.rpn, model.rpn.head.bbox_pred, 0.2),
        (heads.box_head, heads.box_predictor.cls_score, 1.6),
        (heads.box_head, heads.box_predictor.bbox_pred, 0.5),
    ]
    if heads.has_mask():
        last_layers.append((heads.mask_head, heads.mask_predictor.mask_fcn_logits, 3.0))
    if heads.has_keypoint():
        last_layers.append((heads.keypoint_head, heads.keypoint_predictor.kps_score_lowres, 3.0))
    for part, layer, deviation in last_layers:
        _settle(model, part, picture)
        _spread(model, layer, picture, deviation)
    return model
