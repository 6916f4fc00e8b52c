#!/usr/bin/env python3
"""Writes what pycocotools makes of small data sets and of polygons, for tests/evaluate.

    python3 tests/golden/make_coco.py      # needs pycocotools 2.0.11 and numpy
"""

import json
import sys
from pathlib import Path

import numpy
from pycocotools import mask as coco_mask

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "parity"))
from coco_evaluation import KEYPOINT_NAMES, NAMES, KeypointMaker, Maker, keypoint_numbers, pycocotools_numbers  # noqa: E402

FOLDER = HERE / "coco"


def polygons(seed=7, count=150, height=61, width=83):
    """Polygons of every awkward kind, and their run lengths."""
    rng = numpy.random.default_rng(seed)
    cases = []
    for index in range(count):
        points = rng.normal(0, 1, (int(rng.integers(3, 9)), 2)) * rng.choice([5, 30, 100, 400]) + [width / 2, height / 2]
        points = numpy.round(points * 5) / 5 if index % 3 == 0 else numpy.round(points, int(rng.integers(0, 4)))
        if index % 5 == 0:
            points = numpy.concatenate([points, points[:1]])  # closed
        if index % 7 == 0:
            points = numpy.repeat(points, 2, axis=0)
        if index % 11 == 0:
            points[:, 0] = points[0, 0]  # upright, without width
        flat = [float(v) for v in points.reshape(-1)]
        rle = coco_mask.frPyObjects([flat], height, width)[0]
        cases.append({"polygon": flat, "counts": rle["counts"].decode("ascii"), "area": int(coco_mask.area(rle)),
                      "bounds": [int(v) for v in coco_mask.toBbox(rle)]})
    parts = [case["polygon"] for case in cases[:60]]
    merged = []
    for first in range(0, 60, 3):
        rle = coco_mask.merge(coco_mask.frPyObjects(parts[first : first + 3], height, width))
        merged.append(rle["counts"].decode("ascii"))
    rles = coco_mask.frPyObjects([case["polygon"] for case in cases[:30]], height, width)
    overlaps = coco_mask.iou(rles[:15], rles[15:], [i % 4 == 0 for i in range(15)])
    return {"size": [height, width], "cases": cases, "merged": merged, "overlaps": overlaps.tolist()}


def evaluations():
    """Data sets, results and COCO's numbers; the seeds were chosen for what they contain."""
    cases = []
    for seed, limit in ((0, 100), (3, 100), (11, 100), (17, 15), (21, 100), (29, 12), (38, 100)):
        maker = Maker(seed, most=8 if limit == 100 else 40)
        maker.sizes = (20, 120)
        maker.pictures = min(maker.pictures, 5 if limit == 100 else 2)
        truth, results = maker.make()
        truth_path, results_path = FOLDER / "truth.tmp", FOLDER / "results.tmp"
        truth_path.write_text(json.dumps(truth))
        results_path.write_text(json.dumps(results))
        numbers, _ = pycocotools_numbers(truth_path, results_path, limit)
        truth_path.unlink()
        results_path.unlink()
        cases.append({"seed": seed, "limit": limit, "truth": truth, "results": results,
                      "expected": {measure: dict(zip(NAMES, values)) for measure, values in numbers.items()}})
    return cases


def keypoints():
    """The same of people with keypoints."""
    cases = []
    for seed in range(12):
        maker = KeypointMaker(seed, most=30 if seed == 4 else 4)
        maker.pictures = min(maker.pictures, 4)
        truth, results = maker.make()
        truth_path, results_path = FOLDER / "truth.tmp", FOLDER / "results.tmp"
        truth_path.write_text(json.dumps(truth))
        results_path.write_text(json.dumps(results))
        numbers = keypoint_numbers(truth_path, results_path)
        truth_path.unlink()
        results_path.unlink()
        cases.append({"seed": seed, "truth": truth, "results": results, "expected": dict(zip(KEYPOINT_NAMES, numbers))})
    return cases


def main():
    FOLDER.mkdir(exist_ok=True)

    def write(name, value):
        (FOLDER / name).write_text("\n".join(json.dumps(entry) for entry in value) + "\n")
        print(name, (FOLDER / name).stat().st_size, "bytes")

    write("polygons.jsonl", [polygons()])
    write("evaluations.jsonl", evaluations())
    write("keypoints.jsonl", keypoints())


if __name__ == "__main__":
    main()
