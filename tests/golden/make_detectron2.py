#!/usr/bin/env python3
"""Writes the golden files of detectron2's convention: what detectron2 itself makes of what.

    PYTHONPATH=.../pb1-detectron2-0.6 python tests/golden/make_detectron2.py [MODEL...]

tests/parity/detectron2_package.py says where the package comes from. Slim models of each structure with what they find,
and the steps whose decisions must be equal: sizes, levels, resized pictures, pasted masks.
"""

import json
import sys
import types

import numpy
import torch
import torchvision
from PIL import Image
from safetensors import safe_open

from golden_file import FOLDER, Golden, boxes_in, decided, packed, synthetic_picture
from make_stages import awkward_boxes

sys.path.insert(0, str(FOLDER.parent / "parity"))
import detectron2_package as package  # noqa: E402
from detectron2.data.transforms import ResizeShortestEdge  # noqa: E402
from detectron2.layers.mask_ops import paste_masks_in_image  # noqa: E402
from detectron2.modeling import build_model  # noqa: E402
from detectron2.modeling.backbone.regnet import AnyNet  # noqa: E402
from detectron2.modeling.poolers import assign_boxes_to_levels  # noqa: E402
from detectron2.structures import Boxes  # noqa: E402
from detectron2.structures.keypoints import heatmaps_to_keypoints  # noqa: E402
from torch import nn  # noqa: E402

# it rounds boxes to float there, beside scores of whatever type: models in double need both of one type
sys.modules["detectron2.layers.nms"].box_ops = types.SimpleNamespace(
    batched_nms=lambda boxes, scores, classes, threshold: torchvision.ops.batched_nms(
        boxes.to(scores.dtype), scores, classes, threshold
    )
)

# groups for slim networks, in place of 32
sys.modules["detectron2.layers.batch_norm"].nn = types.SimpleNamespace(
    **{key: value for key, value in vars(nn).items() if key != "GroupNorm"}, GroupNorm=lambda _, channels: nn.GroupNorm(4, channels)
)

FACTS = {
    "min_size": 128, "max_size": 200, "rpn_pre_nms_top_n": 200, "rpn_post_nms_top_n": 120, "box_detections_per_img": 40,
    "classes": ["red", "green", "blue", "grey"],
}  # fmt: skip
CHANGES = [
    "INPUT.MIN_SIZE_TEST", 128, "INPUT.MAX_SIZE_TEST", 200, "MODEL.RPN.PRE_NMS_TOPK_TEST", 200,
    "MODEL.RPN.POST_NMS_TOPK_TEST", 120, "TEST.DETECTIONS_PER_IMAGE", 40, "MODEL.ROI_HEADS.NUM_CLASSES", 4,
    "MODEL.RESNETS.DEPTH", 50, "MODEL.RESNETS.STEM_OUT_CHANNELS", 4, "MODEL.FPN.OUT_CHANNELS", 12,
    "MODEL.ROI_BOX_HEAD.FC_DIM", 16, "MODEL.ROI_MASK_HEAD.CONV_DIM", 12,
]  # fmt: skip
SMALL_ANCHORS = [[12], [24], [48], [96], [192]]


def width(out, groups, of_group):
    return ["MODEL.RESNETS.RES2_OUT_CHANNELS", out, "MODEL.RESNETS.NUM_GROUPS", groups, "MODEL.RESNETS.WIDTH_PER_GROUP", of_group]


# the heads of new_baselines and of the files of Misc that have norms everywhere
TOWERS = [
    "MODEL.RESNETS.NORM", "BN", "MODEL.FPN.NORM", "BN", "MODEL.ROI_MASK_HEAD.NORM", "BN", "MODEL.RPN.CONV_DIMS", [-1, -1],
    "MODEL.ROI_BOX_HEAD.NAME", "FastRCNNConvFCHead", "MODEL.ROI_BOX_HEAD.NUM_CONV", 4, "MODEL.ROI_BOX_HEAD.NUM_FC", 1,
    "MODEL.ROI_BOX_HEAD.CONV_DIM", 12, "MODEL.ROI_BOX_HEAD.NORM", "BN",
]  # fmt: skip


SLIM_KEYPOINTS = ["MODEL.ROI_KEYPOINT_HEAD.CONV_DIMS", [12] * 8, "TEST.DETECTIONS_PER_IMAGE", 20]
def slim_regnet(se_ratio):
    def build(config, input_shape):
        network = AnyNet(
            stem_class=package.SimpleStem, stem_width=8, block_class=package.ResBottleneckBlock, depths=[1, 2, 2, 1],
            widths=[8, 24, 32, 48], group_widths=[4, 8, 8, 24], strides=[2] * 4, bottleneck_ratios=[1] * 4,
            se_ratio=se_ratio, activation_class=lambda: nn.ReLU(inplace=True), norm="FrozenBN",
            out_features=["s1", "s2", "s3", "s4"],
        )  # fmt: skip
        maps = ["s1", "s2", "s3", "s4"]
        return package.FPN(bottom_up=network, in_features=maps, out_channels=12, norm="", top_block=package.LastLevelMaxPool())

    return build


package.BACKBONES._do_register("slim_regnetx", slim_regnet(0))
package.BACKBONES._do_register("slim_regnety", slim_regnet(0.25))

# name of the files: name in the zoo, changes, facts for the file
ANCHORS = ["MODEL.ANCHOR_GENERATOR.SIZES", SMALL_ANCHORS], {}  # which the file's own tensors say
MODELS = {
    "fpn": ("mask_rcnn_R_50_FPN_3x", width(12, 1, 3) + ANCHORS[0], ANCHORS[1]),
    "resnext": ("mask_rcnn_X_101_32x8d_FPN_3x", width(8, 4, 2) + ANCHORS[0], ANCHORS[1]),
    "c4": ("mask_rcnn_R_50_C4_3x", width(8, 1, 3), {}),
    "dc5": ("mask_rcnn_R_50_DC5_3x", width(8, 1, 2) + ["TEST.DETECTIONS_PER_IMAGE", 12], {"box_detections_per_img": 12}),
    "agnostic": (
        "faster_rcnn_R_50_FPN_3x", width(8, 1, 2) + ANCHORS[0] + ["MODEL.ROI_BOX_HEAD.CLS_AGNOSTIC_BBOX_REG", True],
        ANCHORS[1],
    ),
    "gn": (
        "Misc/mask_rcnn_R_50_FPN_3x_gn", width(16, 1, 4) + ANCHORS[0] + ["MODEL.ROI_BOX_HEAD.CONV_DIM", 12],
        ANCHORS[1] | {"group_norm_groups": 4},
    ),
    "dconv": ("Misc/mask_rcnn_R_50_FPN_1x_dconv_c3-c5", width(12, 1, 3) + ANCHORS[0], ANCHORS[1]),
    "modulated": (
        "Misc/mask_rcnn_R_50_FPN_1x_dconv_c3-c5",
        width(12, 4, 1) + ANCHORS[0] + ["MODEL.RESNETS.DEFORM_MODULATED", True, "MODEL.RESNETS.STRIDE_IN_1X1", False],
        ANCHORS[1] | {"stride_in_1x1": False},
    ),
    "regnetx": ("mask_rcnn_R_50_FPN_3x", ["MODEL.BACKBONE.NAME", "slim_regnetx"] + ANCHORS[0], ANCHORS[1]),
    "regnety": ("mask_rcnn_R_50_FPN_3x", ["MODEL.BACKBONE.NAME", "slim_regnety"] + ANCHORS[0], ANCHORS[1]),
    "towers": ("mask_rcnn_R_50_FPN_3x", width(8, 1, 2) + ANCHORS[0] + TOWERS, ANCHORS[1]),
    "cascade": (
        "Misc/cascade_mask_rcnn_R_50_FPN_3x", width(8, 1, 2) + ANCHORS[0] + ["MODEL.ROI_BOX_HEAD.FC_DIM", 16], ANCHORS[1]
    ),
    "panoptic": ("COCO-PanopticSegmentation/panoptic_fpn_R_50_1x", width(8, 1, 2) + ANCHORS[0] + [
        "MODEL.SEM_SEG_HEAD.CONVS_DIM", 32, "MODEL.SEM_SEG_HEAD.NUM_CLASSES", 5], ANCHORS[1]),
    "keypoints": ("COCO-Keypoints/keypoint_rcnn_R_50_FPN_3x", width(8, 1, 2) + ANCHORS[0] + SLIM_KEYPOINTS + [
        "MODEL.ROI_HEADS.NUM_CLASSES", 1], {"classes": None, "box_detections_per_img": 20}),
    "mask_keypoints": ("COCO-Keypoints/keypoint_rcnn_R_50_FPN_3x", width(8, 1, 2) + ANCHORS[0] + SLIM_KEYPOINTS + [
        "MODEL.MASK_ON", True, "MODEL.ROI_HEADS.NUM_CLASSES", 4, "MODEL.ROI_KEYPOINT_HEAD.NUM_KEYPOINTS", 5],
        {"box_detections_per_img": 20}),
}  # fmt: skip


def in_halves(module):
    with torch.no_grad():
        for value in [*module.parameters(recurse=False), *module.buffers(recurse=False)]:
            value.copy_(value.half())


def found_by(net, config, rgb):
    """In float and in double, which the network stays in."""
    found = {}
    for precision, typed in ("float", net.float), ("double", net.double):
        instances = package.instances(typed(), config, rgb)
        optional = [instances.get(field) if instances.has(field) else None for field in ("pred_masks", "pred_keypoints")]
        found[precision] = instances.pred_boxes.tensor, instances.scores, instances.pred_classes, *optional
    return found


def save_results(name, picture, found):
    golden = Golden(f"detectron2_{name}")
    golden.add("case", image=picture)
    for precision, (boxes, scores, labels, masks, keypoints) in found.items():
        golden.add(precision, boxes=boxes, scores=scores, labels=labels.int())
        if keypoints is not None:
            golden.add(precision, keypoints=keypoints)
    if masks is not None:
        golden.add("double", masks=packed(masks))
    golden.save()


# detectron2 has floats in what it computes in double: of networks that make more of them than others, the first are passed over
FIRST_SEED = {"towers": 3}


def model(name):
    zoo_name, changes, facts = MODELS[name]
    config = package.configuration(zoo_name, CHANGES + changes)
    for seed in range(FIRST_SEED.get(name, 0), 100):
        torch.manual_seed(40 + seed)
        picture = synthetic_picture(104, 141)
        rgb = picture.permute(1, 2, 0).numpy()
        net = package.made_up(config, rgb, seed, in_halves)
        tensors = {key: value.half().contiguous() for key, value in package.tensors(net).items()}
        found = found_by(net, config, rgb)
        if decided(*found.values()):
            break
    else:
        sys.exit(f"{name}: each of 100 networks has decisions that hang by a rounding")
    print(f"seed {seed}: {len(found['double'][1])} detections of labels {found['double'][2].unique().tolist()}, scores "
          f"{found['double'][1].min():.3f} to {found['double'][1].max():.3f}")  # fmt: skip

    file = Golden(f"detectron2_{name}_model")
    file.tensors = tensors
    add_facts(file.tensors, net, config)
    file.save({key: json.dumps(value) for key, value in (FACTS | facts).items() if value is not None})
    save_results(name, picture, found)


def variant(name, base, changes, alter=lambda net: None):
    """What the tensors of another model find when they are run by other numbers, which they do not tell."""
    zoo_name, base_changes, _ = MODELS[base]
    config = package.configuration(zoo_name, CHANGES + base_changes + changes)
    net = build_model(config).eval()
    with safe_open(FOLDER / f"detectron2_{base}_model.safetensors", "pt") as file:
        stored = {key: file.get_tensor(key).float() for key in file.keys()}
    missing = net.load_state_dict({key: value for key, value in stored.items() if key in net.state_dict()}, strict=False)
    assert not [key for key in missing.missing_keys if "cell_anchors" not in key and "pixel_" not in key], missing
    alter(net)
    for seed in range(100):
        torch.manual_seed(60 + seed)
        picture = synthetic_picture(104, 141)
        rgb = picture.permute(1, 2, 0).numpy()
        found = found_by(net, config, rgb)
        if decided(*found.values()):
            break
    else:
        sys.exit(f"{name}: each of 100 pictures has decisions that hang by a rounding")
    print(f"{name}, seed {seed}: {len(found['double'][1])} detections, scores {found['double'][1].min():.3f} to "
          f"{found['double'][1].max():.3f}")  # fmt: skip
    save_results(name, picture, found)


def variants():
    """RoIAlign as the comparisons with Detectron have it; and a dilated third layer, which is what TridentNet's middle
    branch, the one that runs at test time, is (projects/TridentNet/tridentnet/trident_backbone.py)."""
    pooler = ["POOLER_SAMPLING_RATIO", 2, "POOLER_TYPE", "ROIAlign"]
    heads = ["MODEL.ROI_BOX_HEAD.", "MODEL.ROI_MASK_HEAD."]
    variant("unaligned", "fpn", [head + word if isinstance(word, str) and word.startswith("POOLER") else word
                                 for head in heads for word in pooler])  # fmt: skip

    def dilate(net):
        for block in net.backbone.res4:
            block.conv2.dilation = block.conv2.padding = (2, 2)

    variant("trident", "c4", [], dilate)


def add_facts(tensors, net, config):
    """What old files have beside the network's tensors."""
    tensors["pixel_mean"] = torch.tensor(config.MODEL.PIXEL_MEAN)
    tensors["pixel_std"] = torch.tensor(config.MODEL.PIXEL_STD)
    for level, anchors in enumerate(net.proposal_generator.anchor_generator.cell_anchors):
        tensors[f"proposal_generator.anchor_generator.cell_anchors.{level}"] = anchors.float()


def steps():
    """Exact, in float as there."""
    golden = Golden("detectron2_steps")
    sizes = [(480, 640), (333, 500), (640, 426), (427, 640), (375, 500), (425, 640), (720, 1280), (612, 612), (200, 900)]
    sizes += [(torch.randint(30, 900, ()).item(), torch.randint(30, 900, ()).item()) for _ in range(40)]
    rows = []
    for height, width in sizes:
        transform = ResizeShortestEdge([800, 800], 1333).get_transform(numpy.zeros((height, width, 3), numpy.uint8))
        rows.append([height, width, transform.new_h, transform.new_w])
    golden.add("sizes", table=rows)

    sides = [112 * (1 + k * 2.0**-23) for k in range(-16, 17)] + [224 * (1 + k * 2.0**-23) for k in range(-16, 17)]
    sides += [1.0, 50.0, 111.9, 112.1, 447.9, 448.0, 448.1, 900.0, 5000.0]
    boxes = [[10.0, 20.0, 10.0 + side, 20.0 + side] for side in sides] + [[0.0, 0.0, side, side] for side in sides]
    boxes += [[0.0, 0.0, 56.0, 224.0], [3.0, 3.0, 3.0, 9.0]]
    boxes = torch.cat([torch.tensor(boxes), boxes_in(200, 800, 1000, 4, 900)])
    golden.add("levels", boxes=boxes, levels=assign_boxes_to_levels([Boxes(boxes)], 2, 5, 224, 4).int())

    image = (60, 83)
    boxes = awkward_boxes(*image)
    for side in (28, 14):
        coarse = torch.nn.functional.interpolate(torch.rand(len(boxes), 1, 6, 6), size=(side, side), mode="bilinear")
        masks = (coarse[:, 0] * 3 - 1).clamp(0, 1).half().float()
        pasted = paste_masks_in_image(masks, Boxes(boxes), image, 0.5)
        golden.add(f"paste{side}", boxes=boxes, masks=masks.half(), image=list(image),
                   pasted=packed(pasted))  # fmt: skip
    golden.save()


def keypoint_decoding():
    """The heatmaps of torchvision's golden file, exact."""
    golden = Golden("detectron2_keypoint_decoding")
    with safe_open(FOLDER / "keypoint_decoding.safetensors", "pt") as file:
        maps, boxes = file.get_tensor("case.maps").float(), file.get_tensor("case.boxes")
    golden.add("float", keypoints=heatmaps_to_keypoints(maps, boxes)[:, :, [0, 1, 3]])
    golden.add("double", keypoints=heatmaps_to_keypoints(maps.double(), boxes.double())[:, :, [0, 1, 3]])
    golden.save()


def pillow_resize():
    """Of a Pillow that always begins with columns; later ones begin with rows where that seems less work to them."""
    if int(Image.__version__.split(".")[0]) >= 13:
        return print("pillow_resize needs Pillow before 13, left as it is")
    golden = Golden("pillow_resize")
    sizes = [(7, 9, 20, 31), (40, 30, 12, 7), (33, 21, 33, 10), (25, 40, 9, 40), (5, 64, 64, 5), (1, 3, 4, 2), (50, 50, 49, 51)]
    sizes += [(90, 2, 1, 60), (1, 1, 3, 5), (8, 8, 8, 8)]
    for i, (height, width, new_height, new_width) in enumerate(sizes):
        image = torch.randint(256, (height, width, 3), dtype=torch.uint8)
        resized = Image.fromarray(image.numpy()).resize((new_width, new_height), Image.BILINEAR)
        golden.add(f"case{i}", image=image.permute(2, 0, 1), resized=torch.from_numpy(numpy.array(resized)).permute(2, 0, 1))
    golden.save()


if __name__ == "__main__":
    print(f"torch {torch.__version__}, detectron2 {package.detectron2.__version__}, pillow {Image.__version__}")
    torch.set_num_threads(1)
    for name in sys.argv[1:] or MODELS:
        model(name)
    if len(sys.argv) == 1:
        variants()
        steps()
        keypoint_decoding()
        pillow_resize()
