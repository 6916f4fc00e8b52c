#!/usr/bin/env python3
"""Writes the golden files of maskrcnn-benchmark's and Detectron's conventions: what they find.

    PYTHONPATH=.../maskrcnn-benchmark python tests/golden/make_maskrcnn_benchmark.py [MODEL...]

tests/parity/maskrcnn_benchmark_package.py and detectron_package.py say where the code comes from. Its boxes are floats whatever the network is
of, so that there is no result in double.
"""

import json
import sys

import torch
from PIL import Image

from golden_file import FOLDER, Golden, packed, synthetic_picture

sys.path.insert(0, str(FOLDER.parent / "parity"))
import detectron_package  # noqa: E402
import maskrcnn_benchmark_package as package  # noqa: E402

SMALL_ANCHORS = (12, 24, 48, 96, 192)
FACTS = {
    "min_size": 128, "max_size": 200, "rpn_pre_nms_top_n": 200, "rpn_post_nms_top_n": 120, "box_detections_per_img": 40,
    "classes": ["__background__", "red", "green", "blue", "grey"],
}  # fmt: skip
CHANGES = [
    "INPUT.MIN_SIZE_TEST", 128, "INPUT.MAX_SIZE_TEST", 200, "MODEL.RPN.PRE_NMS_TOP_N_TEST", 200,
    "MODEL.RPN.POST_NMS_TOP_N_TEST", 120, "MODEL.RPN.FPN_POST_NMS_TOP_N_TEST", 120, "MODEL.ROI_HEADS.DETECTIONS_PER_IMG", 40,
    "MODEL.ROI_BOX_HEAD.NUM_CLASSES", 5, "MODEL.RESNETS.STEM_OUT_CHANNELS", 4, "MODEL.RESNETS.BACKBONE_OUT_CHANNELS", 12,
    "MODEL.ROI_BOX_HEAD.MLP_HEAD_DIM", 16, "MODEL.ROI_MASK_HEAD.CONV_LAYERS", (12, 12, 12, 12),
]  # fmt: skip


def width(out, groups, of_group):
    return ["MODEL.RESNETS.RES2_OUT_CHANNELS", out, "MODEL.RESNETS.NUM_GROUPS", groups, "MODEL.RESNETS.WIDTH_PER_GROUP", of_group]


FPN_ANCHORS = ["MODEL.RPN.ANCHOR_SIZES", SMALL_ANCHORS]
# name of the files: name of the configuration, changes, facts for the file
MODELS = {
    "fpn": ("e2e_mask_rcnn_R_50_FPN_1x", width(12, 1, 3) + FPN_ANCHORS, {"anchor_sizes": [[size] for size in SMALL_ANCHORS]}),
    "resnext": (
        "e2e_faster_rcnn_X_101_32x8d_FPN_1x", width(8, 4, 2) + ["MODEL.BACKBONE.CONV_BODY", "R-50-FPN"] + FPN_ANCHORS,
        {"anchor_sizes": [[size] for size in SMALL_ANCHORS]},
    ),
    "c4": ("e2e_mask_rcnn_R_50_C4_1x", width(8, 1, 3) + ["MODEL.RESNETS.BACKBONE_OUT_CHANNELS", 32], {}),
}
MODELS |= {f"detectron_{name}": MODELS[name] for name in ("fpn", "resnext", "c4")}  # fmt: skip


def in_halves(module):
    with torch.no_grad():
        for value in [*module.parameters(recurse=False), *module.buffers(recurse=False)]:
            value.copy_(value.half())


def model(name):
    config_name, changes, facts = MODELS[name]
    config = package.configuration(config_name, CHANGES + changes)
    original = detectron_package if name.startswith("detectron_") else package
    for seed in range(100):
        torch.manual_seed(40 + seed)
        picture = synthetic_picture(104, 141)
        image = Image.fromarray(picture.permute(1, 2, 0).numpy())
        net = original.made_up(config, image, seed, in_halves)
        boxes, scores, labels, masks, _ = original.detect(net, config, image)
        if len(scores) == 40 and (scores[:-1] - scores[1:]).min() > 1e-5:
            break
    else:
        sys.exit(f"{name}: none of 100 networks tells all objects apart")
    print(f"seed {seed}: {len(scores)} detections of labels {labels.unique().tolist()}, scores {scores.min():.3f} to {scores.max():.3f}")
    stem = name if original is detectron_package else f"maskrcnn_benchmark_{name}"
    file = Golden(f"{stem}_model")
    if original is detectron_package:
        file.tensors = {key: torch.from_numpy(value).half() for key, value in detectron_package.blobs(net).items()}
    else:
        file.tensors = {
            f"module.{key}": (value if "anchor" in key else value.half()).contiguous().clone()
            for key, value in net.state_dict().items()
        }
    file.save({key: json.dumps(value) for key, value in (FACTS | facts).items()})
    golden = Golden(stem)
    golden.add("case", image=picture)
    golden.add("float", boxes=boxes, scores=scores, labels=labels.int())
    if masks is not None:
        golden.add("double", masks=packed(masks))
    golden.save()


if __name__ == "__main__":
    print(f"torch {torch.__version__}")
    torch.set_num_threads(1)
    for name in sys.argv[1:] or MODELS:
        model(name)
