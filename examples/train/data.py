"""Nuclei pictures: reading, a stratified split, and training crops made at the scale the network will see.

A data folder holds pairs `ID.png` (8-bit grey or RGB) and `ID.mask.png` (16-bit; 0 is background, 1..N the instances).
"""
import math
import zlib
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image


def list_ids(folder):
    """All picture ids of a data folder, sorted."""
    return sorted(p.name[: -len(".mask.png")] for p in Path(folder).glob("*.mask.png"))


def read_ids(path):
    """Ids listed one a line; empty lines and what follows a '#' are skipped, a missing file is an empty list."""
    path = Path(path)
    lines = path.read_text().splitlines() if path.exists() else []
    return [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]


def read_image(path):
    """[H, W, 3] uint8, whatever the colour type of the file."""
    return np.asarray(Image.open(path).convert("RGB"))


def read_pair(folder, picture_id):
    """The picture, [H, W, 3] uint8, and its instance map, [H, W] int32."""
    instances = np.asarray(Image.open(Path(folder) / f"{picture_id}.mask.png")).astype(np.int32)
    return read_image(Path(folder) / f"{picture_id}.png"), instances


def kind_of(image):
    """What a picture is stratified by: its size, colour or grey, and a dark or a bright ground."""
    height, width, _ = image.shape
    colour = np.ptp(image.astype(np.int16), axis=2).mean() > 3
    return f"{height}x{width} {'colour' if colour else 'grey'} {'bright' if image.mean() > 110 else 'dark'}"


def split(folder, fraction=0.11, seed=0, excluded=()):
    """A validation list that takes the same fraction of every kind of picture; deterministic for a seed."""
    groups = {}
    for picture_id in list_ids(folder):
        if picture_id not in set(excluded):
            groups.setdefault(kind_of(read_pair(folder, picture_id)[0]), []).append(picture_id)
    rng = np.random.default_rng(seed)
    chosen = []
    for kind in sorted(groups):
        members = groups[kind]
        count = int(round(fraction * len(members)))
        chosen += [members[i] for i in rng.permutation(len(members))[:count]]
    return sorted(chosen)


def network_scale(height, width, min_size, max_size):
    """The factor by which GeneralizedRCNNTransform resizes a picture of this size."""
    return min(min_size / min(height, width), max_size / max(height, width))


class Crops(torch.utils.data.IterableDataset):
    """An endless stream of augmented square crops.

    Crop number i depends on (seed, i) only, so a resumed run goes on with exactly the crops it would have had.
    Each crop shows a picture at `network_scale` times a zoom drawn around one, and so the size distribution that
    the network will meet at inference, widened.
    """

    def __init__(self, folder, ids, *, min_size, max_size, crop, seed, start=0, zoom=(0.6, 1.6)):
        self.crop, self.seed, self.start, self.zoom = crop, seed, start, zoom
        self.sizes = min_size, max_size
        self.images, self.instances, kinds = [], [], []
        for picture_id in ids:
            image, instances = read_pair(folder, picture_id)
            kinds.append(kind_of(image))
            self.images.append(torch.from_numpy(image.transpose(2, 0, 1).copy()))
            self.instances.append(torch.from_numpy(instances))
        # Crowded pictures have more to teach; a rare kind must not drown in the common ones.
        counts = np.array([min(max(int(m.max()), 5), 400) for m in self.instances], dtype=np.float64)
        members = np.array([kinds.count(kind) for kind in kinds], dtype=np.float64)
        weights = np.sqrt(counts) * members**-0.4
        self.probabilities = weights / weights.sum()

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        index, step = self.start + (worker.id if worker else 0), worker.num_workers if worker else 1
        while True:
            yield self.sample(index)
            index += step

    def sample(self, index):
        """(image [3, crop, crop] float in 0..1, target as torchvision's detection models expect it)."""
        rng = np.random.default_rng([zlib.crc32(str(self.seed).encode()), index])
        for _ in range(8):  # empty crops teach what is none, no more: most are drawn again
            picture = rng.choice(len(self.images), p=self.probabilities)
            image, instances = self._geometry(self.images[picture], self.instances[picture], rng)
            target = target_of(instances)
            if len(target["boxes"]) > 0 or rng.random() < 0.3:
                break
        return photometric(image, rng), target

    def _geometry(self, image, instances, rng):
        """Zoom, flip, rotate and cut, as one affine map from the crop to the picture."""
        height, width = instances.shape
        zoom = math.exp(rng.uniform(math.log(self.zoom[0]), math.log(self.zoom[1])))
        scale = network_scale(height, width, *self.sizes) * zoom
        quarter = rng.integers(4) * math.pi / 2
        oblique = rng.random() < 0.35
        angle = quarter + (rng.uniform(-math.pi / 4, math.pi / 4) if oblique else 0.0)
        stretch = math.exp(rng.uniform(-0.15, 0.15)) if oblique else 1.0
        cos, sin = math.cos(angle), math.sin(angle)
        mirror = -1.0 if rng.random() < 0.5 else 1.0
        # Columns: the step in the picture (x, y) for one pixel right, one pixel down in the crop.
        step = np.array([[cos, -sin], [sin, cos]]) @ np.diag([mirror * stretch / scale, 1 / (stretch * scale)])
        reach = np.abs(step).sum(axis=1) * self.crop / 2
        centre = [rng.uniform(min(r, e / 2), max(e - r, e / 2)) if e > 2 * r else e / 2 + rng.uniform(-0.2, 0.2) * e
                  for r, e in zip(reach, (width, height))]
        offsets = torch.arange(self.crop, dtype=torch.float32) + 0.5 - self.crop / 2
        x = float(centre[0]) + step[0, 0] * offsets[None, :] + step[0, 1] * offsets[:, None]
        y = float(centre[1]) + step[1, 0] * offsets[None, :] + step[1, 1] * offsets[:, None]
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        labels = instances[y.long().clamp(0, height - 1), x.long().clamp(0, width - 1)] * inside
        # Sample from the part of the picture that is needed only.
        left, top = max(int(x.min()) - 2, 0), max(int(y.min()) - 2, 0)
        right, bottom = min(int(x.max()) + 3, width), min(int(y.max()) + 3, height)
        part = image[:, top:bottom, left:right].float() / 255
        grid = torch.stack([(x - left) * 2 / (right - left) - 1, (y - top) * 2 / (bottom - top) - 1], dim=-1)
        pixels = F.grid_sample(part[None], grid[None], padding_mode="border", align_corners=False)[0]
        return pixels * inside, labels


def target_of(instances, min_area=12):
    """Boxes, labels and masks of an instance map; slivers that a cut has left are dropped."""
    ids, counts = torch.unique(instances, return_counts=True)
    ids = ids[(ids > 0) & (counts >= min_area)]
    masks = instances[None] == ids[:, None, None]
    columns, rows = masks.any(dim=1), masks.any(dim=2)
    height, width = instances.shape

    def first_and_past(flags, size):
        position = torch.arange(size)
        return (torch.where(flags, position, size).amin(dim=1), torch.where(flags, position, -1).amax(dim=1) + 1)

    if len(ids) == 0:
        boxes = torch.zeros((0, 4))
    else:
        (x0, x1), (y0, y1) = first_and_past(columns, width), first_and_past(rows, height)
        boxes = torch.stack([x0, y0, x1, y1], dim=1).float()
    keep = (boxes[:, 2] - boxes[:, 0] >= 3) & (boxes[:, 3] - boxes[:, 1] >= 3)
    return {"boxes": boxes[keep], "labels": torch.ones(int(keep.sum()), dtype=torch.int64),
            "masks": masks[keep].to(torch.uint8)}


def blurred(image, sigma):
    """[C, H, W] through a Gaussian of `sigma` pixels."""
    reach = min(math.ceil(3 * sigma), *(side - 1 for side in image.shape[1:]))
    taps = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma) ** 2)
    taps = (taps / taps.sum()).expand(len(image), 1, 1, -1)
    padded = F.pad(image[None], (reach,) * 4, mode="replicate")
    return F.conv2d(F.conv2d(padded, taps, groups=len(image)), taps.transpose(2, 3), groups=len(image))[0]


def photometric(image, rng):
    """Stains, lamps and cameras differ: tint, invert, grade, blur and grain. [3, H, W] in 0..1 to the same."""
    grey = bool((image.amax(dim=0) - image.amin(dim=0)).mean() < 0.01)
    if not grey and rng.random() < 0.15:  # a stained slide under a monochrome camera
        image, grey = image.mean(dim=0, keepdim=True).expand(3, -1, -1), True
    elif not grey and rng.random() < 0.5:  # another stain: mix the channels
        mix = np.eye(3) + rng.normal(0, 0.12, (3, 3))
        mix = torch.from_numpy(mix / mix.sum(axis=1, keepdims=True)).float()
        image = torch.einsum("ij,jhw->ihw", mix, image) * torch.from_numpy(rng.uniform(0.85, 1.15, (3, 1, 1))).float()
    if rng.random() < 0.12:
        image = 1 - image
    if grey and rng.random() < 0.12:  # false colour: a ramp between two colours, dark and light ends kept apart
        ends = rng.uniform(0, 1, (2, 3, 1, 1))
        if abs(ends[0].mean() - ends[1].mean()) > 0.25:
            low, high = torch.from_numpy(ends).float()
            stretched = (image - image.min()) / (image.max() - image.min() + 1e-3)
            image = low + (high - low) * stretched
    image = image.clamp(0, 1)
    if grey and rng.random() < 0.15:  # a weak lamp or a short exposure
        image = image * math.exp(rng.uniform(-1.5, 0))
    if rng.random() < 0.5:
        image = image ** math.exp(rng.uniform(-0.5, 0.5))
    if rng.random() < 0.8:
        pivot = image.mean() * rng.uniform(0, 1)
        image = (image - pivot) * math.exp(rng.uniform(-0.6, 0.6)) + pivot + rng.uniform(-0.06, 0.06)
    if grey and image.mean() < 0.4 and rng.random() < 0.2:  # thick tissue: what lies out of focus glows as well
        small = F.avg_pool2d(image.flip(int(rng.integers(1, 3))), 4)
        glow = F.interpolate(blurred(small, rng.uniform(1.5, 5))[None], image.shape[1:], mode="bilinear")[0]
        image = image + glow * rng.uniform(0.2, 1.5)
        image = image / max(float(image.max()), 1)
    if rng.random() < 0.2:
        image = blurred(image, math.exp(rng.uniform(-1, 1.1)))
    if rng.random() < 0.3:
        channels = 1 if rng.random() < 0.5 else 3
        grain = rng.standard_normal((channels, *image.shape[1:]), dtype=np.float32) * rng.uniform(0.005, 0.05)
        image = image + torch.from_numpy(grain)
    return image.clamp(0, 1)


def collate(samples):
    """Lists, as torchvision's detection models take them."""
    images, targets = zip(*samples)
    return list(images), list(targets)
