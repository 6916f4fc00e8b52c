"""What the peers are given, made once and kept: WORK MODEL [IMAGE]

MODEL is `resnet50` (ResNet-50-FPN, 91 classes, generated weights, 640 x 480 pixels) or `nuclei` (the bundled model, 256 x
256 pixels). Writes into WORK: picture.png, weights.safetensors, as_exported.onnx (with torchvision's own pasting),
without_paste.onnx, reference.txt (torchvision's detections, as peers show them) and facts.json.
"""

import json
import pathlib
import sys
import warnings

import numpy
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file

from models import ROOT, WithoutPaste, WithPaste, counted_arithmetic, fold_batch_norms, model_of
from lively_model import lively_model  # on the path since models.py


def synthetic_picture():
    """Overlapping rectangles of many sizes and colours, with noise."""
    random = numpy.random.default_rng(0)
    pixels = numpy.zeros((480, 640, 3))
    for _ in range(200):
        height, width = random.integers(8, 160, 2)
        y, x = random.integers(0, 480), random.integers(0, 640)
        pixels[y : y + height, x : x + width] = random.uniform(0, 255, 3)
    return Image.fromarray((pixels + random.normal(0, 8, pixels.shape)).clip(0, 255).astype("uint8"))


def export(module, image, path):
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        # the exporter by tracing: what torchvision's own ONNX code is written for
        torch.onnx.export(
            module, (image,), path, input_names=["image"], output_names=["boxes", "labels", "scores", "masks"],
            opset_version=17, dynamo=False,
        )  # fmt: skip


def main(work, name, picture=None):
    work = pathlib.Path(work)
    weights = work / "weights.safetensors"
    size = (640, 480) if name == "resnet50" else (256, 256)
    default = synthetic_picture() if name == "resnet50" else ROOT / "examples" / "images" / "nuclei_detail.png"
    source = picture or default
    image = (source if isinstance(source, Image.Image) else Image.open(source)).convert("RGB").resize(size)
    image.save(work / "picture.png")
    tensor = torch.from_numpy(numpy.array(image)).permute(2, 0, 1).float() / 255
    if name == "resnet50":
        save_file({key: value.contiguous() for key, value in lively_model(tensor).state_dict().items()}, weights)
    else:
        with safe_open(ROOT / "examples" / "models" / "nuclei.safetensors", "pt") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}
            save_file(tensors, weights, {**file.metadata(), "mask_paste": "integer_box"})  # all paste as torchvision does

    model = model_of(weights)
    with torch.no_grad(), counted_arithmetic(model) as counts:
        boxes, labels, scores, masks = WithPaste(model)(tensor)
        padded = model.transform([tensor])[0].tensors.shape
    with open(work / "reference.txt", "w") as file:
        for box, label, score, mask in zip(boxes, labels, scores, masks):
            print(int(label), float(score), *map(float, box), int(mask.sum()), file=file)
    try:
        import onnx  # noqa: F401

        export(WithPaste(model), tensor, work / "as_exported.onnx")
        export(WithoutPaste(fold_batch_norms(model)), tensor, work / "without_paste.onnx")
        exported = True
    except ImportError:
        exported = False  # torchvision can be compared all the same
    facts = {"gflop": 2 * sum(counts.values()), "height": padded[2], "width": padded[3], "exported": exported}
    (work / "facts.json").write_text(json.dumps(facts))  # last: its presence says that all is there


main(*sys.argv[1:])
