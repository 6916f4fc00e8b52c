#!/usr/bin/env python3
"""Compares the command-line tool with a transcription of detectron2, model by model, image by image.

    python3 tests/parity/parity_detectron2.py --tool build/release/bin/maskrcnn-segment IMAGE...

Weights are generated, at full size, and written as detectron2 writes its .pkl files; the truth is detectron2_reference.py.
Goals and output are those of parity.py. Exit status 1 if a picture misses the goal.
"""

import argparse
import pathlib
import pickle
import sys
import tempfile

import numpy
from torchvision.models._meta import _COCO_CATEGORIES

import parity
from detectron2_reference import DEPTHS, Spec, calibrate, detect, made_model

MEMBERS = {
    "mask_rcnn_R_50_FPN": (dict(), True),
    "mask_rcnn_R_101_FPN": (dict(depths=DEPTHS[101]), True),
    "mask_rcnn_X_101_32x8d_FPN": (dict(depths=DEPTHS[101], groups=32), True),
    "mask_rcnn_R_50_C4": (dict(neck="c4"), True),
    "mask_rcnn_R_101_C4": (dict(neck="c4", depths=DEPTHS[101]), True),
    "mask_rcnn_R_50_DC5": (dict(neck="dc5"), True),
    "mask_rcnn_R_101_DC5": (dict(neck="dc5", depths=DEPTHS[101]), True),
    "faster_rcnn_R_50_FPN": (dict(), False),
    "faster_rcnn_R_50_C4": (dict(neck="c4"), False),
    "faster_rcnn_R_50_DC5": (dict(neck="dc5"), False),
}
CATEGORIES = [i for i, name in enumerate(_COCO_CATEGORIES) if name not in ("__background__", "N/A")]


def expected(state, spec, image):
    boxes, scores, labels, masks = detect(state, spec, numpy.asarray(image))
    entries = [
        {"category_id": CATEGORIES[label], "score": float(score), "box": box.numpy()}
        for box, score, label in zip(boxes, scores, labels)
    ]
    for i, entry in enumerate(entries if masks is not None else ()):
        entry["mask"] = masks[i].numpy()
    return entries


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="+", type=pathlib.Path)
    parser.add_argument("--tool", required=True, type=pathlib.Path)
    parser.add_argument("--model", choices=[*MEMBERS], help="default: each of them")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    fine = True
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        inputs = []
        for path in arguments.images:  # decoded once, for both
            inputs.append(work / f"{path.stem}.png")
            parity.picture(path).save(inputs[-1])
        for name in [arguments.model] if arguments.model else MEMBERS:
            settings, masks = MEMBERS[name]
            spec = Spec(**settings)
            state = made_model(spec, 64, 80, masks, hidden=1024, fpn=256)
            calibrate(state, spec, numpy.asarray(parity.picture(arguments.images[0])))
            weights = work / f"{name}.pkl"
            with open(weights, "wb") as file:
                arrays = {key: value.numpy() for key, value in state.items()}
                pickle.dump({"model": arrays, "__author__": "made up"}, file, protocol=2)
            found = parity.run_tool(arguments, inputs, weights, work)
            print(f"{name:<40} {'peer':>4} {'tool':>4} {'cls':>4}   score    box px  IoU     IoU < {parity.SMALL} px")
            for path, detections in zip(arguments.images, found):
                fine = parity.compare(path.stem[:40], expected(state, spec, parity.picture(path)), detections)[0] and fine
            weights.unlink()
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
