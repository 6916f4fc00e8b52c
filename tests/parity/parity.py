#!/usr/bin/env python3
"""Compares the command-line tool with torchvision, image by image, detection by detection.

    python3 tests/parity/parity.py --tool build/release/bin/maskrcnn-segment IMAGE...

For every model of torchvision's detection family with a ResNet-50 or MobileNetV3 and a feature pyramid, or --model NAME
alone. The tool is not told which model a file is of. Weights are generated (see lively_model.py), so nothing is
downloaded; --weights takes a file of your own that the model can load, in safetensors. Every picture is decoded once, by Pillow, and handed to both
as PNG; --decode-apart gives the tool the original file instead. Exit status 1 if a picture misses the goal.
"""

import argparse
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy
import torch
import torchvision
from PIL import Image
from pycocotools import mask as coco_mask
from safetensors.torch import load_file, save_file
from torchvision.models._meta import _COCO_CATEGORIES

from lively_model import MODELS, lively_model

GOAL = {"score": 1e-4, "box": 0.01, "iou": 0.998, "iou_small": 1.0, "pixels": 0}  # pixels: may differ in any mask
GOAL |= {"keypoints": 0.999, "keypoint": 0.01, "tie": 1e-4}  # so many as near as that; the others by rounding, between
# places of a heatmap whose values differ by less than the tie, relative to the largest
SMALL = 200  # pixels
# COCO's ids by label, where labels have no gaps and no background
CATEGORIES = [i for i, name in enumerate(_COCO_CATEGORIES) if name not in ("__background__", "N/A")]


def picture(path):
    with Image.open(path) as image:
        return image.convert("RGB")


def tensor(image):
    return torch.from_numpy(numpy.array(image)).permute(2, 0, 1).float() / 255


def contact_sheet(paths):
    """All pictures in one, so that the generated weights suit each of them: far from the statistics that they are made
    for, the last bit of a pixel moves torchvision's own boxes by a hundredth of a pixel."""
    columns = math.ceil(math.sqrt(len(paths)))
    width, height = 1280 // columns, 960 // columns
    sheet = Image.new("RGB", (columns * width, math.ceil(len(paths) / columns) * height))
    for position, path in enumerate(paths):
        place = (position % columns * width, position // columns * height)
        sheet.paste(picture(path).resize((width, height)), place)
    return sheet


def run_tool(arguments, images, weights, work):
    output = work / "detections.json"
    command = [arguments.tool, "--weights", weights, "--output", work / "overlays", "--json", output, *images]
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    found = [[] for _ in images]
    for entry in json.loads(output.read_text()):
        x, y, width, height = entry["bbox"]
        entry["box"] = numpy.array([x, y, x + width, y + height])
        if "keypoints" in entry:
            entry["keypoints"] = numpy.array(entry["keypoints"]).reshape(-1, 3)
            entry["keypoint_scores"] = numpy.array(entry["keypoint_scores"])
        if "segmentation" in entry:
            entry["mask"] = coco_mask.decode(entry["segmentation"]).astype(bool)
        found[entry["image_id"] - 1].append(entry)
    return found


def run_torchvision(model, image):
    with torch.no_grad():
        result = model([tensor(image)])[0]
    found = [
        {"category_id": int(label), "score": float(score), "box": box.double().numpy()}
        for label, score, box in zip(result["labels"], result["scores"], result["boxes"])
    ]
    for entry, mask in zip(found, result.get("masks", [])):
        entry["mask"] = mask[0].numpy() >= 0.5
    return found


def intersection_over_union(a, b):
    union = (a | b).sum()
    return (a & b).sum() / union if union else 1.0


def match(expected, found):
    """Pairs each expected detection with the nearest box of its label that is still free, within a pixel."""
    free = list(range(len(found)))
    pairs, alone = [], []
    for reference in expected:
        distances = [
            (numpy.abs(found[i]["box"] - reference["box"]).max(), i)
            for i in free
            if found[i]["category_id"] == reference["category_id"]
        ]
        best = min(distances, default=(numpy.inf, -1))
        if best[0] > 1:
            alone.append(reference)
            continue
        free.remove(best[1])
        pairs.append((reference, found[best[1]], best[0]))
    return pairs, alone, [found[i] for i in free]


def paste_target(box):
    """Left, top, width, height in whole pixels of a mask: torchvision's expand_boxes and paste_mask_in_image."""
    x0, y0, x1, y1 = box.astype(numpy.float32)
    half = numpy.float32(0.5)
    grown = numpy.float32(30 / 28)
    x, y, width, height = (x1 + x0) * half, (y1 + y0) * half, (x1 - x0) * half * grown, (y1 - y0) * half * grown
    corners = [int(value) for value in (x - width, y - height, x + width, y + height)]
    return corners[0], corners[1], max(corners[2] - corners[0] + 1, 1), max(corners[3] - corners[1] + 1, 1)


def explain(reference, detection, iou):
    """Why two masks of nearly the same box differ: its corners are truncated to whole pixels before it is drawn."""
    targets = paste_target(reference["box"]), paste_target(detection["box"])
    reason = f"drawn at {targets[0]} and {targets[1]}" if targets[0] != targets[1] else "drawn at the same place"
    print(
        f"    mask IoU {iou:.4f}, {reference['mask'].sum()} pixels, label {reference['category_id']}: boxes"
        f" {reference['box'].round(4)} and {detection['box'].round(4)}, {reason}"
    )


def compare_keypoints(pairs):
    """Whether enough keypoints are where they should be, and all scores what they should be: where a keypoint went elsewhere, a
    place of nearly the same value must have been the reason."""
    if not pairs or "keypoints" not in pairs[0][0]:
        return True
    away = numpy.array([numpy.abs(a["keypoints"] - b["keypoints"])[:, :2].max(1) for a, b, _ in pairs])
    theirs, ours = (numpy.array([pair[side]["keypoint_scores"] for pair in pairs]) for side in (0, 1))
    gap = numpy.abs(theirs - ours) / numpy.abs(theirs).max()
    near = away <= GOAL["keypoint"]
    print(f"    {near.size} keypoints: {100 * near.mean():.3f} % within {GOAL['keypoint']} px, worst of these {away[near].max():.5f} px;"
          f" elsewhere {(~near).sum()}, up to {away.max():.2f} px; scores differ by {gap.max():.1e} of the largest"
          + (f", elsewhere by {gap[~near].max():.1e}" if (~near).any() else ""))  # fmt: skip
    return near.mean() >= GOAL["keypoints"] and gap.max() <= GOAL["tie"]


def compare(name, expected, found):
    pairs, missing, extra = match(expected, found)
    fine = True
    worst = {"score": 0.0, "box": 0.0, "iou": 1.0, "iou_small": 1.0, "detections": len(expected)}
    for reference, detection, distance in pairs:
        worst["score"] = max(worst["score"], abs(reference["score"] - detection["score"]))
        worst["box"] = max(worst["box"], distance)
        if "mask" not in reference:
            continue
        kind = "iou_small" if reference["mask"].sum() < SMALL else "iou"
        iou = intersection_over_union(reference["mask"], detection["mask"])
        worst[kind] = min(worst[kind], iou)
        if iou < GOAL[kind] and (reference["mask"] ^ detection["mask"]).sum() > GOAL["pixels"]:
            fine = False
            explain(reference, detection, iou)
    labels = len({reference["category_id"] for reference in expected})
    fine = compare_keypoints(pairs) and fine and not missing and not extra and worst["score"] <= GOAL["score"] and worst["box"] <= GOAL["box"]
    print(
        f"{name:<40} {len(expected):>4} {len(found):>4} {labels:>4}   {worst['score']:.1e}  {worst['box']:.4f}"
        f"  {worst['iou']:.4f}  {worst['iou_small']:.4f}  {'' if fine else 'MISSES'}",
        flush=True,
    )
    for word, side in (("only torchvision has", missing), ("only the tool has", extra)):
        for entry in side:
            print(f"    {word} label {entry['category_id']}, score {entry['score']:.6f}, box {entry['box'].round(2)}")
    return fine, worst


def compare_model(name, arguments, inputs, work):
    """One model on all pictures; whether all went well, and the worst that was seen."""
    settings = {} if arguments.classes is None else {"classes": arguments.classes}
    model = lively_model(tensor(contact_sheet(arguments.images)), name=name, **settings)
    if arguments.weights:
        model.load_state_dict(load_file(arguments.weights))
    weights = arguments.weights or work / f"{name}.safetensors"
    if not arguments.weights:
        save_file({key: value.contiguous() for key, value in model.state_dict().items()}, weights)
    found = run_tool(arguments, inputs, weights, work)

    print(f"{name:<40} {'peer':>4} {'tool':>4} {'cls':>4}   score    box px  IoU     IoU < {SMALL} px")
    results = [
        compare(path.stem[:40], run_torchvision(model, picture(path)), detections)
        for path, detections in zip(arguments.images, found)
    ]
    worst = [result for _, result in results]
    print(
        f"worst of {name}, {sum(w['detections'] for w in worst)} detections: score {max(w['score'] for w in worst):.1e},"
        f" box {max(w['box'] for w in worst):.4f} px, IoU {min(w['iou'] for w in worst):.4f}, IoU of small masks"
        f" {min(w['iou_small'] for w in worst):.4f}", flush=True
    )  # fmt: skip
    return all(fine for fine, _ in results)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="+", type=pathlib.Path)
    parser.add_argument("--tool", required=True, type=pathlib.Path)
    parser.add_argument("--model", choices=[*MODELS], help="default: each of them")
    parser.add_argument("--weights", type=pathlib.Path, help="safetensors of the model; default: generated")
    parser.add_argument("--classes", type=int, help="background included; default: 91")
    parser.add_argument("--decode-apart", action="store_true", help="let the tool decode the original files")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    if arguments.weights and not arguments.model:
        parser.error("--weights needs --model")
    torch.set_num_threads(arguments.threads)
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}")

    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        inputs = arguments.images
        if not arguments.decode_apart:
            inputs = [work / f"{position}.png" for position in range(len(arguments.images))]
            for source, target in zip(arguments.images, inputs):
                picture(source).save(target)
        names = [arguments.model] if arguments.model else [*MODELS]
        fine = [compare_model(name, arguments, inputs, work) for name in names]
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
