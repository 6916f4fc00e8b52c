"""RoIAlign for training on a CPU: torchvision's numbers, as one weighted gather from all levels of the pyramid.

A bin of 2 x 2 bilinear samples is a weighted sum of 4 x 4 pixels, and `embedding_bag` is just that; its backward pass is
vectorised, where that of torchvision's operator goes number by number and takes a third of a training step.

    python fast_roi_align.py     # compares both: results, gradients, time
"""
import time

import torch
import torch.nn.functional as F
from torch import nn

SAMPLES = 2  # a bin's samples along each axis


def axis_taps(start, extent, size, bins):
    """Pixels and weights along one axis, [RoIs, bins, 2 * SAMPLES] each, of RoIs from `start` over `extent`, in pixels of
    maps `size` long; all three [RoIs]."""
    steps = (torch.arange(bins * SAMPLES) + 0.5) / (bins * SAMPLES)
    position = start[:, None] + extent[:, None] * steps
    size = size[:, None]
    inside = (position >= -1) & (position <= size)
    position = torch.minimum(position.clamp(min=0), (size - 1).to(position))
    low = position.floor()
    upper = (position - low) * inside / SAMPLES
    lower = inside / SAMPLES - upper
    low = low.long()
    pixels = torch.stack([low, torch.minimum(low + 1, size - 1)], dim=-1)
    shape = (len(start), bins, 2 * SAMPLES)
    return pixels.view(shape), torch.stack([lower, upper], dim=-1).view(shape)


def taps(boxes, heights, widths, first, bins):
    """What a bin of each RoI is made of: indices into a table of pixels, and their weights, [RoIs, bins, bins, 16] each.

    `boxes` [RoIs, 4] in pixels of maps of `heights` x `widths`, whose first pixels stand at `first` in the table."""
    x0, y0, x1, y1 = boxes.unbind(dim=1)
    rows, row_weights = axis_taps(y0, y1 - y0, heights, bins)
    columns, column_weights = axis_taps(x0, x1 - x0, widths, bins)
    rows = rows * widths[:, None, None] + first[:, None, None]
    index = rows[:, :, None, :, None] + columns[:, None, :, None, :]
    weight = row_weights[:, :, None, :, None] * column_weights[:, None, :, None, :]
    return index.flatten(3), weight.flatten(3)


class FastRoIAlign(nn.Module):
    """Takes the place of torchvision's `MultiScaleRoIAlign` with sampling_ratio=2 over levels of strides 4, 8, 16, 32."""

    def __init__(self, names, output_size):
        super().__init__()
        self.names, self.output_size = names, (output_size, output_size)

    def forward(self, features, boxes, image_shapes):
        maps = [features[name].permute(0, 2, 3, 1) for name in self.names]
        channels = maps[0].shape[-1]
        table = torch.cat([m.reshape(-1, channels) for m in maps]).float()
        batch = torch.repeat_interleave(torch.tensor([len(b) for b in boxes]))
        boxes = torch.cat(boxes).float()
        area = (boxes[:, 2:] - boxes[:, :2]).prod(dim=1)
        level = torch.floor(4 + torch.log2(area.sqrt() / 224) + 1e-6).clamp(2, 1 + len(maps)).long() - 2
        height, width, start = torch.tensor([[m.shape[1], m.shape[2], 0] for m in maps]).unbind(dim=1)
        start[1:] = torch.cumsum(height * width * maps[0].shape[0], dim=0)[:-1]
        height, width, start = height[level], width[level], start[level]
        scaled = boxes / (4 * 2.0**level)[:, None]
        scaled[:, 2:] = torch.maximum(scaled[:, 2:], scaled[:, :2] + 1)  # as the released weights have it
        index, weight = taps(scaled, height, width, start + batch * height * width, self.output_size[0])
        bins = index.shape[:3]
        pooled = F.embedding_bag(index.flatten(0, 2), table, per_sample_weights=weight.flatten(0, 2), mode="sum")
        return pooled.view(*bins, channels).permute(0, 3, 1, 2)


def mask_targets(masks, boxes, matched, size):
    """torchvision's `project_masks_on_boxes` without its half-pixel shift, for masks that are sampled at pixel centres:
    of `masks` [objects, H, W], in the order of `matched`, what lies in `boxes`, [RoIs, size, size] in 0..1."""
    height, width = (torch.full((len(boxes),), n) for n in masks.shape[1:])
    index, weight = taps(boxes.float() - 0.5, height, width, matched * height * width, size)
    return (masks.reshape(-1)[index] * weight).sum(dim=-1)


def main():
    from torchvision.ops import MultiScaleRoIAlign, roi_align

    torch.manual_seed(0)
    maps = {str(i): torch.randn(2, 128, 128 >> i, 128 >> i).to(memory_format=torch.channels_last).requires_grad_() for i in range(4)}
    centres, sizes = torch.rand(200, 2) * 512, torch.exp(torch.rand(200, 1) * 6.2)
    boxes = torch.cat([centres - sizes / 2, centres + sizes / 2], dim=1).clamp(0, 512)

    def result_and_gradients(pool):
        pooled = pool(maps, [boxes[:150], boxes[150:]], [(512, 512)] * 2)
        return [pooled.detach(), *torch.autograd.grad((pooled * pooled).sum(), list(maps.values()))]

    for output_size in (7, 14):
        results, seconds = [], []
        for pool in (MultiScaleRoIAlign(list(maps), output_size, SAMPLES), FastRoIAlign(list(maps), output_size)):
            results.append(result_and_gradients(pool))
            started = time.perf_counter()
            result_and_gradients(pool)
            seconds.append(time.perf_counter() - started)
        print(f"{output_size} x {output_size}, forwards and backwards: torchvision {seconds[0]:.3f} s, this {seconds[1]:.3f} s")
        for name, theirs, ours in zip(("bins", "gradient of P2", "P3", "P4", "P5"), *results):
            print(f"    {name}: differ by {float((theirs - ours).abs().max()):.1e} "
                  f"of {float(theirs.abs().max()):.1e}")
    masks = (torch.rand(20, 512, 512) > 0.5).to(torch.uint8)
    matched = torch.randint(0, 20, (200,))
    rois = torch.cat([matched[:, None], boxes], dim=1)
    theirs = roi_align(masks[:, None].float(), rois, (28, 28), sampling_ratio=SAMPLES, aligned=True)[:, 0]
    print(f"mask targets: {float((theirs - mask_targets(masks, boxes, matched, 28)).abs().max()):.1e}")


if __name__ == "__main__":
    main()
