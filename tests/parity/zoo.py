#!/usr/bin/env python3
"""Compares the command-line tool with the original of every family of models that it reads: one table, one command.

    python3 tests/parity/zoo.py --tool build/release/bin/maskrcnn-segment [--family NAME] [--case TEXT] IMAGE...

Each family is a module `zoo_NAME.py` of this folder, which says in its first lines where the original code comes from. A
case is a model of the original's, at full size, with generated weights that behave like trained ones, saved as the
original saves its files. The tool is told nothing of it. Goals are those of parity.py. Exit status 1 if a case misses
them, or a family's original cannot be imported.
"""

import argparse
import importlib
import pathlib
import sys
import tempfile
import time
import traceback

import numpy
import torch

import parity

FAMILIES = [path.stem[4:] for path in sorted(pathlib.Path(__file__).parent.glob("zoo_*.py"))]
HEADER = f"{'family, model':<58} {'found':>9}  score    box px   IoU     <{parity.SMALL} px  points px  notes"


def keypoint_distances(pairs):
    """Of each keypoint of each pair, in pixels of the image."""
    distances = [
        numpy.abs(numpy.asarray(a["keypoints"])[:, :2] - numpy.asarray(b["keypoints"])[:, :2]).max(1)
        for a, b, _ in pairs
        if "keypoints" in a
    ]
    return numpy.concatenate(distances) if distances else None


def row_of(name, results):
    """A line of the table from (expected, found) of every image; and whether it reaches the goals."""
    matched = total = differing = 0
    worst = {"score": 0.0, "box": 0.0, "iou": 1.0, "iou_small": 1.0}
    points = []
    fine = True
    for expected, found in results:
        pairs, missing, extra = parity.match(expected, found)
        total += len(expected) + len(extra)
        matched += len(pairs)
        for reference, detection, distance in pairs:
            worst["score"] = max(worst["score"], abs(reference["score"] - detection["score"]))
            worst["box"] = max(worst["box"], distance)
            if ("mask" in reference) != ("mask" in detection) or ("keypoints" in reference) != ("keypoints" in detection):
                raise SystemExit(f"{name}: one of the two has masks or keypoints that the other lacks")
            if "mask" not in reference:
                continue
            pixels = (reference["mask"] ^ detection["mask"]).sum()
            kind = "iou_small" if reference["mask"].sum() < parity.SMALL else "iou"
            iou = parity.intersection_over_union(reference["mask"], detection["mask"])
            worst[kind] = min(worst[kind], iou)
            if iou < parity.GOAL["iou"] and pixels > 2:
                differing += 1
        distances = keypoint_distances(pairs)
        if distances is not None:
            points.append(distances)
    fine = matched == total > 0 and worst["score"] <= parity.GOAL["score"] and worst["box"] <= parity.GOAL["box"]
    fine = fine and differing == 0
    told = ""
    if points:
        points = numpy.concatenate(points)
        away = int((points > parity.GOAL["box"]).sum())
        told = f"{points[points <= parity.GOAL['box']].max(initial=0):.4f}" + (f" ({away} of {len(points)} away)" if away else "")
        fine = fine and away <= len(points) / 1000
    has_masks = any("mask" in entry for expected, _ in results for entry in expected)
    masks = f"{worst['iou']:.4f}  {worst['iou_small']:.4f}" if has_masks else " " * 14
    note = "" if fine else "MISSES" + (f", {differing} masks" if differing else "")
    return (
        f"{name:<58} {matched:>4} of {total:<4} {worst['score']:.1e}  {worst['box']:.4f}  {masks}  {told:>9}  {note}",
        fine,
    )


def compare_case(make, arguments, inputs, work):
    images = [parity.picture(path) for path in arguments.images]
    weights, detect = make(parity.contact_sheet(arguments.images) if arguments.sheet else images[0], work)
    found = parity.run_tool(arguments, inputs, weights, work)
    results = [(detect(image), detections) for image, detections in zip(images, found)]
    pathlib.Path(weights).unlink()
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="+", type=pathlib.Path)
    parser.add_argument("--tool", required=True, type=pathlib.Path)
    parser.add_argument("--family", choices=FAMILIES, action="append", help="default: each of them")
    parser.add_argument("--case", default="", help="only cases whose name has this in it")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--sheet", action="store_true", help="make weights for all images together, not for the first")
    parser.add_argument("--keep-going", action="store_true", help="pass over families that cannot be imported")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    fine = True
    print(HEADER, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        inputs = []
        for position, path in enumerate(arguments.images):  # decoded once, for both
            inputs.append(work / f"{position}.png")
            parity.picture(path).save(inputs[-1])
        for family in arguments.family or FAMILIES:
            try:
                cases = importlib.import_module(f"zoo_{family}").CASES
            except ImportError as problem:
                print(f"{family}: {problem}")
                fine = fine and arguments.keep_going
                continue
            for name, make in cases.items():
                if arguments.case not in name:
                    continue
                start = time.monotonic()
                try:
                    row, reached = row_of(f"{family}, {name}", compare_case(make, arguments, inputs, work))
                except Exception:  # the others are worth their time
                    row, reached = f"{family}, {name}: {traceback.format_exc()}", False
                fine = fine and reached
                print(row, f"{time.monotonic() - start:.0f} s", flush=True)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
