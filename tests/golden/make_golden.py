"""Writes the golden files of this folder: inputs and what torchvision makes of them, one file per stage.

    python tests/golden/make_golden.py              # all of them
    python tests/golden/make_golden.py bundled      # those named

Everything is seeded. Tensors are in torch's layout (NCHW); tests turn them. Values that are compared by tolerance are
computed in double from inputs that are stored exactly; decisions that must be equal (anchors, order, levels, geometry)
are computed in float, as torchvision does.
"""

import argparse

import torch
import torchvision

import make_layers as layers
import make_models as models
import make_ops as ops
import make_roi as roi
import make_stages as stages

MAKERS = (
    ops.conv2d, ops.conv_transpose2d, ops.linear, ops.max_pool, ops.box_coder, ops.nms,
    stages.preprocess, stages.resnet, stages.mobilenet_v3, stages.fpn, stages.anchors, stages.rpn,
    layers.group_norm, layers.resnet_gn, layers.deform_conv2d, layers.regnet,
    roi.level_mapper, roi.roi, roi.multi_level_roi,
    stages.box_head, stages.conv_box_head, stages.mask_head, stages.paste, stages.keypoint_head,
    stages.keypoint_decoding, stages.losses,
    models.end_to_end, models.image_losses, models.end_to_end_v2, models.end_to_end_resnet18,
    models.end_to_end_whole, models.end_to_end_keypoints, models.end_to_end_mobilenet, models.end_to_end_group_norm,
    models.end_to_end_regnet, models.bundled,
)  # fmt: skip


def main():
    makers = {maker.__name__: maker for maker in MAKERS}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(makers)} (default: all)")
    names = parser.parse_args().names
    for unknown in sorted(set(names) - set(makers)):
        parser.error(f"nothing is named {unknown}; there are {', '.join(makers)}")
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}")
    torch.set_num_threads(1)
    for name in names or makers:
        makers[name]()


if __name__ == "__main__":
    main()
