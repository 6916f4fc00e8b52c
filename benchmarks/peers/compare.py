#!/usr/bin/env python3
"""Times this library and torchvision on the same weights and picture, alternating in one run.

    python3 benchmarks/peers/compare.py --program build/release/bin/maskrcnn-end-to-end [--image FILE]

ResNet-50-FPN on 640 x 480 pixels, which both resize to 1066 x 800 and pad to 1088 x 800. Weights are generated (see
tests/parity/lively_model.py). Without --image the picture is generated too. Prints medians, their ratio, peak resident
memory and the time to load. Run it on an otherwise idle machine.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
import torch
from PIL import Image
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "parity"))
from lively_model import lively_model  # noqa: E402


class Runner:
    """A process that segments once for each line it is sent."""

    def __init__(self, command, threads):
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        # these make OpenBLAS fall back to kernels of older processors
        for variable in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
            environment.pop(variable, None)
        self.process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.load = float(self.process.stdout.readline().split()[1])
        self.times, self.found = [], 0

    def run(self):
        time.sleep(0.5)  # until the other process' idle threads have stopped spinning
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        seconds, self.found = self.process.stdout.readline().split()
        self.times.append(float(seconds))

    def finish(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        self.peak = int(status.split("VmHWM:")[1].split()[0]) / 1e6
        self.process.stdin.close()
        self.process.wait()


def synthetic_picture():
    """Overlapping rectangles of many sizes and colours, with noise."""
    random = numpy.random.default_rng(0)
    pixels = numpy.zeros((480, 640, 3))
    for _ in range(200):
        height, width = random.integers(8, 160, 2)
        y, x = random.integers(0, 480), random.integers(0, 640)
        pixels[y : y + height, x : x + width] = random.uniform(0, 255, 3)
    return Image.fromarray((pixels + random.normal(0, 8, pixels.shape)).clip(0, 255).astype("uint8"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, type=pathlib.Path)
    parser.add_argument("--image", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=9)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        source = Image.open(arguments.image).convert("RGB") if arguments.image else synthetic_picture()
        picture = source.resize((640, 480))
        picture.save(work / "picture.png")
        pixels = torch.from_numpy(numpy.array(picture)).permute(2, 0, 1).float() / 255
        state = lively_model(pixels).state_dict()
        save_file({name: value.contiguous() for name, value in state.items()}, work / "weights.safetensors")
        common = [work / "weights.safetensors", work / "picture.png"]
        runners = {
            "this library": Runner([arguments.program, *common], arguments.threads),
            "torchvision": Runner([sys.executable, HERE / "torchvision_peer.py", *common, arguments.threads], arguments.threads),
        }
        for _ in range(arguments.runs + 1):
            for runner in runners.values():
                runner.run()
        for runner in runners.values():
            runner.finish()
    own = statistics.median(runners["this library"].times[1:])
    print(f"ResNet-50-FPN, 800 x 1088, {arguments.threads} threads, {arguments.runs} runs each, alternating")
    print(f"{'':<14}{'median s':>9}{'ratio':>7}{'first s':>9}{'load s':>8}{'peak GB':>9}{'found':>7}")
    for name, runner in runners.items():
        median = statistics.median(runner.times[1:])
        print(
            f"{name:<14}{median:>9.3f}{own / median:>7.2f}{runner.times[0]:>9.3f}{runner.load:>8.2f}"
            f"{runner.peak:>9.2f}{runner.found:>7}"
        )


if __name__ == "__main__":
    main()
