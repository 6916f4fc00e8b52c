#!/usr/bin/env python3
"""Compares the command-line tool with detectron2, model by model, image by image, detection by detection.

    python3 tests/parity/parity_detectron2.py --tool build/release/bin/maskrcnn-segment IMAGE...

For every Mask R-CNN and Faster R-CNN of detectron2's model zoo that has a ResNet or ResNeXt, at full size, or --model
NAME alone. detectron2_package.py says where the package comes from. Weights are generated and written as detectron2
writes its .pkl files; the tool is not told which model a file is of. Goals and output are those of parity.py. Exit status
1 if a picture misses the goal.
"""

import argparse
import pathlib
import pickle
import sys
import tempfile

import numpy
import torch
from torchvision.models._meta import _COCO_CATEGORIES

import detectron2_package
import parity

MODELS = [f"mask_rcnn_{name}_3x" for name in (
    "R_50_FPN", "R_101_FPN", "X_101_32x8d_FPN", "R_50_C4", "R_101_C4", "R_50_DC5", "R_101_DC5")]  # fmt: skip
MODELS += [name.replace("mask", "faster") for name in MODELS]
# files that are not what their tensors look like, and the end of the address that they are published under, by which the
# tool knows them
BY_PATH = {
    "Detectron1-Comparisons/mask_rcnn_R_50_FPN_noaug_1x": "137781281/model_final_62ca52.pkl",
    "Detectron1-Comparisons/faster_rcnn_R_50_FPN_noaug_1x": "137781054/model_final_7ab50c.pkl",
    "Cityscapes/mask_rcnn_R_50_FPN": "142423278/model_final_af9cf5.pkl",
    "LVISv0.5-InstanceSegmentation/mask_rcnn_R_50_FPN_1x": "144219072/model_final_571f7c.pkl",
    "TridentNet/tridentnet_fast_R_50_C4_1x": "148572687/model_final_756cda.pkl",
}
# detectron2 samples masks at real positions: what a box's last digits say may turn a pixel whose value is the threshold
parity.GOAL["pixels"] = 2
CATEGORIES = [i for i, name in enumerate(_COCO_CATEGORIES) if name not in ("__background__", "N/A")]


def run_detectron2(model, config, image):
    boxes, scores, labels, masks = detectron2_package.detect(model, config, numpy.asarray(image))
    found = [
        {"category_id": CATEGORIES[label] if config.MODEL.ROI_HEADS.NUM_CLASSES == 80 else int(label), "score": float(score), "box": box.double().numpy()}
        for box, score, label in zip(boxes, scores, labels)
    ]
    for i, entry in enumerate(found if masks is not None else ()):
        entry["mask"] = masks[i].numpy()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="+", type=pathlib.Path)
    parser.add_argument("--tool", required=True, type=pathlib.Path)
    parser.add_argument("--model", choices=[*MODELS, *BY_PATH], action="append", help="default: each of them")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"torch {torch.__version__}, detectron2 {detectron2_package.detectron2.__version__}")
    fine = True
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        inputs = []
        for position, path in enumerate(arguments.images):  # decoded once, for both
            inputs.append(work / f"{position}.png")
            parity.picture(path).save(inputs[-1])
        for name in arguments.model or [*MODELS, *BY_PATH]:
            trident = name.startswith("TridentNet/")
            config = detectron2_package.configuration("faster_rcnn_R_50_C4_1x" if trident else name)
            model = detectron2_package.made_up(config, numpy.asarray(parity.picture(arguments.images[0])))
            if trident:  # the branch that runs at test time (projects/TridentNet/tridentnet/trident_backbone.py)
                for block in model.backbone.res4:
                    block.conv2.dilation = block.conv2.padding = (2, 2)
            weights = work / BY_PATH.get(name, f"{name}.pkl")
            weights.parent.mkdir(exist_ok=True)
            with open(weights, "wb") as file:
                arrays = {key: value.numpy() for key, value in detectron2_package.tensors(model).items()}
                pickle.dump({"model": arrays, "__author__": "made up"}, file, protocol=2)
            found = parity.run_tool(arguments, inputs, weights, work)
            print(f"{name:<36} {'peer':>4} {'tool':>4} {'cls':>4}   score    box px  IoU     IoU < {parity.SMALL} px")
            for path, detections in zip(arguments.images, found):
                expected = run_detectron2(model, config, parity.picture(path))
                fine = parity.compare(path.stem[:36], expected, detections)[0] and fine
            weights.unlink()
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
