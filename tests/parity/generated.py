"""Weights that are made up and behave like trained ones: what the families' packages have in common."""

import torch
from torch import nn

# For comparisons at full size: as trained ones, residual branches much weaker than their shortcuts. Deep networks of equal
# ones are chaotic, and the last bit of a pixel moves scores by more than implementations may differ.
WELL_CONDITIONED = {"logits": 1.6, "branches": (0.05, 0.15)}


@torch.no_grad()
def settle(norms, run, adapt=lambda module: None):
    """Norms get the statistics of what comes to them while `run` looks at a picture.

    adapt: called with every module that was changed, to round it, say.
    """

    def measure(norm, inputs):
        if len(inputs[0]):
            norm.running_mean.copy_(inputs[0].mean((0, 2, 3)))
            norm.running_var.copy_(inputs[0].var((0, 2, 3)))
            adapt(norm)

    hooks = [norm.register_forward_pre_hook(measure) for norm in norms]
    run()
    for hook in hooks:
        hook.remove()


@torch.no_grad()
def spread(layer, run, deviation, adapt=lambda module: None):
    """Scales and shifts the outputs of a last layer: mean 0 and this deviation while `run` looks, channel by channel."""
    seen = []
    hook = layer.register_forward_hook(lambda module, inputs, output: seen.append(output))
    run()
    hook.remove()
    values = torch.cat([output.transpose(0, 1).flatten(1) for output in seen], 1)
    scale = deviation / values.std(1).clamp(min=1e-3)
    outputs = 1 if isinstance(layer, nn.ConvTranspose2d) else 0  # where weights have them
    layer.weight.mul_(scale.reshape([-1 if axis == outputs else 1 for axis in range(layer.weight.dim())]))
    layer.bias.copy_((layer.bias - values.mean(1)) * scale)
    adapt(layer)
