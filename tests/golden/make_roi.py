"""Golden files of what reads regions of interest: levels, RoIAlign, RoIPool."""

import math

import numpy
import torch
from torchvision.ops import MultiScaleRoIAlign, roi_align, roi_pool
from torchvision.ops.poolers import LevelMapper

from golden_file import Golden, boxes_in, random


def level_mapper():
    """Exact: areas around the boundaries, and everything between; float."""
    golden = Golden("level_mapper")
    sides = [1.0, 2.0, 50.0, 111.9, 112.0, 112.1, 223.9, 224.0, 224.1, 447.9, 448.0, 448.1, 900.0, 5000.0]
    sides += [112 * (1 + k * 2.0**-23) for k in range(-16, 17)] + [224 * (1 + k * 2.0**-23) for k in range(-16, 17)]
    boxes = [[10.0, 20.0, 10.0 + side, 20.0 + side] for side in sides]
    boxes += [[0.0, 0.0, side, side] for side in sides]
    boxes += [[0.0, 0.0, 56.0, 224.0], [0.0, 0.0, 448.0, 112.0], [3.0, 3.0, 3.0, 9.0], [5.0, 5.0, 5.0, 5.0]]
    boxes = torch.cat([torch.tensor(boxes), boxes_in(300, 800, 1000, 4, 900)])
    mapper = LevelMapper(2, 5)
    golden.add("case", boxes=boxes, levels=mapper([boxes]).int())
    golden.save()


def roi_align_by_maximum(features, rois, output, scale, samples, aligned):
    """The paper's pooling, in plain loops: the maximum over interpolated samples."""
    features, rois = features.numpy(), rois.numpy()
    channels, height, width = features.shape
    result = numpy.zeros((len(rois), channels, output, output))
    for n, roi in enumerate(rois):
        x0, y0, x1, y1 = roi * scale - (0.5 if aligned else 0.0)
        roi_width, roi_height = x1 - x0, y1 - y0
        if not aligned:
            roi_width, roi_height = max(roi_width, 1.0), max(roi_height, 1.0)
        bin_width, bin_height = roi_width / output, roi_height / output
        count_y = samples if samples > 0 else math.ceil(bin_height)
        count_x = samples if samples > 0 else math.ceil(bin_width)
        for row in range(output):
            for column in range(output):
                values = []
                for sy in range(count_y):
                    for sx in range(count_x):
                        y = y0 + row * bin_height + (sy + 0.5) * bin_height / count_y
                        x = x0 + column * bin_width + (sx + 0.5) * bin_width / count_x
                        values.append(sample(features, y, x, height, width))
                result[n, :, row, column] = numpy.max(values, axis=0) if values else 0
    return torch.from_numpy(result)


def sample(features, y, x, height, width):
    if y < -1 or y > height or x < -1 or x > width:
        return numpy.zeros(len(features))
    y, x = max(y, 0.0), max(x, 0.0)
    top, left = min(int(y), height - 1), min(int(x), width - 1)
    bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
    down, across = (0.0 if top == height - 1 else y - top), (0.0 if left == width - 1 else x - left)
    upper = features[:, top, left] * (1 - across) + features[:, top, right] * across
    lower = features[:, bottom, left] * (1 - across) + features[:, bottom, right] * across
    return upper * (1 - down) + lower * down


def roi():
    golden = Golden("roi")
    features = random(1, 5, 13, 17)
    rois = boxes_in(10, 13 * 16, 17 * 16, 5, 250)
    special = [
        [0.0, 0.0, 272.0, 208.0], [-300.0, -300.0, -200.0, -250.0], [250.0, 190.0, 400.0, 300.0],
        [400.0, 400.0, 500.0, 600.0], [100.0, 100.0, 100.5, 100.25], [-40.0, 30.0, 60.0, 45.0], [112.0, 45.0, 219.0, 213.0],
    ]  # fmt: skip
    rois = torch.cat([rois, torch.tensor(special)]).double()
    golden.add("case", features=features, rois=rois)
    batched = torch.cat([torch.zeros(len(rois), 1), rois], 1).double()
    scale = 1 / 16
    for output, samples, aligned in [(7, 2, False), (7, 2, True), (3, 0, False), (3, 0, True), (4, 3, True), (14, 2, False)]:
        chosen = batched if output <= 7 else batched[:6]
        name = f"k{output}_s{samples}_{'aligned' if aligned else 'unaligned'}"
        average = roi_align(features, chosen, output, scale, samples if samples > 0 else -1, aligned)
        golden.add("average", **{name: average})
        if output <= 7:
            golden.add("max", **{name: roi_align_by_maximum(features[0], rois, output, scale, samples, aligned)})
    # RoIPool rounds .5 apart from zero in float and double alike; in float here, as it decides
    for output in (7, 3):
        golden.add("pool", **{f"k{output}": roi_pool(features.float(), batched.float(), output, scale)})
    golden.save()


def multi_level_roi():
    golden = Golden("multi_level_roi")
    resized, grids = (298, 405), [(80, 104), (40, 52), (20, 26), (10, 13)]
    features = {str(i): random(1, 2, *grid).half().double() for i, grid in enumerate(grids)}
    boxes = torch.cat([boxes_in(12, 298, 405, 8, 400), torch.tensor([[2.0, 3.0, 400.0, 297.0]])]).double()
    pooler = MultiScaleRoIAlign(["0", "1", "2", "3"], 7, 2)
    output = pooler(features, [boxes], [resized])
    assert pooler.scales == [0.25, 0.125, 0.0625, 0.03125]
    golden.add("case", boxes=boxes, output=output, resized=list(resized), scales=torch.tensor(pooler.scales))
    golden.add("case", **{f"features{i}": features[str(i)].half() for i in range(4)})
    golden.save()
