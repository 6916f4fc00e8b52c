#!/usr/bin/env python3
"""Prints the compressed run lengths that tests/io/rle.cpp expects: pycocotools' own, for masks given by a formula."""

import numpy
from pycocotools import mask as coco_mask

# height and width of the image; top, left, height and width of the patch
CASES = [(17, 23, 5, 4, 8, 9), (12, 10, 0, 0, 12, 10), (9, 300, 0, 290, 9, 10), (600, 400, 100, 50, 450, 300), (5, 5, 2, 2, 0, 0)]

for height, width, top, left, rows, columns in CASES:
    image = numpy.zeros((height, width), numpy.uint8, order="F")
    for y in range(rows):
        for x in range(columns):
            image[top + y, left + x] = (x * x + 3 * y) % 7 < 3 if rows < 100 else (x - 150) ** 2 + (y - 225) ** 2 < 149**2
    print(height, width, top, left, rows, columns, image.sum(), coco_mask.encode(image)["counts"].decode()[:2000])
