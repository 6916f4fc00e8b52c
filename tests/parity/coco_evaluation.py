#!/usr/bin/env python3
"""Compares maskrcnn-evaluate with pycocotools: COCO's twelve numbers for boxes and for masks, its ten for keypoints, on
made-up data sets with everything that is awkward (crowds, people of whom nothing is labelled, empty pictures, ties, polygons of several parts, run lengths of both kinds, objects
on the limits of the area ranges), and the time both take on a large one.

    python3 coco_evaluation.py --tool build/release/bin/maskrcnn-evaluate [--seeds 200] [--large 2000]
    python3 coco_evaluation.py --tool ... --truth instances.json --results results.json     # your own

Needs pycocotools and numpy.
"""

import argparse
import contextlib
import io
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

NAMES = ("AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR_1", "AR_10", "AR", "AR_small", "AR_medium", "AR_large")


KEYPOINT_NAMES = ("AP", "AP50", "AP75", "AP_medium", "AP_large", "AR", "AR50", "AR75", "AR_medium", "AR_large")


class Maker:
    """A data set and results of one seed; which awkward things it has depends on the seed, too."""

    def __init__(self, seed, pictures=None, most=None):
        self.rng = numpy.random.default_rng(seed)
        r = self.rng
        self.pictures = pictures if pictures is not None else int(r.integers(1, 12))
        self.most = most if most is not None else int(r.choice([1, 4, 15, 130]))
        self.categories = sorted(r.choice(200, size=int(r.choice([1, 1, 3, 12])), replace=False).tolist())
        self.whole = r.random() < 0.4  # whole coordinates make overlaps of exactly 0.5, 0.6 ...
        self.coarse_scores = r.random() < 0.5
        self.crowds = r.choice([0, 0.1, 0.5])
        self.result_boxes = r.random() < 0.8
        self.sizes = (20, 400) if pictures is None else (400, 641)

    def polygon(self, x, y, w, h, outside=0.0):
        n = int(self.rng.integers(3, 9 if self.sizes[1] < 500 else 30))
        angles = numpy.sort(self.rng.random(n) * 2 * numpy.pi)
        radius = self.rng.uniform(0.4, 1 + outside, n)
        points = numpy.stack([x + w / 2 + radius * w / 2 * numpy.cos(angles), y + h / 2 + radius * h / 2 * numpy.sin(angles)], 1)
        if self.whole:
            points = numpy.round(points)
        else:
            points = numpy.round(points, int(self.rng.choice([1, 2, 15])))
        if self.rng.random() < 0.2:
            points = numpy.concatenate([points, points[:1]])  # closed
        if self.rng.random() < 0.1:
            points = numpy.repeat(points, 2, axis=0)
        return points.reshape(-1).tolist()

    def segmentation(self, box, height, width, polygons=True):
        kind = self.rng.random()
        x, y, w, h = box
        parts = [self.polygon(x, y, w, h, outside=0.3)]
        if self.rng.random() < 0.3:
            parts.append(self.polygon(x + w / 3, y - h / 4, w, h / 2))
        if polygons and kind < 0.5:
            return parts
        rle = coco_mask.merge(coco_mask.frPyObjects(parts, height, width))
        if kind < 0.75:
            return {"size": [height, width], "counts": rle["counts"].decode("ascii")}
        flat = coco_mask.decode(rle).reshape(-1, order="F")
        borders = numpy.flatnonzero(numpy.diff(flat)) + 1
        counts = numpy.diff(numpy.concatenate([[0], borders, [flat.size]])).tolist()
        return {"size": [height, width], "counts": ([0] if flat[0] else []) + counts}

    def box(self, height, width):
        r = self.rng
        sizes = r.choice([8, 32, 96, 200], 2) * r.choice([1, 1, r.uniform(0.3, 1.5)])
        w, h = (float(min(size, side)) for size, side in zip(sizes, (width, height)))
        x, y = r.uniform(0, width - w + 1e-9), r.uniform(0, height - h + 1e-9)
        values = [x, y, w, h]
        return [float(round(v)) if self.whole else round(float(v), 2) for v in values]

    def make(self):
        r = self.rng
        images, annotations, results = [], [], []
        ids = r.permutation(3 * self.pictures + 5)[: self.pictures].tolist()
        for image_id in ids:
            height, width = (int(v) for v in r.integers(*self.sizes, 2))
            images.append({"id": image_id, "file_name": f"{image_id}.png", "height": height, "width": width})
            truths = []
            for _ in range(int(r.integers(0, self.most + 1)) if r.random() < 0.85 else 0):
                box = self.box(height, width)
                segmentation = self.segmentation(box, height, width)
                area = float(r.choice([32 * 32, 96 * 96, box[2] * box[3], box[2] * box[3] * r.uniform(0.3, 1)]))
                truth = {"id": int(len(annotations) + (0 if self.whole else 1)), "image_id": image_id, "category_id": int(r.choice(self.categories)),
                         "iscrowd": int(r.random() < self.crowds), "bbox": box, "area": area, "segmentation": segmentation}
                annotations.append(truth)
                truths.append(truth)
            for truth in truths:
                for _ in range(int(r.choice([0, 1, 1, 1, 2]))):
                    shift = r.choice([0, 0, 1, 3, 10])
                    box = [v + float(s) for v, s in zip(truth["bbox"], numpy.round(r.normal(0, 1, 4) * shift, 0 if self.whole else 3))]
                    box = [box[0], box[1], max(box[2], 0.0), max(box[3], 0.0)]
                    category = truth["category_id"] if r.random() < 0.9 else int(r.choice(self.categories))
                    results.append(self.result(image_id, category, box, height, width,
                                               truth["segmentation"] if shift == 0 else None))
            for _ in range(int(r.integers(0, self.most + 1)) if r.random() < 0.3 else 0):
                results.append(self.result(image_id, int(r.choice(self.categories + [999])), self.box(height, width), height, width))
        if not results and images:
            results.append(self.result(images[0]["id"], self.categories[0], self.box(images[0]["height"], images[0]["width"]),
                                       images[0]["height"], images[0]["width"]))
        order = r.permutation(len(results))
        results = [results[i] for i in order]
        categories = [{"id": int(c), "name": f"thing {c}"} for c in self.categories]
        return {"images": images, "annotations": annotations, "categories": categories}, results

    def result(self, image_id, category, box, height, width, segmentation=None):
        if isinstance(segmentation, list):  # results hold run lengths
            segmentation = coco_mask.merge(coco_mask.frPyObjects(segmentation, height, width))
            segmentation = {"size": [height, width], "counts": segmentation["counts"].decode("ascii")}
        if segmentation is None or isinstance(segmentation.get("counts"), list):
            segmentation = None
            while not isinstance(segmentation, dict) or isinstance(segmentation["counts"], list):
                segmentation = self.segmentation(box, height, width, polygons=False)
        score = float(self.rng.choice([0.1, 0.5, 0.9])) if self.coarse_scores else float(self.rng.random())
        result = {"image_id": image_id, "category_id": category, "score": score, "segmentation": segmentation}
        return {**result, "bbox": box} if self.result_boxes else result


class KeypointMaker:
    """People with keypoints, and what was found of them, of one seed."""

    def __init__(self, seed, pictures=None, most=None):
        self.rng = r = numpy.random.default_rng(seed)
        self.pictures = pictures if pictures is not None else int(r.integers(1, 10))
        self.most = most if most is not None else int(r.choice([1, 4, 30]))
        self.categories = sorted(r.choice(50, size=int(r.choice([1, 1, 3])), replace=False).tolist())
        self.whole = r.random() < 0.4
        self.coarse_scores = r.random() < 0.5
        self.crowds, self.unlabelled, self.unseen = r.choice([0, 0.1, 0.4], 3)
        self.result_boxes = r.random() < 0.6

    def numbers(self, values):
        return [float(round(v)) if self.whole else round(float(v), int(self.rng.choice([1, 3, 15]))) for v in values]

    def marks(self, places, v):
        return numpy.concatenate([numpy.reshape(self.numbers(places.reshape(-1)), (17, 2)), v[:, None]], 1).reshape(-1).tolist()

    def result(self, image, category, places, box):
        r = self.rng
        score = float(r.choice([0.1, 0.5, 0.9])) if self.coarse_scores else float(r.random())
        result = {"image_id": image, "category_id": category, "score": score, "keypoints": self.marks(places, numpy.ones(17))}
        return {**result, "bbox": self.numbers(box)} if self.result_boxes else result

    def make(self):
        r = self.rng
        images, annotations, results = [], [], []
        for image in r.permutation(3 * self.pictures + 5)[: self.pictures].tolist():
            images.append({"id": image, "file_name": f"{image}.png", "height": 480, "width": 640})
            for _ in range(int(r.integers(0, self.most + 1)) if r.random() < 0.85 else 0):
                size = r.choice([16, 40, 100, 250], 2)
                box = numpy.array([*(r.random(2) * 300), *size], float)
                places = box[:2] + r.random((17, 2)) * box[2:]
                v = r.integers(0, 3, 17).astype(float) if r.random() > self.unseen else numpy.zeros(17)
                unlabelled, crowd = r.random() < self.unlabelled, r.random() < self.crowds
                if unlabelled:
                    v[:] = 0
                labelled = int((v > 0).sum())
                category = int(r.choice(self.categories))
                truth_marks = self.marks(places * (v > 0)[:, None], v)  # COCO writes zeros for what is not labelled
                area = float(r.choice([32 * 32, 96 * 96, box[2] * box[3] * 0.5, box[2] * box[3] * r.uniform(0.3, 1), 0]))
                annotations.append({"id": len(annotations) + 1, "image_id": image, "category_id": category, "iscrowd": int(crowd),
                                    "bbox": self.numbers(box), "area": area, "keypoints": truth_marks,
                                    "num_keypoints": labelled if r.random() < 0.95 else 0})
                for _ in range(int(r.choice([0, 1, 1, 2]))):
                    moved = places + r.normal(0, 1, (17, 2)) * r.choice([0, 0, 0.01, 0.05, 0.2]) * numpy.sqrt(box[2] * box[3])
                    category = category if r.random() < 0.9 else int(r.choice(self.categories))
                    results.append(self.result(image, category, moved, box + r.normal(0, 1, 4)))
            for _ in range(int(r.integers(0, self.most + 1)) if r.random() < 0.3 else 0):
                box = numpy.array([*(r.random(2) * 300), 60, 90], float)
                results.append(self.result(image, int(r.choice(self.categories)), box[:2] + r.random((17, 2)) * box[2:], box))
        if not results:
            results.append(self.result(images[0]["id"], self.categories[0], numpy.ones((17, 2)), [0, 0, 9, 9]))
        results = [results[i] for i in r.permutation(len(results))]
        categories = [{"id": int(c), "name": f"person {c}"} for c in self.categories]
        return {"images": images, "annotations": annotations, "categories": categories}, results


def keypoint_numbers(truth_path, results_path):
    """pycocotools' ten numbers of keypoints."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(truth_path))
        evaluation = COCOeval(truth, truth.loadRes(str(results_path)), "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return list(evaluation.stats)


def measure_numbers(truth_path, results_path, kind, limit):
    """pycocotools' twelve numbers of "bbox" or "segm"."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(truth_path))
        evaluation = COCOeval(truth, truth.loadRes(str(results_path)), kind)
        evaluation.params.maxDets = [1, 10, limit]
        evaluation.evaluate()
        evaluation.accumulate()
        if limit != 100:
            return summary(evaluation)  # its own insists on 100 in the first number
        evaluation.summarize()
        return list(evaluation.stats)


def renumbered(truth_path, to):
    """The same truth with annotations numbered from 1."""
    truth = json.loads(truth_path.read_text())
    for number, annotation in enumerate(truth["annotations"], 1):
        annotation["id"] = number
    to.write_text(json.dumps(truth))
    return to


def pycocotools_numbers(truth_path, results_path, limit):
    """{"box": [12], "mask": [12]} and the seconds it took, files read included.

    COCOeval takes the annotation id 0 for "no object", and an object that fits one for wrong; so no id is 0 here.
    """
    if any(annotation["id"] == 0 for annotation in json.loads(truth_path.read_text())["annotations"]):
        with tempfile.TemporaryDirectory() as folder:
            return pycocotools_numbers(renumbered(truth_path, Path(folder) / "truth.json"), results_path, limit)
    began = time.perf_counter()
    numbers = {measure: measure_numbers(truth_path, results_path, kind, limit) for measure, kind in (("box", "bbox"), ("mask", "segm"))}
    return numbers, time.perf_counter() - began


def summary(evaluation):
    def mean(values):
        values = values[values > -1]
        return float(values.mean()) if values.size else -1.0

    precision, recall = evaluation.eval["precision"], evaluation.eval["recall"]
    return ([mean(precision[..., 0, 2]), mean(precision[0, :, :, 0, 2]), mean(precision[5, :, :, 0, 2])]
            + [mean(precision[..., area, 2]) for area in (1, 2, 3)]
            + [mean(recall[..., 0, limit]) for limit in (0, 1, 2)] + [mean(recall[..., area, 2]) for area in (1, 2, 3)])


def tool_numbers(tool, truth_path, results_path, limit, folder):
    report = folder / "report.json"
    began = time.perf_counter()
    run = subprocess.run([tool, "--data", truth_path, "--detections", results_path, "--max-detections", str(limit), "--json", report],
                         capture_output=True, text=True)
    seconds = time.perf_counter() - began
    if run.returncode != 0:
        sys.exit(f"{tool} failed: {run.stderr}")
    report = json.loads(report.read_text())
    if "keypoints" in report:
        return {"keypoints": [report["keypoints"]["coco"][name] for name in KEYPOINT_NAMES]}, seconds
    which = "coco" if limit == 100 else "coco_at_limit"
    return {m: [report[m][which][name] for name in NAMES] for m in ("box", "mask")}, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", required=True)
    parser.add_argument("--seeds", type=int, default=200, help="data sets to make up (default: 200)")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--large", type=int, default=1000, help="pictures of the data set that times are taken on")
    parser.add_argument("--truth", type=Path, help="a COCO instances file to use instead")
    parser.add_argument("--results", type=Path, help="and COCO results on it")
    parser.add_argument("--save", type=Path, help="keep a data set that differs here")
    args = parser.parse_args()
    worst, compared = 0.0, 0

    def compare(truth_path, results_path, limit, folder, what):
        nonlocal worst, compared
        if limit is None:
            expected, theirs = {"keypoints": keypoint_numbers(truth_path, results_path)}, 0
        else:
            expected, theirs = pycocotools_numbers(truth_path, results_path, limit)
        found, ours = tool_numbers(args.tool, truth_path, results_path, limit or 100, folder)
        for measure in expected:
            for name, a, b in zip(NAMES if limit else KEYPOINT_NAMES, expected[measure], found[measure]):
                compared += 1
                if abs(a - b) > worst:
                    worst = abs(a - b)
                if abs(a - b) > 1e-9:
                    print(f"{what}: {measure} {name} is {b}, pycocotools has {a}")
                    if args.save:
                        args.save.mkdir(exist_ok=True)
                        for path in (truth_path, results_path):
                            (args.save / path.name).write_bytes(path.read_bytes())
        return theirs, ours

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        truth_path, results_path = folder / "truth.json", folder / "results.json"

        def write(maker):
            truth, results = maker.make()
            truth_path.write_text(json.dumps(truth))
            results_path.write_text(json.dumps(results))
            return len(truth["annotations"]), len(results)

        if args.truth:
            theirs, ours = compare(args.truth, args.results, 100, folder, "these files")
            compare(args.truth, args.results, 1000, folder, "these files, 1000 a picture")
        else:
            for seed in range(args.first_seed, args.first_seed + args.seeds):
                write(Maker(seed))
                compare(truth_path, results_path, 100 if seed % 3 else 150, folder, f"seed {seed}")
                write(KeypointMaker(seed))
                compare(truth_path, results_path, None, folder, f"keypoints of seed {seed}")
            objects, results = write(Maker(12345, pictures=args.large, most=15))
            print(f"large data set: {args.large} pictures, {objects} objects, {results} results")
            theirs, ours = compare(truth_path, results_path, 100, folder, "the large data set")
    print(f"{compared} numbers compared, worst difference {worst:.1e}")
    print(f"seconds, reading included: pycocotools {theirs:.2f}, maskrcnn-evaluate {ours:.2f}, ratio {theirs / ours:.1f}")
    return 0 if worst <= 1e-9 else 1


if __name__ == "__main__":
    sys.exit(main())
