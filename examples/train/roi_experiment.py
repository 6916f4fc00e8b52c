"""RoIPool, RoIAlign by maximum, RoIAlign by average: the same small network trained the same way with each, and scored.

Same pictures, crops, first weights and number of steps for a seed; only how RoIs are read differs, in the box branch and
in the mask branch. Every run is a single-threaded process of its own; one that was interrupted goes on where its last
checkpoint stands, a finished one is not repeated, so the command may be given again until the table is complete:

    python roi_experiment.py --data nuclei --output roi --jobs 2

Every run leaves a file that the library reads, whose convention names the way to read RoIs; it is scored as the library
runs it, by maskrcnn-evaluate.
"""
import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torchvision import ops
from torchvision.models.detection import roi_heads
from torchvision.ops import poolers

import data
import train
from export import export
from model import IMAGE_MEAN, IMAGE_STD, build, sample_masks

HERE = Path(__file__).resolve().parent
COLUMNS = (("mask", "AP"), ("mask", "AP50"), ("mask", "AP75"), ("box", "AP"))


def roi_pool(features, boxes, output_size, spatial_scale, sampling_ratio):
    """RoIPool: RoI and bins snapped to whole cells."""
    boxes = [each.float() for each in boxes] if isinstance(boxes, list) else boxes.float()
    return ops.roi_pool(features.float(), boxes, output_size, spatial_scale).to(features.dtype)


def roi_align_max(features, boxes, output_size, spatial_scale, sampling_ratio):
    """Maximum of a bin's bilinear samples: single samples of a grid `sampling_ratio` times finer are the same points."""
    height, width = output_size
    samples = ops.roi_align(features, boxes, (height * sampling_ratio, width * sampling_ratio), spatial_scale, 1)
    return F.max_pool2d(samples, sampling_ratio)


OPERATORS = {"roi_pool": roi_pool, "roi_align_max": roi_align_max, "roi_align": ops.roi_align}
CONVENTIONS = {"roi_pool": "torchvision_roi_pool", "roi_align_max": "torchvision_roi_align_max", "roi_align": "torchvision"}


def project_masks(masks, boxes, matched, size):
    """torchvision's mask targets without its half-pixel shift, for models whose masks are sampled at pixel centres.
    Not `mask_targets` of fast_roi_align.py, which takes fewer samples of large RoIs: the recipe stays what the table is of."""
    rois = torch.cat([matched[:, None].to(boxes), boxes], dim=1)
    return ops.roi_align(masks[:, None].to(boxes), rois, (size, size), aligned=True)[:, 0]


def network(**options):
    """1.8 million parameters; small enough for nine trainings on a CPU."""
    return build(stem=32, planes=(32, 64, 96, 128), fpn=64, representation=128, mask_width=64, image_mean=IMAGE_MEAN,
                 image_std=IMAGE_STD, **options)


def learn(args, path):
    """Trains one network for `args.steps` steps; returns its state dict."""
    ids = set(data.list_ids(args.data)) - set(data.read_ids(train.HERE / "validation_ids.txt"))
    ids -= set(data.read_ids(train.HERE / "excluded_ids.txt"))
    crops = data.Crops(args.data, sorted(ids), min_size=args.min_size, max_size=2 * args.min_size, crop=args.crop,
                       seed=args.seed)
    torch.manual_seed(args.seed)
    model = network(min_size=args.crop, max_size=args.crop, _skip_resize=True, rpn_pre_nms_top_n_train=600,
                    rpn_post_nms_top_n_train=300, box_batch_size_per_image=48)
    model = model.to(memory_format=torch.channels_last).train()
    train.keep_decoding_in_float(model)
    optimizer = torch.optim.AdamW(train.parameter_groups(model, 0.02), lr=args.rate)
    step, saved, checkpoint = 0, time.monotonic(), path / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location="cpu", weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
    while step < args.steps:
        torch.manual_seed(args.seed * 1_000_003 + step)
        images, targets = data.collate([crops.sample(step * args.batch + i) for i in range(args.batch)])
        with torch.autocast("cpu", torch.bfloat16):
            loss = sum(model(images, targets).values())
        optimizer.zero_grad()
        loss.backward()
        if torch.isfinite(nn.utils.clip_grad_norm_(model.parameters(), train.CLIP)):
            for group in optimizer.param_groups:
                group["lr"] = train.learning_rate(args.rate, step / args.steps, step)
            optimizer.step()
        step += 1
        if time.monotonic() - saved > 60 or step == args.steps:
            saved = time.monotonic()
            train.save(checkpoint, model=model.state_dict(), optimizer=optimizer.state_dict(), step=step)
            print(f"{path.name}: step {step} of {args.steps}, loss {float(loss.detach()):.3f}", flush=True)
    train.renew_batch_norm(model, crops, 10**9, 60, 8)
    return model.state_dict()


def one(args, path):
    """One run, from start to scores."""
    torch.set_num_threads(1)
    path.mkdir(parents=True, exist_ok=True)
    poolers.roi_align = OPERATORS[args.operator]  # what torchvision's MultiScaleRoIAlign calls, in this process
    roi_heads.project_masks_on_boxes = project_masks
    weights = learn(args, path)
    model = network(min_size=args.min_size, max_size=2 * args.min_size, rpn_pre_nms_top_n_test=1000,
                    rpn_post_nms_top_n_test=600)
    model.load_state_dict(weights)
    sample_masks(model.eval())
    file, scores = path / "model.safetensors", path / "scores.json"
    export(model, file, ["__background__", "nucleus"], torch.float32, convention=CONVENTIONS[args.operator])
    part = scores.with_suffix(".part")
    subprocess.run([args.tool, "--weights", file, "--data", args.data, "--ids", train.HERE / "validation_ids.txt",
                    "--max-detections", "1000", "--threads", "1", "--json", part], check=True)
    part.replace(scores)


def table(output, seeds):
    """Mean and standard deviation over the seeds that are done, in hundredths."""
    print(f"{'':14} runs " + " ".join(f"{kind:>8} {name:4}" for kind, name in COLUMNS))
    for operator in OPERATORS:
        paths = [output / f"{operator}-{seed}" / "scores.json" for seed in range(seeds)]
        scores = [json.loads(path.read_text()) for path in paths if path.exists()]
        cells = []
        for kind, name in COLUMNS if scores else ():
            values = [100 * score[kind]["coco_at_limit"][name] for score in scores]
            spread = statistics.stdev(values) if len(values) > 1 else 0.0
            cells.append(f"{statistics.mean(values):5.1f} ± {spread:4.1f} ")
        print(f"{operator:14} {len(scores):4} " + " ".join(cells))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", required=True, help="folder of ID.png and ID.mask.png")
    p.add_argument("--output", required=True, help="folder for checkpoints and scores")
    p.add_argument("--seeds", type=int, default=3)
    p.add_argument("--jobs", type=int, default=2, help="runs at a time")
    p.add_argument("--steps", type=int, default=4000)
    p.add_argument("--batch", type=int, default=4, help="crops a step")
    p.add_argument("--crop", type=int, default=192)
    p.add_argument("--min-size", type=int, default=384, help="short side of pictures")
    p.add_argument("--rate", type=float, default=1e-3)
    p.add_argument("--tool", default=HERE.parents[1] / "build/release/bin/maskrcnn-evaluate", help="what scores")
    p.add_argument("--operator", choices=list(OPERATORS), help="do this one run only (with --seed)")
    p.add_argument("--seed", type=int, default=0)
    args = p.parse_args()
    output = Path(args.output)
    if args.operator:
        return one(args, output / f"{args.operator}-{args.seed}")
    waiting = [(operator, seed) for seed in range(args.seeds) for operator in OPERATORS
               if not (output / f"{operator}-{seed}" / "scores.json").exists()]
    running, failed = [], 0
    while waiting or running:
        while waiting and len(running) < args.jobs:
            operator, seed = waiting.pop(0)
            command = [sys.executable, __file__, *sys.argv[1:], "--operator", operator, "--seed", str(seed)]
            running.append(subprocess.Popen(command))
        time.sleep(1)
        failed += sum(process.poll() not in (None, 0) for process in running)
        running = [process for process in running if process.poll() is None]
    table(output, args.seeds)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
