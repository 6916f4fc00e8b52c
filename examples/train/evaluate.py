"""Scores a nuclei model on the validation pictures (or on any list of ids): COCO's average precision, and AP(t) of cells.

    python evaluate.py --data nuclei --model ../models/nuclei.safetensors            # torchvision runs the file
    python evaluate.py --data nuclei --detections found.json                         # any program's COCO results

A results file is COCO's list of {image_id, category_id, bbox, score, segmentation} whose entries also carry
`file_name`; the name, without folder and extension, is the picture's id.

COCO's AP looks at the 100 best detections of a picture. Some pictures here hold several hundred nuclei, so the table
gives the figures with that limit and with one of 1000. AP(t) = TP / (TP + FP + FN) is of the detections that score at
least `--score`, for fluorescence pictures (grey on dark) and for all.
"""
import argparse
import contextlib
import io
import json
import time
from pathlib import Path

import numpy as np
import torch
from pycocotools import mask as rle
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

import cells
import data

HERE = Path(__file__).resolve().parent
LIMITS = (100, 1000)


def encode(mask):
    """A binary mask [H, W] as compressed run lengths."""
    packed = rle.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": [int(s) for s in packed["size"]], "counts": packed["counts"].decode("ascii")}


def ground_truth(folder, ids):
    """A COCO object whose image ids are 1-based positions in `ids`."""
    images, annotations = [], []
    for image_id, picture_id in enumerate(ids, start=1):
        _, instances = data.read_pair(folder, picture_id)
        images.append({"id": image_id, "file_name": f"{picture_id}.png", "height": instances.shape[0],
                       "width": instances.shape[1]})
        for value in np.unique(instances[instances > 0]):
            segmentation = encode(instances == value)
            annotations.append({"id": len(annotations) + 1, "image_id": image_id, "category_id": 1, "iscrowd": 0,
                                "segmentation": segmentation, "area": float(rle.area(segmentation)),
                                "bbox": [float(v) for v in rle.toBbox(segmentation)]})
    coco = COCO()
    coco.dataset = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "nucleus"}]}
    with contextlib.redirect_stdout(io.StringIO()):
        coco.createIndex()
    return coco


def results_of(output, image_id):
    """torchvision's detections of one picture as COCO results, labels as category ids."""
    results = []
    masks = output.get("masks")
    for i, (box, label, score) in enumerate(zip(output["boxes"], output["labels"], output["scores"])):
        x0, y0, x1, y1 = box.tolist()
        result = {"image_id": image_id, "category_id": int(label), "score": float(score),
                  "bbox": [x0, y0, x1 - x0, y1 - y0]}
        if masks is not None:
            result["segmentation"] = encode(masks[i, 0].numpy() > 0.5)
        results.append(result)
    return results


@torch.inference_mode()
def run(model, folder, ids):
    """COCO results of a torchvision model, and the seconds it took in all."""
    results, seconds = [], 0.0
    for image_id, picture_id in enumerate(ids, start=1):
        image = torch.from_numpy(data.read_image(Path(folder) / f"{picture_id}.png").transpose(2, 0, 1).copy())
        started = time.perf_counter()
        output = model([image.float() / 255])[0]
        seconds += time.perf_counter() - started
        results += results_of(output, image_id)
    return results, seconds


def load(path, **overrides):
    """The torchvision model that a .safetensors file of export.py describes."""
    from safetensors import safe_open

    from model import build_from

    with safe_open(path, framework="pt") as file:
        return build_from({name: file.get_tensor(name) for name in file.keys()}, file.metadata(), **overrides)


def read_results(path, ids):
    """A results file with its image ids replaced by positions in `ids`; results on other pictures are dropped."""
    position = {picture_id: i for i, picture_id in enumerate(ids, start=1)}
    results = json.loads(Path(path).read_text())
    called = {}
    for result in results:
        name = Path(result["file_name"]).stem
        if name in position and called.setdefault(name, result["file_name"]) != result["file_name"]:
            raise SystemExit(f"{path}: {called[name]} and {result['file_name']} may both be the picture {name}")
        result["image_id"] = position.get(name)
    return [result for result in results if result["image_id"] is not None]


def score(coco, results, kind):
    """{"AP": .., "AP50": .., "AP75": .., "AR": ..} with each detection limit, for `segm` or `bbox`."""
    table = {}
    for limit in LIMITS:
        if not results:
            table[limit] = {"AP": 0.0, "AP50": 0.0, "AP75": 0.0, "AR": 0.0}
            continue
        with contextlib.redirect_stdout(io.StringIO()):
            evaluation = COCOeval(coco, coco.loadRes([dict(r) for r in results]), kind)
            evaluation.params.maxDets = [limit]
            evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
            evaluation.evaluate()
            evaluation.accumulate()
        precision, recall = evaluation.eval["precision"][..., 0, 0], evaluation.eval["recall"][..., 0, 0]
        thresholds = evaluation.params.iouThrs

        def mean(values):
            return float(values[values > -1].mean())

        table[limit] = {"AP": mean(precision), "AP50": mean(precision[np.isclose(thresholds, 0.5)]),
                        "AP75": mean(precision[np.isclose(thresholds, 0.75)]), "AR": mean(recall)}
    return table


def print_cells(coco, results, fluorescent, threshold):
    """AP(t) pooled over pictures, its mean, and the contest's score, of fluorescence pictures and of all."""
    found = {image_id: [] for image_id in coco.imgs}
    for result in results:
        if result["score"] >= threshold:
            found[result["image_id"]].append(result["segmentation"])
    counts = np.array([cells.counts([a["segmentation"] for a in coco.imgToAnns[i]], found[i]) for i in sorted(coco.imgs)])
    print(f"\nAP(t) of detections that score {threshold} or more; DSB: mean over pictures of the mean over t")
    print(f"{'':12}" + "".join(f"{t:6.2f}" for t in cells.THRESHOLDS) + "   mean    DSB")
    for name, chosen in (("fluorescence", np.array(fluorescent)), ("all", slice(None))):
        pooled, contest = cells.table(counts[chosen])
        print(f"{name:12}" + "".join(f"{v:6.3f}" for v in pooled) + f" {pooled.mean():6.3f} {contest:6.3f}")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", required=True, help="folder of ID.png and ID.mask.png")
    source = p.add_mutually_exclusive_group(required=True)
    source.add_argument("--model", help="a .safetensors file written by export.py")
    source.add_argument("--detections", help="a COCO results file with file_name in every entry")
    p.add_argument("--ids", default=HERE / "validation_ids.txt", help="file with the ids to score on, one a line")
    p.add_argument("--every", type=int, default=1, help="score on every n-th id only")
    p.add_argument("--score", type=float, default=0.5, help="score threshold for AP(t)")
    p.add_argument("--threads", type=int, default=0, help="threads of torch (0: its choice)")
    p.add_argument("--save", help="write the model's detections here as a COCO results file")
    p.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE",
                   help="override settings of the file, e.g. min_size=640 box_nms_thresh=0.4")
    args = p.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    ids = data.read_ids(args.ids)[::args.every]
    coco = ground_truth(args.data, ids)
    if args.model:
        overrides = {name: json.loads(value) for name, value in (item.split("=") for item in args.set)}
        results, seconds = run(load(args.model, **overrides), args.data, ids)
        print(f"{len(ids)} pictures, {len(coco.anns)} nuclei, {len(results)} detections, "
              f"{seconds / len(ids):.3f} s a picture")
    else:
        results = read_results(args.detections, ids)
        print(f"{len(ids)} pictures, {len(coco.anns)} nuclei, {len(results)} detections")
    if args.save:
        named = [{**r, "file_name": f"{ids[r['image_id'] - 1]}.png"} for r in results]
        Path(args.save).write_text(json.dumps(named))
    print(f"{'':5} {'limit':>5} {'AP':>6} {'AP50':>6} {'AP75':>6} {'AR':>6}")
    for kind, name in (("segm", "mask"), ("bbox", "box")):
        if kind == "segm" and not all("segmentation" in r for r in results):
            continue
        for limit, row in score(coco, results, kind).items():
            print(f"{name:5} {limit:5d} " + " ".join(f"{row[k]:6.3f}" for k in ("AP", "AP50", "AP75", "AR")))
    if results and all("segmentation" in r for r in results):
        kinds = [data.kind_of(data.read_image(Path(args.data) / f"{picture_id}.png")) for picture_id in ids]
        print_cells(coco, results, [kind.endswith("grey dark") for kind in kinds], args.score)


if __name__ == "__main__":
    main()
