"""Masks of RoIs to full-size masks with NumPy, for runtimes that are given a model without this step.

What torchvision's paste_masks_in_image does (one pixel of zeros around, box scaled and truncated, bilinear), but only
inside each box, and as two small matrix products for each.
"""

import numpy


def _interpolation(size, samples):
    """[size, samples]: bilinear weights of `samples` numbers, spread over `size` pixels, align_corners off."""
    position = ((numpy.arange(size, dtype=numpy.float32) + 0.5) * (samples / size) - 0.5).clip(0, samples - 1)
    return (1 - abs(position[:, None] - numpy.arange(samples, dtype=numpy.float32))).clip(0, 1)


def paste_masks(masks, boxes, height, width, threshold=0.5):
    """bool [N, height, width] from probabilities [N, 1, M, M] and boxes [N, 4] in pixels of the picture."""
    samples = masks.shape[-1] + 2
    padded = numpy.zeros((len(masks), samples, samples), numpy.float32)
    padded[:, 1:-1, 1:-1] = masks[:, 0]
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]) / 2 * (samples / (samples - 2))
    corners = numpy.concatenate([centre - half, centre + half], 1).astype(numpy.int64)
    result = numpy.zeros((len(masks), height, width), bool)
    for mask, (x0, y0, x1, y1), plane in zip(padded, corners.tolist(), result):
        rows = _interpolation(max(y1 - y0 + 1, 1), samples)[max(-y0, 0) : height - y0]
        columns = _interpolation(max(x1 - x0 + 1, 1), samples)[max(-x0, 0) : width - x0]
        top, left = max(y0, 0), max(x0, 0)
        plane[top : top + len(rows), left : left + len(columns)] = rows @ mask @ columns.T >= threshold
    return result
