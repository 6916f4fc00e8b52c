"""The same as benchmarks/end_to_end.cpp, by torchvision: one run for each line on standard input."""

import sys
import time

import numpy
import torch
from PIL import Image
from safetensors.torch import load_file
from torchvision.models.detection import maskrcnn_resnet50_fpn
from torchvision.ops.misc import FrozenBatchNorm2d


def main(weights, picture, threads):
    start = time.perf_counter()
    torch.set_num_threads(int(threads))
    pixels = numpy.array(Image.open(picture).convert("RGB"))
    image = torch.from_numpy(pixels).permute(2, 0, 1).float() / 255
    frozen = lambda channels: FrozenBatchNorm2d(channels, eps=0.0)  # as torchvision loads its COCO weights
    model = maskrcnn_resnet50_fpn(weights=None, weights_backbone=None, norm_layer=frozen).eval()
    model.load_state_dict(load_file(weights))
    print(f"loaded {time.perf_counter() - start:.4f}", flush=True)
    with torch.inference_mode():
        for _ in sys.stdin:
            begin = time.perf_counter()
            result = model([image])[0]
            masks = result["masks"] >= 0.5
            print(f"{time.perf_counter() - begin:.4f} {len(masks)}", flush=True)


main(*sys.argv[1:])
