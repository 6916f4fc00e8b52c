"""Writes a torchvision Mask R-CNN or Faster R-CNN (ResNet or MobileNetV3, FPN) as one .safetensors file with all its settings.

From Python, for any such model, your own fine-tuned one included:

    from export import export
    export(model, "mine.safetensors", ["__background__", "bolt", "nut"], license="MIT")

From the command line, for what train.py leaves behind:

    python export.py --checkpoint run/final_model.pt --output nuclei.safetensors
"""
import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models.resnet import Bottleneck
from torchvision.ops import FrozenBatchNorm2d

DEPTHS = {(2, 2, 2, 2): "resnet18", (3, 4, 6, 3): "resnet50", (3, 4, 23, 3): "resnet101"}


def architecture_of(model):
    """"mask_rcnn_resnet18_fpn" and so on, from the modules themselves."""
    body = model.backbone.body
    head = "mask" if model.roi_heads.has_mask() else "faster"
    if "16" in dict(body.named_children()):
        return f"{head}_rcnn_mobilenet_v3_large_fpn"
    depths = tuple(len(getattr(body, f"layer{i}")) for i in range(1, 5))
    name = DEPTHS.get(depths)
    if name == "resnet50" and not isinstance(body.layer1[0], Bottleneck):
        name = "resnet34"
    if name is None:
        raise ValueError(f"body has stages of {depths} blocks, expected one of {sorted(DEPTHS)}")
    return f"{head}_rcnn_{name}_fpn"


def metadata_of(model, classes, **notes):
    """Every setting of the model that inference needs, as text; `notes` are free-form entries."""
    transform, rpn, heads = model.transform, model.rpn, model.roi_heads
    norms = [m for m in model.backbone.body.modules() if isinstance(m, (nn.BatchNorm2d, FrozenBatchNorm2d))]
    outputs = heads.box_predictor.cls_score.out_features
    if len(classes) != outputs or classes[0] != "__background__":
        raise ValueError(f"the model tells {outputs} classes apart, the first being '__background__'; names: {classes}")
    anchors = rpn.anchor_generator
    settings = {
        "format": "maskrcnn-1",
        "architecture": architecture_of(model),
        "convention": "torchvision",
        "classes": list(classes),
        "image_mean": list(transform.image_mean),
        "image_std": list(transform.image_std),
        "min_size": int(transform.min_size[-1]),
        "max_size": int(transform.max_size),
        "anchor_sizes": [list(level) for level in anchors.sizes],
        "anchor_aspect_ratios": [list(level) for level in anchors.aspect_ratios],
        "batch_norm_eps": norms[0].eps,
        "rpn_pre_nms_top_n": rpn._pre_nms_top_n["testing"],
        "rpn_post_nms_top_n": rpn._post_nms_top_n["testing"],
        "rpn_nms_thresh": rpn.nms_thresh,
        "rpn_score_thresh": rpn.score_thresh,
        "box_score_thresh": heads.score_thresh,
        "box_nms_thresh": heads.nms_thresh,
        "box_detections_per_img": heads.detections_per_img,
        **({"mask_paste": model.mask_paste} if hasattr(model, "mask_paste") else {}),
        **notes,
    }
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in settings.items()}


def export(model, path, classes, dtype=torch.float16, **notes):
    """Writes `model` to `path`; `classes` are names by label, "__background__" first."""
    tensors = {name: tensor.detach().to(dtype).contiguous() for name, tensor in model.state_dict().items()
               if not name.endswith("num_batches_tracked")}
    broken = [name for name, tensor in tensors.items() if not torch.isfinite(tensor).all()]
    if broken:
        raise ValueError(f"not finite as {dtype}: {broken}")
    save_file(tensors, path, metadata_of(model, classes, **notes))
    Path(path).chmod(0o644)  # safetensors leaves the file to its owner alone


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--checkpoint", required=True, help="final_average.pt, final_model.pt or checkpoint.pt of train.py")
    p.add_argument("--output", required=True, help="the .safetensors file to write")
    p.add_argument("--weights", default="model", choices=["model", "average"], help="which set in checkpoint.pt")
    p.add_argument("--min-size", type=int, default=800)
    p.add_argument("--max-size", type=int, default=1800)
    p.add_argument("--box-score-thresh", type=float, default=0.05)
    p.add_argument("--box-nms-thresh", type=float, default=0.5)
    p.add_argument("--rpn-nms-thresh", type=float, default=0.7)
    p.add_argument("--detections", type=int, default=500, help="at most so many a picture")
    p.add_argument("--notes", help="JSON file with free-form entries for the metadata")
    args = p.parse_args()

    from model import IMAGE_MEAN, IMAGE_STD, build, sample_masks

    model = build(min_size=args.min_size, max_size=args.max_size, image_mean=IMAGE_MEAN, image_std=IMAGE_STD,
                  rpn_pre_nms_top_n_test=2000, rpn_post_nms_top_n_test=2000, rpn_nms_thresh=args.rpn_nms_thresh,
                  box_score_thresh=args.box_score_thresh, box_nms_thresh=args.box_nms_thresh,
                  box_detections_per_img=args.detections)
    model.load_state_dict(torch.load(args.checkpoint, map_location="cpu", weights_only=True)[args.weights])
    sample_masks(model)  # as train.py has it
    notes = json.loads(Path(args.notes).read_text()) if args.notes else {}
    export(model.eval(), args.output, ["__background__", "nucleus"], **notes)


if __name__ == "__main__":
    main()
