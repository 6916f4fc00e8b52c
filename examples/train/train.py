"""Trains a slim Mask R-CNN on cell nuclei, from scratch or from given weights, on a CPU, within a given number of minutes.

Progress is wall-clock time over the budget: the learning rate follows a cosine that ends exactly at the deadline, however
busy the machine is. Several single-threaded processes each take their own crops and average the gradients, which keeps
cores busier than threads do, since much of a detection step (matching, NMS, RoIAlign backward) is serial.

    python train.py --data nuclei --output run --minutes 80
    python train.py --data nuclei --output run --minutes 80 --resume      # after an interruption
"""
import argparse
import copy
import functools
import math
import os
import time
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from safetensors.torch import load_file
from torch import nn
from torchvision.models.detection import roi_heads

import data
from fast_roi_align import FastRoIAlign, mask_targets
from model import IMAGE_MEAN, IMAGE_STD, build

HERE = Path(__file__).resolve().parent
CLIP = 5.0  # longer gradients are shortened to this
AVERAGE_EVERY = 5  # steps between updates of the moving average


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", required=True, help="folder of ID.png and ID.mask.png")
    p.add_argument("--output", required=True, help="folder for checkpoint.pt and log.txt")
    p.add_argument("--minutes", type=float, default=80, help="time budget for training, interruptions not counted")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--resume", action="store_true", help="go on from OUTPUT/checkpoint.pt")
    p.add_argument("--start", help="a .safetensors file of export.py whose weights to begin with")
    p.add_argument("--processes", type=int, default=os.cpu_count())
    p.add_argument("--batch", type=int, default=3, help="crops per process and step")
    p.add_argument("--crop", type=int, default=256, help="side of a crop, in pixels of the network's input")
    p.add_argument("--min-size", type=int, default=640, help="crops show pictures as a resize of the short side to this does")
    p.add_argument("--max-size", type=int, default=1333, help="with the long side at most this")
    p.add_argument("--zoom", type=float, nargs=2, default=(0.5, 1.4), help="least and largest zoom on top of that")
    p.add_argument("--freeze-norm", action="store_true", help="batch norm uses the statistics of --start, as inference does")
    p.add_argument("--rois", type=int, default=80, help="RoIs a crop for the heads, a quarter of them on nuclei")
    p.add_argument("--overlap", type=float, default=0.5, help="IoU with a nucleus from which a RoI is to become its box")
    p.add_argument("--box-head-only", action="store_true", help="train the box head alone, all else as it is")
    p.add_argument("--rate", type=float, default=8e-4, help="peak learning rate")
    p.add_argument("--decay", type=float, default=0.02, help="weight decay of AdamW")
    p.add_argument("--average", type=float, default=0.999, help="a step's factor of the moving average of the weights")
    p.add_argument("--save-every", type=float, default=3, help="minutes between checkpoints")
    p.add_argument("--validation", default=HERE / "validation_ids.txt", help="ids never trained on")
    p.add_argument("--excluded", default=HERE / "excluded_ids.txt", help="more ids never trained on (shown as demos)")
    return p.parse_args()


def transposed_conv2d(layer, maps):
    """A transposed convolution of 2 x 2 and stride 2 as one product: its gradient is a fast one."""
    count, _, height, width = maps.shape
    weight = layer.weight.permute(2, 3, 1, 0).flatten(0, 2)
    parts = nn.functional.linear(maps.permute(0, 2, 3, 1), weight, layer.bias.repeat(4))
    parts = parts.view(count, height, width, 2, 2, layer.out_channels).permute(0, 1, 3, 2, 4, 5)
    return parts.reshape(count, 2 * height, 2 * width, layer.out_channels).permute(0, 3, 1, 2)


def training_model(args):
    """The network with training-time settings: crops arrive at network scale, and a few RoIs a crop are enough."""
    model = build(min_size=args.crop, max_size=args.crop, image_mean=IMAGE_MEAN, image_std=IMAGE_STD, _skip_resize=True,
                  rpn_pre_nms_top_n_train=600, rpn_post_nms_top_n_train=300, box_batch_size_per_image=args.rois,
                  box_fg_iou_thresh=args.overlap, box_bg_iou_thresh=args.overlap)
    heads = model.roi_heads
    upsample = heads.mask_predictor.conv5_mask
    upsample.forward = functools.partial(transposed_conv2d, upsample)
    for name in ("box_roi_pool", "mask_roi_pool"):
        pool = getattr(heads, name)
        setattr(heads, name, FastRoIAlign(pool.featmap_names, pool.output_size[0]))
    return model


def train_mode(model, freeze_norm):
    """Training mode; `freeze_norm` leaves batch norms in inference mode: a batch of a few crops, bright and dark ones
    together, has other statistics than the pictures that the model will meet one by one."""
    model.train()
    if freeze_norm:
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
    return model


def keep_decoding_in_float(model):
    """bfloat16 is fine for convolutions but not for box coordinates and losses: heads hand out float."""
    def to_float(_module, _inputs, output):
        if isinstance(output, torch.Tensor):
            return output.float()
        return type(output)(to_float(None, None, part) for part in output)

    for head in (model.rpn.head, model.roi_heads.box_predictor, model.roi_heads.mask_predictor):
        head.register_forward_hook(to_float)


def overlaps(deltas, others):
    """IoU of boxes [N, 4] that the box coder's deltas make of the same RoIs."""

    def corners(d):
        centre, half = d[:, :2] / 10, torch.exp(d[:, 2:].clamp(max=10) / 5) / 2
        return centre - half, centre + half

    (low, high), (other_low, other_high) = corners(deltas), corners(others)
    common = (torch.minimum(high, other_high) - torch.maximum(low, other_low)).clamp(min=0).prod(dim=1)
    return common / ((high - low).prod(dim=1) + (other_high - other_low).prod(dim=1) - common)


def graded_box_losses(class_logits, box_regression, labels, regression_targets):
    """Takes the place of torchvision's `fastrcnn_loss`: a RoI's class is the surer the better its box will be, so that
    scores rank detections by what they are worth, and boxes are also drawn to overlap their targets."""
    labels, targets = torch.cat(labels), torch.cat(regression_targets)
    found = torch.where(labels > 0)[0]
    count = max(len(labels), 1)
    predicted = box_regression.reshape(len(labels), -1, 4)[found, labels[found]]
    overlap = overlaps(predicted, targets[found])
    box_loss = nn.functional.smooth_l1_loss(predicted, targets[found], beta=1 / 9, reduction="sum") + 2 * (1 - overlap).sum()
    grade = ((overlap.detach() - 0.4) / 0.3).clamp(0, 1)
    wanted = torch.zeros_like(class_logits)
    wanted[:, 0] = 1
    wanted[found, 0] = 1 - grade
    wanted[found, labels[found]] = grade
    return nn.functional.cross_entropy(class_logits, wanted), box_loss / count


def trained_parameters(model):
    return [p for p in model.parameters() if p.requires_grad]


def parameter_groups(model, decay):
    """Weights decay; biases and normalisation do not."""
    weights = [p for p in trained_parameters(model) if p.ndim > 1]
    others = [p for p in trained_parameters(model) if p.ndim <= 1]
    return [{"params": weights, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]


def learning_rate(peak, progress, step, warmup=300):
    """Linear warm-up over steps, then a cosine over the time budget."""
    return peak * min(1, (step + 1) / warmup) * max(0.5 * (1 + math.cos(math.pi * min(progress, 1))), 1e-3)


def gradient_buffer(model):
    """One vector that all gradients are parts of, in their own memory order, and one place more for the progress."""
    trained = trained_parameters(model)
    buffer = torch.zeros(sum(p.numel() for p in trained) + 1)
    start = 0
    for p in trained:
        p.grad = buffer[start:start + p.numel()].as_strided(p.shape, p.stride())
        start += p.numel()
    return buffer


def average_gradients(buffer, progress, processes):
    """Mean gradient over the processes, in place; the mean progress comes along so that all agree on it."""
    buffer[-1] = progress
    if processes > 1:
        dist.all_reduce(buffer)
        buffer /= processes
    return float(buffer[-1])


@torch.no_grad()
def update_average(average, model, decay):
    """Exponential moving average of weights and of batch-norm statistics."""
    for mean, value in zip(average.state_dict().values(), model.state_dict().values()):
        if value.is_floating_point():
            mean.lerp_(value, 1 - decay)
        else:
            mean.copy_(value)


@torch.no_grad()
def renew_batch_norm(model, crops, start, batches, batch):
    """Batch-norm statistics measured afresh for these very weights, with a plain mean over many crops."""
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    model.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
        norm.train()
    for i in range(batches):
        images = [crops.sample(start + i * batch + j)[0] for j in range(batch)]
        model.backbone(model.transform(images)[0].tensors)


def save(path, **state):
    temporary = path.with_suffix(".part")
    torch.save(state, temporary)
    temporary.replace(path)


def work(rank, args):
    torch.set_num_threads(1)
    if args.processes > 1:
        store = (Path(args.output) / "rendezvous").resolve().as_uri()
        dist.init_process_group("gloo", init_method=store, rank=rank, world_size=args.processes)
    ids = set(data.list_ids(args.data)) - set(data.read_ids(args.validation)) - set(data.read_ids(args.excluded))
    crops = data.Crops(args.data, sorted(ids), min_size=args.min_size, max_size=args.max_size, crop=args.crop,
                       seed=args.seed, zoom=args.zoom)
    torch.manual_seed(args.seed)
    model = training_model(args).to(memory_format=torch.channels_last)
    if args.start:
        missing, unexpected = model.load_state_dict(load_file(args.start), strict=False)
        assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing), (missing, unexpected)
    if args.box_head_only:
        model.requires_grad_(False)
        model.roi_heads.box_head.requires_grad_(True)
        model.roi_heads.box_predictor.requires_grad_(True)
    train_mode(model, args.freeze_norm)
    keep_decoding_in_float(model)
    roi_heads.project_masks_on_boxes = mask_targets
    roi_heads.fastrcnn_loss = graded_box_losses
    optimizer = torch.optim.AdamW(parameter_groups(model, args.decay), lr=args.rate, fused=True)
    average = copy.deepcopy(model).eval()
    checkpoint = Path(args.output) / "checkpoint.pt"
    step, seconds = 0, 0.0
    if args.resume:
        state = torch.load(checkpoint, map_location="cpu", weights_only=True)
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        step, seconds = state["step"], state["seconds"]
    log = open(Path(args.output) / "log.txt", "a", buffering=1) if rank == 0 else None
    if log:
        count = sum(p.numel() for p in model.parameters())
        log.write(f"# {len(ids)} pictures, {count} parameters, from step {step}, {seconds:.0f} s\n")
    gradients = gradient_buffer(model)
    before = saved = time.monotonic()
    progress, sums = seconds / (60 * args.minutes), {}
    while progress < 1:
        torch.manual_seed((args.seed * 1_000_003 + step) * args.processes + rank)  # the samplers' draws, resumable
        first = (step * args.processes + rank) * args.batch
        images, targets = data.collate([crops.sample(first + i) for i in range(args.batch)])
        with torch.autocast("cpu", torch.bfloat16):
            losses = model(images, targets)
            loss = sum(losses.values())
        gradients.zero_()
        loss.backward()
        seconds += min(time.monotonic() - before, 20)  # more was not work: the process was stopped, or the computer
        before = time.monotonic()
        progress = average_gradients(gradients, seconds / (60 * args.minutes), args.processes)
        norm = gradients[:-1].norm()
        if torch.isfinite(norm):  # the mean gradient is the same everywhere, and so is this decision
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(args.rate, progress, step)
            gradients *= CLIP / max(float(norm), CLIP)
            optimizer.step()
        step += 1
        if rank != 0:
            continue
        if step % AVERAGE_EVERY == 0:
            update_average(average, model, min(args.average**AVERAGE_EVERY, (step + 1) / (step + 10)))
        for name, value in losses.items():
            sums[name] = sums.get(name, 0.0) + float(value.detach())
        if step % 50 == 0:
            parts = " ".join(f"{name[5:]} {value / 50:.3f}" for name, value in sums.items())
            log.write(f"step {step} {seconds:.0f} s total {sum(sums.values()) / 50:.3f} {parts}\n")
            sums = {}
        if time.monotonic() - saved > 60 * args.save_every or progress >= 1:
            saved = time.monotonic()
            save(checkpoint, model=model.state_dict(), average=average.state_dict(), optimizer=optimizer.state_dict(),
                 step=step, seconds=seconds)
    if rank == 0:
        for name, weights in (("average", average), ("model", model)):
            if not args.freeze_norm:
                renew_batch_norm(weights, crops, 10**9, 60, 8)
            save(Path(args.output) / f"final_{name}.pt", model=weights.state_dict(), step=step, seconds=seconds)
        log.write(f"# done: {step} steps, {seconds:.0f} s\n")


def main():
    args = arguments()
    Path(args.output).mkdir(parents=True, exist_ok=True)
    (Path(args.output) / "rendezvous").unlink(missing_ok=True)
    if not Path(args.validation).exists():
        chosen = data.split(args.data, seed=args.seed, excluded=data.read_ids(args.excluded))
        Path(args.validation).write_text("\n".join(chosen) + "\n")
    if args.processes > 1:
        mp.spawn(work, args=(args,), nprocs=args.processes)
    else:
        work(0, args)


if __name__ == "__main__":
    main()
