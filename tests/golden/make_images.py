#!/usr/bin/env python3
"""Writes small image files of many kinds into images/, and images.safetensors: the RGB pixels that Pillow has of each.

    python3 make_images.py      (pillow, numpy, safetensors)

Files are seeds of the fuzzers, too. What Pillow does not write (interlaced and 16-bit PNG) is written here; of 16 bits,
the upper eight are expected, which Pillow has of RGB only: 16-bit grey it cuts off at 255.
"""

import pathlib
import struct
import zlib

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

here = pathlib.Path(__file__).parent
folder = here / "images"
random = np.random.default_rng(14)


def picture(height, width):
    """Smooth colours with an edge and some noise."""
    y, x = np.mgrid[0:height, 0:width]
    waves = np.stack([128 + 90 * np.sin(x / 5 + y / (7 + c) + c) for c in range(3)], -1)
    waves[(x - width / 2) ** 2 + (y - height / 2) ** 2 < height**2 / 9] += 60
    return np.clip(waves + random.normal(0, 6, waves.shape), 0, 255).astype(np.uint8)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(values, bits, colour, interlaced=False, palette=b""):
    """A PNG file of samples [height, width, channels], without filters."""

    def rows(part):
        if part.size == 0:
            return b""
        flat = part.reshape(part.shape[0], -1)
        if bits == 16:
            packed = flat.astype(">u2").view(np.uint8)
        else:
            single = (flat[..., None] >> np.arange(bits - 1, -1, -1)) & 1
            packed = np.packbits(single.reshape(flat.shape[0], -1).astype(np.uint8), axis=1)
        return b"".join(b"\0" + row.tobytes() for row in packed)

    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    parts = [values[y::dy, x::dx] for y, x, dy, dx in passes] if interlaced else [values]
    header = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], bits, colour, 0, 0, int(interlaced))
    data = zlib.compress(b"".join(rows(part) for part in parts))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + (chunk(b"PLTE", palette) if palette else b"")
        + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )  # fmt: skip


def main():
    folder.mkdir(exist_ok=True)
    expected = {}

    def known(name, pixels):
        expected[name] = np.ascontiguousarray(pixels)

    def save(name, image, **options):
        image.save(folder / name, **options)
        known(name, np.asarray(Image.open(folder / name).convert("RGB")))

    colour = Image.fromarray(picture(21, 33))
    for subsampling in ("4:4:4", "4:2:2", "4:2:0"):
        for progressive in (False, True):
            kind = subsampling.replace(":", "") + ("_progressive" if progressive else "")
            save(f"{kind}.jpg", colour, quality=85, subsampling=subsampling, progressive=progressive)
    save("fine.jpg", colour, quality=100, subsampling="4:4:4")
    save("coarse.jpg", colour, quality=5)
    save("grey.jpg", colour.convert("L"), quality=85)
    save("grey_progressive.jpg", colour.convert("L"), quality=85, progressive=True)
    save("restarts.jpg", colour, quality=85, restart_marker_blocks=2)
    save("restarts_progressive.jpg", colour, quality=85, restart_marker_blocks=1, progressive=True)
    save("inks.jpg", colour.convert("CMYK"), quality=85)
    save("pixel.jpg", colour.crop((3, 3, 4, 4)), quality=85)

    small = colour.crop((5, 3, 22, 14))
    save("rgb.png", small)
    save("grey.png", small.convert("L"))
    save("grey_alpha.png", small.convert("LA"))
    save("rgba.png", small.convert("RGBA"))
    save("bilevel.png", small.convert("1"))
    for colours in (2, 4, 7, 16, 100):
        save(f"palette{colours}.png", small.quantize(colours))
    save("palette_transparent.png", small.quantize(5), transparency=2)
    pixels = np.asarray(small)
    for name, values, bits, kind in [
        ("interlaced_rgb.png", pixels, 8, 2),
        ("interlaced_grey.png", pixels[..., :1], 8, 0),
        ("interlaced_bilevel.png", pixels[..., :1] >> 7, 1, 0),
    ]:
        (folder / name).write_bytes(png(values, bits, kind, interlaced=True))
        known(name, np.asarray(Image.open(folder / name).convert("RGB")))
    wide = pixels.astype(np.uint16) * 257 ^ random.integers(0, 200, pixels.shape).astype(np.uint16)
    (folder / "rgb16.png").write_bytes(png(wide, 16, 2))
    known("rgb16.png", (wide >> 8).astype(np.uint8))
    (folder / "grey16.png").write_bytes(png(wide[..., :1], 16, 0))
    known("grey16.png", np.repeat((wide[..., :1] >> 8).astype(np.uint8), 3, axis=2))
    # an index outside of the palette is black
    indices = np.array([[[0], [1], [2], [200]]], np.uint8)
    (folder / "beyond_palette.png").write_bytes(png(indices, 8, 3, palette=bytes([9, 8, 7, 60, 50, 40])))
    known("beyond_palette.png", np.array([[[9, 8, 7], [60, 50, 40], [0, 0, 0], [0, 0, 0]]], np.uint8))

    save("rgb.bmp", small)
    save("grey.bmp", small.convert("L"))
    save("palette.bmp", small.quantize(256))
    save("bilevel.bmp", small.convert("1"))
    save("rgb32.bmp", small.convert("RGBA"))
    save("rgb.ppm", small)
    save("grey.pgm", small.convert("L"))
    save_file(expected, here / "images.safetensors")


if __name__ == "__main__":
    main()
