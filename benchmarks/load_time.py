"""Loading a checkpoint of real size (Mask R-CNN, ResNet-50-FPN, 91 classes, 178 MB), here and in Python.

    python benchmarks/load_time.py --program build/release/bin/maskrcnn-load [--rounds 7]

weights: every tensor is known by name (in Python: has been read). numbers: every number was used once. model: it is in a
model. Needs torch, torchvision and safetensors. Makes the files once, in build/load: PyTorch's legacy stream (the form of
torchvision's COCO_V1 file), its zip form, safetensors. Each row is a process of its own, all in turns, the first round not
counted; medians. Files are in the page cache. Python's imports are not in the times, and its memory before the load is
not in the memory.
"""

import argparse
import pathlib
import statistics
import subprocess
import sys
import time


def megabytes(key):
    for line in open("/proc/self/status"):
        if line.startswith(key):
            return int(line.split()[1]) * 1024 / 1e6


def network():
    from torchvision.models.detection import MaskRCNN
    from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
    from torchvision.ops.misc import FrozenBatchNorm2d

    backbone = resnet_fpn_backbone(backbone_name="resnet50", weights=None, norm_layer=FrozenBatchNorm2d)
    return MaskRCNN(backbone, num_classes=91)


def make(folder):
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(1)
    state = network().state_dict()
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(state, folder / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(state, folder / "zip.pth")
    save_file(state, folder / "plain.safetensors")


def in_python(file, what):
    """One measurement, in this process."""
    import torch
    from safetensors.torch import load_file

    model = network() if what == "model" else None
    before = megabytes("VmRSS")
    start = time.perf_counter()
    state = load_file(file) if file.endswith("safetensors") else torch.load(file)
    if what == "numbers":
        sum(float(value.sum()) for value in state.values() if value.is_floating_point())
    if what == "model":
        model.load_state_dict(state)
    seconds = time.perf_counter() - start
    print(f"{seconds:.6f} {megabytes('VmHWM') - before:.1f} 0")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", help="maskrcnn-load")
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("build/load"))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--until", nargs="+", default=["weights", "numbers", "model"], help="which of these")
    parser.add_argument("--in-python", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.in_python:
        return in_python(*options.in_python)
    files = ("legacy.pth", "zip.pth", "plain.safetensors")
    if not all((options.folder / file).exists() for file in files):
        make(options.folder)

    rows = {}
    for what in options.until:
        for file in files:
            path = str(options.folder / file)
            if options.program:
                rows["this library", file, what] = [options.program, path, what]
            rows["Python", file, what] = [sys.executable, __file__, "--in-python", path, what]
    results = {row: [] for row in rows}
    for round_ in range(options.rounds + 1):
        for row, command in rows.items():
            words = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            if round_:
                results[row].append([float(word) for word in words])
    print("| who | file | until | ms | peak MB |\n|---|---|---|---|---|")
    for (who, file, what), found in results.items():
        seconds, peak, _ = (statistics.median(column) for column in zip(*found))
        print(f"| {who} | {file} | {what} | {1000 * seconds:.1f} | {peak:.0f} |")


if __name__ == "__main__":
    main()
