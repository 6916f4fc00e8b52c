"""A torchvision Mask R-CNN with generated weights that behaves like a trained one.

Random weights alone give no detections, or a thousand equal ones. Here every batch norm is set to the statistics of one
picture, and the last layer of each head is scaled so that its outputs spread as those of a trained network do: many
proposals, many classes, scores from the threshold to nearly 1, masks with inside and outside.
"""

import torch
from torchvision.models.detection import maskrcnn_resnet50_fpn
from torchvision.ops.misc import FrozenBatchNorm2d


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
        layer.weight.mul_(scale.view(-1, *[1] * (layer.weight.dim() - 1)))
        layer.bias.copy_((layer.bias - outputs.mean(0)) * scale)


def freeze_batch_norms(module, epsilon):
    for name, child in module.named_children():
        if isinstance(child, torch.nn.BatchNorm2d):
            frozen = FrozenBatchNorm2d(child.num_features, eps=epsilon)
            frozen.load_state_dict({k: v for k, v in child.state_dict().items() if k != "num_batches_tracked"})
            setattr(module, name, frozen)
        else:
            freeze_batch_norms(child, epsilon)


def lively_model(picture, seed=0):
    """An evaluating float32 model of 91 classes in the form of the official v1 weights: frozen batch norms, epsilon 0.

    picture: float tensor [3, H, W], RGB from 0 to 1, that the statistics are taken from.
    """
    torch.manual_seed(seed)
    model = maskrcnn_resnet50_fpn(weights=None, weights_backbone=None)
    norms = {name: m for name, m in model.named_modules() if isinstance(m, torch.nn.BatchNorm2d)}
    for name, norm in norms.items():
        norm.momentum = 1.0  # the statistics of the picture, not a running mean
        # trained residual branches are weaker than their shortcuts; branches of equal strength would make a chaotic
        # network, in which the last bit of a pixel moves scores by more than implementations may differ
        weak = name.endswith("bn3")
        torch.nn.init.uniform_(norm.weight, *((0.05, 0.15) if weak else (0.5, 1.0)))
        torch.nn.init.uniform_(norm.bias, -0.2, 0.2)
    model.eval()
    for norm in norms.values():
        norm.train()
    with torch.no_grad():
        images, _ = model.transform([picture])
        model.backbone(images.tensors)
    freeze_batch_norms(model.backbone, epsilon=0.0)
    model.eval()

    heads = model.roi_heads
    last_layers = [  # in the order of the data: each changes what the next one sees
        (model.rpn.head.cls_logits, 2.0),
        (model.rpn.head.bbox_pred, 0.2),
        (heads.box_predictor.cls_score, 1.6),
        (heads.box_predictor.bbox_pred, 0.5),
        (heads.mask_predictor.mask_fcn_logits, 3.0),
    ]
    for layer, deviation in last_layers:
        _spread(model, layer, picture, deviation)
    return model
