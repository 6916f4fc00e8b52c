#!/usr/bin/env python3
"""Image files decoded here, by libjpeg-turbo and libspng and by stb, against Pillow's pixels.

    python3 tests/parity/images.py IMAGE...      (pillow, numpy; g++, libjpeg62-turbo-dev, libspng-dev, libstb-dev)

Each picture is written as JPEG of several qualities and subsamplings, baseline and progressive, of even and odd sizes, and as
PNG and BMP of several kinds. Prints the largest difference of a sample, per kind, and seconds per megapixel of JPEG.
"""

import argparse
import collections
import pathlib
import subprocess
import tempfile

import numpy as np
from PIL import Image

root = pathlib.Path(__file__).resolve().parents[2]
WAYS = {"libraries": ["-DMASKRCNN_IMAGE_LIBRARIES", "-ljpeg", "-lspng"], "stb": []}


def build(work):
    """The program of decode.cpp, each way."""
    programs = {}
    for way, options in WAYS.items():
        programs[way] = work / way
        source = root / "tests/parity/decode.cpp"
        subprocess.run(
            ["g++", "-std=c++20", "-O2", f"-I{root}/include", str(source), "-o", str(programs[way])] + options, check=True
        )
    return programs


def variants(image):
    """(kind, ending, image, options) of everything that is written of a picture."""
    width, height = image.size
    for size, parity in ((width - width % 2, "even"), (width - 1 + width % 2, "odd")):
        part = image.crop((0, 0, size, height))
        for quality in (30, 75, 95, 100):
            for subsampling in ("4:4:4", "4:2:2", "4:2:0"):
                for progressive in (False, True):
                    options = {"quality": quality, "subsampling": subsampling, "progressive": progressive}
                    yield f"JPEG {subsampling}, {parity} width", "jpg", part, options
    yield "JPEG, grey", "jpg", image.convert("L"), {}
    yield "JPEG, four inks", "jpg", image.convert("CMYK"), {}
    yield "JPEG, restart markers", "jpg", image, {"restart_marker_blocks": 7}
    small = image.crop((0, 0, 201, 133))
    for mode in ("RGB", "RGBA", "L", "LA", "1"):
        yield "PNG", "png", small.convert(mode), {}
    for colours in (2, 7, 16, 100, 256):
        yield "PNG", "png", small.quantize(colours), {}
    for picture in (small, small.convert("L"), small.convert("1"), small.quantize(256)):
        yield "BMP", "bmp", picture, {}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        programs = build(work)
        files = []
        for path in arguments.images:
            original = Image.open(path)
            for kind, ending, image, options in variants(original.convert("RGB")):
                files.append((kind, work / f"{len(files)}.{ending}"))
                image.save(files[-1][1], **options)
        worst = collections.defaultdict(lambda: collections.defaultdict(int))
        seconds, megapixels = collections.Counter(), 0.0
        for way, program in programs.items():
            told = subprocess.run([program] + [str(f) for _, f in files], check=True, capture_output=True, text=True)
            for (kind, file), line in zip(files, told.stdout.splitlines(), strict=True):
                expected = np.asarray(Image.open(file).convert("RGB")).astype(int)
                try:
                    time = float(line)
                except ValueError:
                    raise SystemExit(f"{kind}: {line}") from None
                found = np.fromfile(f"{file}.rgb", np.uint8).astype(int)
                worst[kind][way] = max(worst[kind][way], int(np.abs(found - expected.ravel()).max()))
                if kind.startswith("JPEG"):
                    seconds[way] += time
                    megapixels += found.size / 3e6 if way == "stb" else 0
        print(f"{len(files)} files of {len(arguments.images)} pictures; largest difference to Pillow of")
        print(f"{'':24}{'libraries':>10}{'stb':>6}")
        for kind, by_way in worst.items():
            print(f"{kind:24}{by_way['libraries']:10}{by_way['stb']:6}")
        per = {way: 1000 * seconds[way] / megapixels for way in WAYS}
        print(f"{'JPEG, ms per megapixel':24}{per['libraries']:10.1f}{per['stb']:6.1f}")


main()
