#!/usr/bin/env python3
"""Writes the golden files of mmdetection's convention: what mmdetection itself makes of what.

    PYTHONPATH=.../mmcv-2.1.0 python tests/golden/make_mmdetection.py [NAME...]

tests/parity/mmdetection_package.py says where the packages come from. Slim models of each structure, as mmdetection saves
them, with what they find; the steps whose decisions must be equal: sizes, levels, decoded boxes; and OpenCV's resize.
"""

import sys

import numpy
import torch
from PIL import Image

from golden_file import FOLDER, Golden, boxes_in, decided, in_halves, packed, synthetic_picture

sys.path.insert(0, str(FOLDER.parent / "parity"))
import cv2  # noqa: E402
import mmcv  # noqa: E402
import mmdetection_package as package  # noqa: E402
import mmdet.models.roi_heads.mask_heads.fcn_mask_head as fcn_mask_head  # noqa: E402
import mmdet.models.roi_heads.shared_heads.res_layer as shared_head  # noqa: E402
from mmdet.models.roi_heads.roi_extractors import SingleRoIExtractor  # noqa: E402
from mmdet.models.task_modules.coders.delta_xywh_bbox_coder import delta2bbox  # noqa: E402

SCALE = (200, 128)
CLASSES = 4


def slim(base, mask=True, pyramid=True, heads=None):
    """Changes that make a model of the zoo small. base: width of the stem"""
    last = 4 * base * 8
    width = 12 if pyramid else 16
    changes = {
        "model.backbone.base_channels": base,
        "model.backbone.stem_channels": base,
        "model.rpn_head.feat_channels": width,
        "model.rpn_head.in_channels": width if pyramid else last,
        "model.roi_head.bbox_roi_extractor.out_channels": width if pyramid else last,
        "model.roi_head.bbox_head.in_channels": width if pyramid else last,
        "model.roi_head.bbox_head.num_classes": CLASSES,
        "model.test_cfg.rpn.nms_pre": 200,
        "model.test_cfg.rpn.max_per_img": 120,
        "model.test_cfg.rcnn.max_per_img": 40,
    }
    if pyramid:
        changes |= {
            "model.neck.in_channels": [4 * base * 2**i for i in range(4)],
            "model.neck.out_channels": 12,
            "model.roi_head.bbox_head.fc_out_channels": 16,
            "model.rpn_head.anchor_generator.scales": [3],
        }
    if mask:
        changes |= {
            "model.roi_head.mask_roi_extractor.out_channels": 12,
            "model.roi_head.mask_head.in_channels": 12,
            "model.roi_head.mask_head.conv_out_channels": 12,
            "model.roi_head.mask_head.num_classes": CLASSES,
        }
    return changes | (heads or {})


def slim_cascade(base):
    """The same of a cascade, whose heads are lists."""
    changes = {key: value for key, value in slim(base).items() if ".bbox_head." not in key and ".mask_head." not in key}
    for stage in range(3):
        box = f"model.roi_head.bbox_head.{stage}."
        changes |= {f"{box}in_channels": 12, f"{box}fc_out_channels": 16, f"{box}num_classes": CLASSES}
    return changes | {
        "model.roi_head.mask_head.in_channels": 12, "model.roi_head.mask_head.conv_out_channels": 12,
        "model.roi_head.mask_head.num_classes": CLASSES,
    }  # fmt: skip


# it has no setting for its width: that of a stem of 2 in place of 64
layer_of_any_width = shared_head._ResLayer
shared_head._ResLayer = lambda block, ins, planes, *rest, **named: layer_of_any_width(
    block, ins // 32, planes // 32, *rest, **named
)
BATCH_NORM = {"type": "BN", "requires_grad": True}
# name of the files: name in the zoo, changes, version whose checkpoint it is
MODELS = {
    "fpn": ("mask_rcnn/mask-rcnn_r50_fpn_1x_coco", slim(3), 3),
    "caffe": ("mask_rcnn/mask-rcnn_r50-caffe_fpn_1x_coco", slim(3), 2),
    "resnext": (
        "mask_rcnn/mask-rcnn_x101-32x8d_fpn_1x_coco",
        slim(2, heads={"model.backbone.depth": 50, "model.backbone.groups": 2, "model.backbone.base_width": 2}), 3,
    ),
    "cascade": ("cascade_rcnn/cascade-mask-rcnn_r50_fpn_1x_coco", slim_cascade(3), 3),
    "dc5": ("faster_rcnn/faster-rcnn_r50-caffe-dc5_1x_coco",
            slim(2, mask=False, pyramid=False, heads={
                "model.test_cfg.rcnn.max_per_img": 12, "model.roi_head.bbox_head.fc_out_channels": 16}), 3),
    "c4": ("faster_rcnn/faster-rcnn_r50-caffe_c4-1x_coco",
           slim(2, mask=False, pyramid=False, heads={
               "model.rpn_head.in_channels": 32, "model.roi_head.bbox_roi_extractor.out_channels": 32}), 2),
    "towers": (
        "mask_rcnn/mask-rcnn_r50_fpn_1x_coco",
        slim(2, heads={
            "model.neck.norm_cfg": BATCH_NORM, "model.rpn_head.num_convs": 2,
            "model.roi_head.bbox_head.type": "Shared4Conv1FCBBoxHead", "model.roi_head.bbox_head.conv_out_channels": 12,
            "model.roi_head.bbox_head.norm_cfg": BATCH_NORM, "model.roi_head.mask_head.norm_cfg": BATCH_NORM,
            "model.roi_head.bbox_head.reg_class_agnostic": True,
        }), 3,
    ),
}  # fmt: skip


def found_by(net, rgb):
    """In float and in double, which the network stays in."""
    return {"float": package.detect(net.float(), rgb), "double": package.detect(net.double(), rgb)}


def model(name):
    zoo_name, changes, version = MODELS[name]
    config = package.at_scale(package.configuration(zoo_name, changes), SCALE)
    for seed in range(100):
        torch.manual_seed(40 + seed)
        picture = synthetic_picture(104, 141)
        rgb = picture.permute(1, 2, 0).numpy()
        net = package.made_up(config, rgb, seed, in_halves)
        halves = net.state_dict()
        for key, value in halves.items():
            halves[key] = value.half() if value.is_floating_point() else value
        found = found_by(net, rgb)
        if decided(*found.values()):
            break
    else:
        sys.exit(f"{name}: each of 100 networks has decisions that hang by a rounding")
    print(f"{name}, seed {seed}: {len(found['double'][1])} detections of labels {found['double'][2].unique().tolist()}, "
          f"scores {found['double'][1].min():.3f} to {found['double'][1].max():.3f}", flush=True)  # fmt: skip
    text = config.pretty_text if version == 3 else in_version_2(config)
    package.save(halves, config, FOLDER / f"mmdetection_{name}.pth", version, text)
    golden = Golden(f"mmdetection_{name}")
    golden.add("case", image=picture)
    for precision, (boxes, scores, labels, masks) in found.items():
        golden.add(precision, boxes=boxes, scores=scores, labels=labels.int())
    if masks is not None:
        golden.add("double", masks=packed(masks))
    golden.save()


def in_version_2(config):
    """The text of the same configuration as version 2 had it: pixels are normalised in the pipeline."""
    config = package.Config(config.to_dict())
    pixels = config.model.pop("data_preprocessor")
    normalise = dict(type="Normalize", mean=pixels["mean"], std=pixels["std"], to_rgb=pixels["bgr_to_rgb"])
    config.img_norm_cfg = {key: value for key, value in normalise.items() if key != "type"}
    config.train_pipeline = [dict(type="Resize", img_scale=[(1333, 640), (1333, 800)], keep_ratio=True), normalise]
    steps = [dict(type="Resize", keep_ratio=True), dict(type="RandomFlip"), normalise, dict(type="Pad", size_divisor=32)]
    config.test_pipeline = [
        dict(type="LoadImageFromFile"),
        dict(type="MultiScaleFlipAug", img_scale=SCALE, flip=False, transforms=steps),
    ]
    for key in ("test_dataloader", "val_dataloader", "train_dataloader", "test_cfg", "val_cfg", "train_cfg"):
        config.pop(key)
    return config.pretty_text


def steps():
    """Exact, in float as there."""
    golden = Golden("mmdetection_steps")
    sizes = [(480, 640), (333, 500), (640, 426), (427, 640), (375, 500), (425, 640), (720, 1280), (612, 612), (200, 900)]
    sizes += [(torch.randint(30, 900, ()).item(), torch.randint(30, 900, ()).item()) for _ in range(40)]
    rows = []
    for height, width in sizes:
        new_width, new_height = mmcv.rescale_size((width, height), (1333, 800))
        rows.append([height, width, new_height, new_width])
    golden.add("sizes", table=rows)

    sides = [112 * (1 + k * 2.0**-23) for k in range(-16, 17)] + [224 * (1 + k * 2.0**-23) for k in range(-16, 17)]
    sides += [1.0, 50.0, 111.9, 112.1, 447.9, 448.0, 448.1, 900.0, 5000.0]
    boxes = [[10.0, 20.0, 10.0 + side, 20.0 + side] for side in sides] + [[0.0, 0.0, side, side] for side in sides]
    boxes += [[0.0, 0.0, 56.0, 224.0], [3.0, 3.0, 3.0, 9.0]]
    boxes = torch.cat([torch.tensor(boxes), boxes_in(200, 800, 1000, 4, 900)])
    rois = torch.cat([torch.zeros(len(boxes), 1), boxes], 1)
    levels = SingleRoIExtractor.map_roi_levels(type("Of", (), {"finest_scale": 56}), rois, 4)
    golden.add("levels", boxes=boxes, levels=levels.int())

    boxes, deltas = boxes_in(60, 800, 1000, 4, 900), torch.randn(60, 4) * torch.tensor([1.0, 1.0, 6.0, 6.0])
    # boxes without width or height, which are results like others
    image = (60, 83)
    flat = torch.tensor([[10.0, 5, 10, 30], [20.25, 7, 20.25, 9], [3, 8, 40, 8], [0, 0, 0, 20], [83, 3, 83, 50], [12.5, 4, 12.5, 20],
                         [5, 6, 5, 6], [30, 60, 70, 60], [8, 9, 31, 40]])  # fmt: skip
    masks = torch.nn.functional.interpolate(torch.rand(len(flat), 1, 6, 6), size=(28, 28), mode="bilinear").half().float()
    pasted = torch.zeros(len(flat), *image, dtype=torch.bool)
    for i in range(len(flat)):
        part, place = fcn_mask_head._do_paste_mask(masks[i : i + 1], flat[i : i + 1], *image)
        pasted[(slice(i, i + 1), *place)] = part >= 0.5
    golden.add("flat", boxes=flat, masks=masks[:, 0].half(), image=list(image), pasted=packed(pasted))

    golden.add("decoded", boxes=boxes, deltas=deltas, result=delta2bbox(boxes, deltas))
    golden.save()


def opencv_resize():
    golden = Golden("opencv_resize")
    sizes = [(7, 9, 20, 31), (40, 30, 12, 7), (33, 21, 33, 10), (25, 40, 9, 40), (5, 64, 64, 5), (1, 3, 4, 2), (50, 50, 49, 51)]
    sizes += [(90, 2, 1, 60), (1, 1, 3, 5), (8, 8, 8, 8), (40, 60, 20, 30), (40, 60, 20, 31), (60, 90, 20, 30), (9, 11, 4, 5)]
    sizes += [(11, 13, 22, 26), (13, 17, 50, 60), (2, 2, 1, 1), (2, 1, 1, 1), (30, 1, 100, 1)]
    for i, (height, width, new_height, new_width) in enumerate(sizes):
        image = torch.randint(256, (height, width, 3), dtype=torch.uint8)
        if i % 3 == 2:
            image = (image > 127).to(torch.uint8) * 255
        resized = cv2.resize(image.numpy(), (new_width, new_height), interpolation=cv2.INTER_LINEAR)
        golden.add(f"case{i}", image=image.permute(2, 0, 1), resized=torch.from_numpy(resized).permute(2, 0, 1))
    golden.save()


if __name__ == "__main__":
    print(f"torch {torch.__version__}, mmdet {package.mmdet.__version__}, mmcv {mmcv.__version__}, opencv {cv2.__version__}, "
          f"numpy {numpy.__version__}, pillow {Image.__version__}")  # fmt: skip
    torch.set_num_threads(1)
    for name in sys.argv[1:] or [*MODELS, "steps", "opencv_resize"]:
        if name in MODELS:
            model(name)
        else:
            {"steps": steps, "opencv_resize": opencv_resize}[name]()
