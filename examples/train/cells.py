"""Cell-segmentation scores: AP(t) = TP / (TP + FP + FN) over nuclei matched one to one at a mask IoU of at least t.

The measure of the 2018 Data Science Bowl and of StarDist (Schmidt et al., 2018). Unlike COCO's average precision it
judges one fixed set of detections, so it depends on the score threshold.
"""
import numpy as np
from pycocotools import mask as rle

THRESHOLDS = np.round(np.arange(0.5, 1.0, 0.05), 2)


def matches(overlaps, threshold):
    """The largest number of one-to-one pairs with IoU of at least `threshold`; overlaps [detections, nuclei]."""
    candidates = [np.flatnonzero(row >= threshold) for row in overlaps]
    owner = {}  # nucleus -> the detection that it is paired with

    def pair(detection, tried):  # Kuhn's augmenting path
        for nucleus in candidates[detection]:
            if nucleus not in tried:
                tried.add(nucleus)
                if nucleus not in owner or pair(owner[nucleus], tried):
                    owner[nucleus] = detection
                    return True
        return False

    return sum(pair(detection, set()) for detection in range(len(candidates)))


def counts(truth, found):
    """[thresholds, 3] of TP, FP, FN for one picture, from lists of run lengths."""
    overlaps = np.zeros((len(found), len(truth)))
    if truth and found:
        overlaps = np.asarray(rle.iou(found, truth, [0] * len(truth)))
    return counts_of(overlaps)


def counts_of(overlaps):
    """[thresholds, 3] of TP, FP, FN from the IoUs [detections, nuclei] of one picture."""
    hits = np.array([matches(overlaps, t) for t in THRESHOLDS])
    return np.stack([hits, overlaps.shape[0] - hits, overlaps.shape[1] - hits], axis=1)


def table(per_picture):
    """(AP(t) pooled over all nuclei, the contest's score: the mean over pictures of the mean AP(t))."""
    per_picture = np.asarray(per_picture, dtype=np.float64)
    total = per_picture.sum(axis=0)
    single = per_picture[..., 0] / np.maximum(per_picture.sum(axis=-1), 1)
    return total[:, 0] / np.maximum(total.sum(axis=1), 1), float(single.mean())
