#!/usr/bin/env python3
"""Writes small image files that are to be turned or brightened into reading/, and reading.safetensors: what becomes of them.

    python3 make_reading.py      (pillow, numpy, safetensors)

Orientations and upright images are Pillow's, `getexif` and `ImageOps.exif_transpose`; spread values are NumPy's percentiles
and plain arithmetic in double. The files are seeds of the fuzzers, too.
"""

import io
import pathlib
import struct
import warnings
import zlib

import numpy as np
from PIL import Image, ImageOps
from safetensors.numpy import save_file

from make_images import chunk, picture, png

here = pathlib.Path(__file__).parent
folder = here / "reading"
TAG = 274


def tiff(order, entries, magic=42, directory=8, count=None):
    """A TIFF of one directory: `entries` of (tag, type, count, four bytes)."""
    byte_order = "<" if order == "II" else ">"
    head = order.encode() + struct.pack(byte_order + "HI", magic, directory)
    body = struct.pack(byte_order + "H", len(entries) if count is None else count)
    for tag, kind, number, value in entries:
        body += struct.pack(byte_order + "HHI", tag, kind, number) + value
    return head + b"\0" * (directory - 8) + body + b"\0\0\0\0"


def orientation_exif(order, value):
    byte_order = "<" if order == "II" else ">"
    camera = (272, 2, 4, b"cam\0")  # something before it
    return tiff(order, [camera, (TAG, 3, 1, struct.pack(byte_order + "HH", value, 0))])


def exif_cases():
    """Exif data of all kinds, good and bad."""
    yield b""
    yield b"Exif\0\0"
    for order, e in (("II", "<"), ("MM", ">")):
        for value in range(11):
            yield orientation_exif(order, value)
        four = struct.pack(e + "I", 6)
        for kind in range(20):  # as an integer of 32 bits, whatever the type says
            yield tiff(order, [(TAG, kind, 1, four)])
            yield tiff(order, [(TAG, kind, 1, struct.pack(e + "HH", 8, 0))])
        yield tiff(order, [(TAG, 6, 1, b"\x06\0\0\0")])
        yield tiff(order, [(TAG, 8, 1, struct.pack(e + "hh", -6, 0))])
        yield tiff(order, [(TAG, 3, 2, struct.pack(e + "HH", 6, 6))])
        yield tiff(order, [(TAG, 3, 0, struct.pack(e + "HH", 6, 6))])
        yield tiff(order, [(TAG, 3, 1, struct.pack(e + "HH", 3, 0)), (TAG, 3, 1, struct.pack(e + "HH", 6, 0))])
        good = orientation_exif(order, 5)
        for cut in range(len(good)):
            yield good[:cut]
        yield b"Exif\0\0" + good
        yield b"Exif\0\0Exif\0\0" + good
        yield b"Exif\0\0Exif\0\0Exif\0\0" + good
        swapped = bytearray(good)
        swapped[2:4] = swapped[3:1:-1]
        yield bytes(swapped)
        beyond = (270, 2, 8, struct.pack(e + "I", 9999))
        yield tiff(order, [beyond, (TAG, 3, 1, struct.pack(e + "HH", 7, 0))])
        yield tiff(order, [(270, 2, 9999, beyond[3]), (TAG, 3, 1, struct.pack(e + "HH", 7, 0))])
        yield tiff(order, [(270, 2, 8, struct.pack(e + "I", 0)), (TAG, 3, 1, struct.pack(e + "HH", 7, 0))])
        yield tiff(order, [(TAG, 99, 1, four), (TAG, 3, 1, struct.pack(e + "HH", 7, 0))])
        yield tiff(order, [(TAG, 3, 0, four), (TAG, 3, 1, struct.pack(e + "HH", 7, 0))])
        yield tiff(order, [(TAG, 3, 5, struct.pack(e + "I", 20))], directory=32)[:20] + struct.pack(e + "HHHHHH", *[5] * 6) + tiff(order, [(TAG, 3, 5, struct.pack(e + "I", 20))], directory=32)[32:]
        yield tiff(order, [(TAG, 4, 0x40000001, four)])
        yield tiff(order, [(TAG, 3, 1, struct.pack(e + "HH", 7, 0))], directory=40)
        yield tiff(order, [(TAG, 3, 1, struct.pack(e + "HH", 7, 0))], count=65535)
        yield tiff(order, [(TAG, 3, 1, struct.pack(e + "HH", 7, 0))], count=0)
        yield good[:4] + struct.pack(e + "I", 0xFFFFFFFF) + good[8:]
        yield good[:4] + struct.pack(e + "I", len(good) - 1) + good[8:]
        yield good[:4] + struct.pack(e + "I", 0) + good[8:]
    yield tiff("II", [(TAG, 3, 1, struct.pack("<HH", 7, 0))], magic=43)  # BigTIFF
    yield b"XX" + orientation_exif("II", 6)[2:]


def told(image):
    """The orientation that Pillow follows: 1 if it follows none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = image.getexif().get(TAG, 1)
        except Exception:  # detectron2's reader takes images as they are then
            return 1
    return int(value) if value in range(1, 9) and not isinstance(value, bytes) else 1


def with_exif(data):
    file = io.BytesIO()
    Image.new("L", (1, 1)).save(file, "PNG", exif=data)
    return Image.open(io.BytesIO(file.getvalue()))


def jpeg_with(image, segments):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=95, subsampling="4:4:4")
    whole = file.getvalue()
    extra = b"".join(b"\xff\xe1" + struct.pack(">H", len(part) + 2) + part for part in segments)
    return whole[:2] + extra + whole[2:]


def png_with(image, chunks, behind=False):
    file = io.BytesIO()
    image.save(file, "PNG")
    whole = file.getvalue()
    at = len(whole) - 12 if behind else 33
    return whole[:at] + b"".join(chunk(kind, data) for kind, data in chunks) + whole[at:]


def profile(exif):
    """As ImageMagick writes it."""
    data = (b"Exif\0\0" + exif).hex()
    lines = "\n".join(data[i : i + 72] for i in range(0, len(data), 72))
    return f"\nexif\n{len(data) // 2:8}\n{lines}\n".encode()


def xmp(text):
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:OrientationX="2" {text}</x:xmpmeta>'.encode()


def spread(values, kind):
    """Each channel of [height, width, channels] for itself, from its limits to 0..255."""
    out = np.empty(values.shape, np.uint8)
    for c in range(values.shape[2]):
        channel = values[..., c].astype(np.float64)
        low, high = channel.min(), channel.max()
        if kind == "percentile":
            percentiles = np.percentile(channel, [1, 99.8])
            if percentiles[0] < percentiles[1]:
                low, high = percentiles
        if low < high:
            out[..., c] = np.floor(np.clip((channel - low) / (high - low), 0, 1) * 255 + 0.5)
        else:
            out[..., c] = plain(values[..., c], 65535 if values.dtype == np.uint16 else 255)
    return np.ascontiguousarray(np.broadcast_to(out, out.shape[:2] + (3,)))


def plain(values, largest):
    """16 bits by their upper half, others scaled so that the largest is white."""
    if largest == 65535:
        return (values >> 8).astype(np.uint8)
    return ((values.astype(np.int64) * 255 + largest // 2) // largest).astype(np.uint8)


def main():
    folder.mkdir(exist_ok=True)
    expected = {}
    for number, data in enumerate(exif_cases()):
        expected[f"exif.{number}.data"] = np.frombuffer(data, np.uint8)
        image = with_exif(data) if data else Image.new("L", (1, 1))
        expected[f"exif.{number}.orientation"] = np.array([told(image)], np.int32)

    image = Image.fromarray(picture(9, 13))
    for orientation in range(1, 9):
        turned = ImageOps.exif_transpose(with_exif_of(image, orientation))
        expected[f"turned.{orientation}"] = np.asarray(turned)
    expected["turned.from"] = np.asarray(image)

    xmp_mark = b"http://ns.adobe.com/xap/1.0/\0"
    upright_xmp = xmp('tiff:Orientation="8"/>')
    files = {
        "exif_little.jpg": jpeg_with(image, [b"Exif\0\0" + orientation_exif("II", 6)]),
        "exif_big.jpg": jpeg_with(image, [b"Exif\0\0" + orientation_exif("MM", 8)]),
        "exif_split.jpg": jpeg_with(image, [b"Exif\0\0" + orientation_exif("MM", 3)[:20], b"Exif\0\0" + orientation_exif("MM", 3)[20:]]),
        "xmp_attribute.jpg": jpeg_with(image, [xmp_mark + xmp('tiff:Orientation="3"/>')]),
        "xmp_element.jpg": jpeg_with(image, [xmp_mark + xmp("/><tiff:Orientation>2</tiff:Orientation>")]),
        "exif_before_xmp.jpg": jpeg_with(image, [xmp_mark + upright_xmp, b"Exif\0\0" + orientation_exif("II", 4)]),
        "exif_none_but_xmp.jpg": jpeg_with(image, [xmp_mark + upright_xmp, b"Exif\0\0" + tiff("II", [(272, 2, 4, b"cam\0")])]),
        "exif.png": png_with(image, [(b"eXIf", orientation_exif("II", 5))]),
        "exif_behind.png": png_with(image, [(b"eXIf", orientation_exif("MM", 7))], behind=True),
        "profile_deflated.png": png_with(image, [(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(profile(orientation_exif("MM", 7))))]),
        "profile_text.png": png_with(image, [(b"tEXt", b"Raw profile type exif\0" + profile(orientation_exif("II", 6)))]),
        "xmp.png": png_with(image, [(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp('tiff:Orientation="4"/>'))]),
        "xmp_deflated.png": png_with(image, [(b"iTXt", b"XML:com.adobe.xmp\0\1\0en\0\0" + zlib.compress(upright_xmp))]),
        "exif_broken.png": png_with(image, [(b"eXIf", b"II*\0\xff\xff\xff\xff")]),
    }  # fmt: skip
    for name, data in files.items():
        (folder / name).write_bytes(data)
        opened = Image.open(folder / name)
        expected[f"{name}.orientation"] = np.array([told(opened)], np.int32)
        expected[f"{name}.upright"] = np.asarray(ImageOps.exif_transpose(Image.open(folder / name)).convert("RGB"))

    def spreadable(name, data, values, largest):
        (folder / name).write_bytes(data)
        three = np.ascontiguousarray(np.broadcast_to(plain(values, largest), values.shape[:2] + (3,)))
        expected[f"{name}.none"] = three
        for kind in ("minmax", "percentile"):
            expected[f"{name}.{kind}"] = spread(values, kind)

    random = np.random.default_rng(3)
    twelve = np.minimum(picture(24, 31).astype(np.uint16) * 16 + random.integers(0, 16, (24, 31, 3)), 4095).astype(np.uint16)
    twelve[..., 1] //= 7  # a dim stain
    grey = twelve[..., :1].copy()
    alpha = np.concatenate([twelve, np.full_like(grey, 65535)], -1)
    few = np.full((20, 30, 1), 100, np.uint16)
    few[3, 4] = 4000  # one pixel of 600: no percentile sees it
    flat = np.full((4, 5, 1), 700, np.uint16)

    def pnm(values, largest):
        samples = values.astype(">u2" if largest > 255 else np.uint8).tobytes()
        return f"P{6 if values.shape[2] == 3 else 5} {values.shape[1]} {values.shape[0]} {largest}\n".encode() + samples

    spreadable("grey12.png", png(grey, 16, 0), grey, 65535)
    spreadable("rgb12.png", png(twelve, 16, 2), twelve, 65535)
    spreadable("rgba12.png", png(alpha, 16, 6), twelve, 65535)
    spreadable("grey_alpha12.png", png(alpha[..., 2:], 16, 4), alpha[..., 2:3], 65535)
    spreadable("interlaced12.png", png(twelve, 16, 2, interlaced=True), twelve, 65535)
    spreadable("few.png", png(few, 16, 0), few, 65535)
    spreadable("flat.png", png(flat, 16, 0), flat, 65535)
    dim = (picture(24, 31) // 9).astype(np.uint8)
    spreadable("dim.png", png(dim, 8, 2), dim, 255)
    spreadable("grey12.pgm", pnm(grey, 4095), grey, 4095)
    spreadable("grey12_in_16.pgm", pnm(grey, 65535), grey, 65535)
    spreadable("rgb12.ppm", pnm(twelve, 4095), twelve, 4095)
    low = (picture(6, 7) // 16).astype(np.uint16)
    spreadable("rgb4.ppm", pnm(low, 15), low, 15)
    save_file(expected, here / "reading.safetensors")


def with_exif_of(image, orientation):
    file = io.BytesIO()
    image.save(file, "PNG", exif=orientation_exif("II", orientation))
    return Image.open(io.BytesIO(file.getvalue()))


main()
