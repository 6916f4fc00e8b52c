"""What benchmarks/end_to_end.cpp does on standard input and output, for peers in Python."""

import sys
import time

import numpy
from PIL import Image


def read_pixels(path):
    """uint8 [H, W, 3]"""
    return numpy.array(Image.open(path).convert("RGB"))


def chw(pixels):
    """float32 [3, H, W] from 0 to 1"""
    return numpy.ascontiguousarray(pixels.transpose(2, 0, 1), dtype=numpy.float32) / numpy.float32(255)


def serve(start, segment):
    """Answers each line on standard input. `start` is when loading began; `segment()` gives NumPy-like boxes [N, 4],
    labels, scores and bool masks [N, ..., H, W]."""
    print(f"loaded {time.perf_counter() - start:.4f}", flush=True)
    boxes = labels = scores = masks = ()
    for line in sys.stdin:
        if line.strip() == "show":
            for box, label, score, mask in zip(boxes, labels, scores, masks):
                print(int(label), f"{float(score):.6f}", *(f"{float(edge):.4f}" for edge in box), int(mask.sum()))
        else:
            begin = time.perf_counter()
            boxes, labels, scores, masks = segment()
            seconds = time.perf_counter() - begin
            print(f"{seconds:.4f} {len(scores)}")
        sys.stdout.flush()
