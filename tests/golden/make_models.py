"""Golden files of whole models: weights, what they find, their losses."""

import json
import sys
import types
from collections import OrderedDict

import numpy
import torch
from PIL import Image
from safetensors import safe_open
from torch import nn
from torchvision.models._utils import IntermediateLayerGetter
from torchvision.models.detection import FasterRCNN, KeypointRCNN, MaskRCNN, roi_heads
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNConvFCHead, FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.keypoint_rcnn import KeypointRCNNHeads, KeypointRCNNPredictor
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.rpn import RPNHead
from torchvision.ops import MultiScaleRoIAlign, roi_align
from torchvision.ops.misc import FrozenBatchNorm2d

from golden_file import FOLDER, Golden, packed, synthetic_picture
from slim_networks import SlimPyramid, freeze, make_useful, slim_backbone, slim_body, slim_mobilenet, slim_regnet


def save_model(name, model, facts):
    weights = Golden(name)
    for key, value in model.state_dict().items():
        weights.tensors[key] = (value.half() if value.is_floating_point() else value).contiguous()
    weights.save({key: value if isinstance(value, str) else json.dumps(value) for key, value in facts.items()})


def save_results(name, model, picture):
    """What the model finds, in float and in double; masks from double."""
    golden = Golden(name)
    golden.add("case", image=picture)
    for precision, dtype in [("float", torch.float32), ("double", torch.float64)]:
        model.to(dtype)
        with torch.no_grad():
            result = model([picture.to(dtype) / 255])[0]
        golden.add(precision, boxes=result["boxes"], scores=result["scores"], labels=result["labels"].int())
        scores = result["scores"]
        assert (scores[:-1] - scores[1:]).min() > 1e-6, "detections of one score have no order"
        print(f"  {precision}: {len(scores)} detections of {len(result['labels'].unique())} classes, scores "
              f"{scores.min():.3f} to {scores.max():.3f}")
        if "keypoints" in result:
            keypoints = torch.cat([result["keypoints"][..., :2], result["keypoints_scores"][..., None]], 2)
            golden.add(precision, keypoints=keypoints)
            assert precision == "float" or (keypoints - others).abs().max() < 1e-2, "a heatmap has two peaks of one height"
            others = keypoints
        if "masks" not in result:
            continue
        assert precision == "float" or torch.equal(masks, result["masks"][:, 0] >= 0.5), "a pixel is too near to 0.5"
        masks = result["masks"][:, 0] >= 0.5
        if precision == "double":
            golden.add(precision, masks=packed(masks))
            print(f"  mask areas {masks.flatten(1).sum(1).tolist()[:12]}")
    golden.save()


FIVE_CLASSES = ["__background__", "red", "green", "blue", "grey"]
SLIM_ANCHOR_SIZES = ((12,), (24,), (48,), (96,), (192,))


def slim_model():
    generator = AnchorGenerator(SLIM_ANCHOR_SIZES, ((0.5, 1.0, 2.0),) * 5)
    return MaskRCNN(
        slim_backbone("resnet50", 6, 16), min_size=128, max_size=200, rpn_anchor_generator=generator,
        rpn_pre_nms_top_n_test=200, rpn_post_nms_top_n_test=150, box_detections_per_img=45,
        box_head=TwoMLPHead(16 * 49, 32), box_predictor=FastRCNNPredictor(32, 5),
        mask_head=MaskRCNNHeads(16, (16, 16, 16, 16), 1), mask_predictor=MaskRCNNPredictor(16, 16, 5),
    ).eval()  # fmt: skip


def end_to_end():
    torch.manual_seed(11)
    picture = synthetic_picture(104, 141)
    facts = {
        "min_size": 128, "max_size": 200, "anchor_sizes": SLIM_ANCHOR_SIZES,
        "rpn_pre_nms_top_n": 200, "rpn_post_nms_top_n": 150, "box_detections_per_img": 45, "classes": FIVE_CLASSES,
        "architecture": "mask_rcnn_resnet50_fpn", "convention": "torchvision",
    }  # fmt: skip
    model = slim_model()
    make_useful(model, picture.float() / 255, lambda name: name.endswith("bn3"), frozen=0.0)
    save_model("slim_model", model, facts)
    save_results("end_to_end", model, picture)


def slim_keypoint_model(labels, keypoints, masks):
    generator = AnchorGenerator(SLIM_ANCHOR_SIZES, ((0.5, 1.0, 2.0),) * 5)
    settings = {
        "min_size": 128, "max_size": 200, "rpn_anchor_generator": generator, "rpn_pre_nms_top_n_test": 200,
        "rpn_post_nms_top_n_test": 150, "box_detections_per_img": 20, "box_head": TwoMLPHead(8 * 49, 24),
        "box_predictor": FastRCNNPredictor(24, labels), "keypoint_head": KeypointRCNNHeads(8, (12,) * 8),
        "keypoint_predictor": KeypointRCNNPredictor(12, keypoints),
    }  # fmt: skip
    model = KeypointRCNN(slim_backbone("resnet50", 4, 8), num_keypoints=None, **settings)
    if masks:  # torchvision's heads run both branches
        model.roi_heads.mask_roi_pool = MultiScaleRoIAlign(["0", "1", "2", "3"], 14, 2)
        model.roi_heads.mask_head = MaskRCNNHeads(8, (8,) * 4, 1)
        model.roi_heads.mask_predictor = MaskRCNNPredictor(8, 8, labels)
    return model.eval()


def end_to_end_keypoints():
    """People: the file says neither their class nor their keypoints. A seed whose decisions hang by a rounding is passed over."""
    facts = {
        "min_size": 128, "max_size": 200, "anchor_sizes": SLIM_ANCHOR_SIZES, "rpn_pre_nms_top_n": 200,
        "rpn_post_nms_top_n": 150, "box_detections_per_img": 20,
    }  # fmt: skip
    for name, labels, keypoints, masks in [("keypoints", 2, 17, False), ("mask_keypoints", 5, 5, True)]:
        for seed in range(50):
            torch.manual_seed(61 + seed)
            picture = synthetic_picture(104, 141)
            model = slim_keypoint_model(labels, keypoints, masks)
            make_useful(model, picture.float() / 255, lambda name: name.endswith("bn3"), frozen=0.0)
            save_model(f"slim_{name}", model, facts)
            try:
                save_results(f"end_to_end_{name}", model, picture)
            except AssertionError as problem:
                print(f"  seed {seed}: {problem}")
                continue
            break


def image_losses():
    """What training torchvision's heads would minimise on a picture with objects, every RoI counted: none is drawn by lot.

    Objects are what the slim model finds, moved a little, some of another class; one touches the picture's corner. The
    picture is of the network's size, so that masks are not resized.
    """
    golden = Golden("image_losses")
    picture = synthetic_picture(128, 173)
    model = slim_model()
    freeze(model, 0.0)
    with safe_open(FOLDER / "slim_model.safetensors", "pt") as file:
        model.load_state_dict({name: file.get_tensor(name).float() for name in file.keys()})
    model.double()
    heads = model.roi_heads
    with torch.no_grad():
        found = model([picture.double() / 255])[0]
        boxes = (found["boxes"][::5] + torch.randint(-3, 4, (len(found["boxes"][::5]), 4))).round()
        boxes = torch.cat([boxes, torch.tensor([[140.0, 100.0, 173.0, 128.0]])])
        low, high = torch.minimum(boxes[:, :2], boxes[:, 2:] - 4), torch.maximum(boxes[:, 2:], boxes[:, :2] + 4)
        boxes = torch.cat([low, high], 1).clamp(min=0).minimum(torch.tensor([173.0, 128.0, 173.0, 128.0])).double()
        labels = torch.cat([found["labels"][::5], torch.tensor([3])])
        labels[::3] = labels[::3] % 4 + 1
        y, x = torch.meshgrid(torch.arange(128) + 0.5, torch.arange(173) + 0.5, indexing="ij")
        x0, y0, x1, y1 = (side.view(-1, 1, 1) for side in boxes.unbind(1))
        across, down = (2 * x - x0 - x1) / (x1 - x0), (2 * y - y0 - y1) / (y1 - y0)  # -1 to 1 in the box
        masks = (across**2 + down**2 <= 1.3) & (across.abs() < 1) & (down.abs() < 1)
        images = model.transform([picture.double() / 255])[0]
        features = model.backbone(images.tensors)
        proposals = model.rpn(images, features)[0]
        heads.train()
        heads.fg_bg_sampler.batch_size_per_image, heads.fg_bg_sampler.positive_fraction = 10**6, 1.0
        targets = [{"boxes": boxes, "labels": labels, "masks": masks.to(torch.uint8)}]
        terms = {}
        for aligned in False, True:  # torchvision's half-pixel shift, and without it
            roi_heads.roi_align = lambda *rest, aligned=aligned: roi_align(*rest, aligned=aligned)
            found = heads(features, proposals, images.image_sizes, targets)[1]
            terms[aligned] = torch.stack([found["loss_classifier"], found["loss_box_reg"], found["loss_mask"]])
    roi_heads.roi_align = roi_align
    golden.add("case", image=picture, boxes=boxes, labels=labels.int(), masks=packed(masks))
    golden.add("losses", integer_box=terms[False], sampled=terms[True])
    print(f"  {len(boxes)} objects, {len(proposals[0])} proposals, losses {terms[False].tolist()}, {terms[True].tolist()}")
    golden.save()


def end_to_end_v2():
    """The second version's structure: norms everywhere, two RPN convolutions, a box head of convolutions."""
    torch.manual_seed(17)
    picture = synthetic_picture(88, 117)
    facts = {
        "min_size": 96, "max_size": 160, "anchor_sizes": [[12], [24], [48], [96], [192]], "rpn_pre_nms_top_n": 100,
        "rpn_post_nms_top_n": 100, "box_detections_per_img": 30, "classes": FIVE_CLASSES,
    }  # fmt: skip
    generator = AnchorGenerator(tuple(map(tuple, facts["anchor_sizes"])), ((0.5, 1.0, 2.0),) * 5)
    model = MaskRCNN(
        slim_backbone("resnet18", 4, 16, nn.BatchNorm2d), min_size=96, max_size=160, rpn_anchor_generator=generator,
        rpn_head=RPNHead(16, 3, conv_depth=2), rpn_pre_nms_top_n_test=100, rpn_post_nms_top_n_test=100,
        box_detections_per_img=30, box_head=FastRCNNConvFCHead((16, 7, 7), [16] * 4, [24], nn.BatchNorm2d),
        box_predictor=FastRCNNPredictor(24, 5), mask_head=MaskRCNNHeads(16, (16,) * 4, 1, nn.BatchNorm2d),
        mask_predictor=MaskRCNNPredictor(16, 16, 5),
    ).eval()  # fmt: skip
    make_useful(model, picture.float() / 255, lambda name: name.endswith("bn2"), frozen=None)
    save_model("slim_v2", model, facts)
    save_results("end_to_end_v2", model, picture)


def end_to_end_resnet18():
    """As `resnet_fpn_backbone` makes it, which freezes norms with an epsilon of 1e-5; the file does not say that."""
    torch.manual_seed(23)
    picture = synthetic_picture(88, 117)
    facts = {
        "min_size": 96, "max_size": 160, "anchor_sizes": SLIM_ANCHOR_SIZES, "rpn_pre_nms_top_n": 100,
        "rpn_post_nms_top_n": 100, "box_detections_per_img": 30, "classes": FIVE_CLASSES,
    }  # fmt: skip
    generator = AnchorGenerator(SLIM_ANCHOR_SIZES, ((0.5, 1.0, 2.0),) * 5)
    model = MaskRCNN(
        slim_backbone("resnet18", 4, 16), min_size=96, max_size=160, rpn_anchor_generator=generator,
        rpn_pre_nms_top_n_test=100, rpn_post_nms_top_n_test=100, box_detections_per_img=30,
        box_head=TwoMLPHead(16 * 49, 24), box_predictor=FastRCNNPredictor(24, 5),
        mask_head=MaskRCNNHeads(16, (16,) * 4, 1), mask_predictor=MaskRCNNPredictor(16, 16, 5),
    ).eval()  # fmt: skip
    make_useful(model, picture.float() / 255, lambda name: name.endswith("bn2"), frozen=1e-5, nearly_dead=True)
    norms = [module for module in model.modules() if isinstance(module, FrozenBatchNorm2d)]
    variances = torch.cat([norm.running_var for norm in norms])
    print(f"  variances {variances.min():.2g} to {variances.max():.2g}, {(variances < 1e-5).sum()} of {len(variances)} below 1e-5")
    save_model("slim_resnet18", model, facts)
    save_results("end_to_end_resnet18", model, picture)


def end_to_end_whole():
    """A whole module, pickled, whose attributes say what no tensor does: pools, samples, sizes, thresholds, epsilon."""
    torch.manual_seed(42)
    picture = synthetic_picture(88, 117)
    generator = AnchorGenerator(SLIM_ANCHOR_SIZES, ((0.5, 1.0, 2.0),) * 5)
    levels = ["0", "1", "2", "3"]
    model = MaskRCNN(
        slim_backbone("resnet18", 4, 16), min_size=(80, 96), max_size=160, rpn_anchor_generator=generator,
        image_mean=[0.4, 0.5, 0.6], image_std=[0.2, 0.25, 0.3], rpn_pre_nms_top_n_test=90, rpn_post_nms_top_n_test=80,
        rpn_nms_thresh=0.6, rpn_score_thresh=0.2, box_score_thresh=0.1, box_nms_thresh=0.4, box_detections_per_img=25,
        box_roi_pool=MultiScaleRoIAlign(levels, 5, 3), mask_roi_pool=MultiScaleRoIAlign(levels, (20, 20), 0),
        box_head=TwoMLPHead(16 * 25, 24), box_predictor=FastRCNNPredictor(24, 5),
        mask_head=MaskRCNNHeads(16, (16,) * 4, 1), mask_predictor=MaskRCNNPredictor(16, 16, 5),
    ).eval()  # fmt: skip
    make_useful(model, picture.float() / 255, lambda name: name.endswith("bn2"), frozen=1e-3)
    for module in model.modules():
        if "SlimPyramid" in type(module).__name__ or "slim" in type(module).__module__:
            type(module).__module__ = "somebodys.networks"  # a class that no reader has heard of
    sys.modules["somebodys"] = types.ModuleType("somebodys")
    sys.modules["somebodys.networks"] = sys.modules["slim_networks"]
    torch.save({"epoch": 3, "model": model.half(), "settings": types.SimpleNamespace(lr=0.1)}, FOLDER / "checkpoints" / "whole_module.pth")
    save_results("end_to_end_whole", model, picture)


def end_to_end_mobilenet():
    """Three levels of five anchor sizes; the file says no more than torchvision's tensors and the picture's size do."""
    torch.manual_seed(30)
    picture = synthetic_picture(120, 165)
    facts = {"min_size": 160, "max_size": 256, "box_detections_per_img": 40, "classes": FIVE_CLASSES}
    generator = AnchorGenerator(((32, 64, 128, 256, 512),) * 3, ((0.5, 1.0, 2.0),) * 3)
    body = IntermediateLayerGetter(slim_mobilenet(), {"13": "0", "16": "1"})
    model = FasterRCNN(
        SlimPyramid(body, [32, 192], 16), min_size=160, max_size=256, rpn_anchor_generator=generator,
        rpn_score_thresh=0.05, box_detections_per_img=40, box_head=TwoMLPHead(16 * 49, 32), box_predictor=FastRCNNPredictor(32, 5),
    ).eval()  # fmt: skip
    weak = {f"backbone.body.{i}.block.{len(b.block) - 1}.1" for i, b in body.items() if getattr(b, "use_res_connect", False)}
    make_useful(model, picture.float() / 255, lambda name: name in weak, frozen=None)
    save_model("slim_mobilenet", model, facts)
    save_results("end_to_end_mobilenet", model, picture)


def is_decided(model, picture):
    """Whether float and double find the same to the pixel."""
    with torch.no_grad():
        one, other = (model.to(dtype)([picture.to(dtype) / 255])[0] for dtype in (torch.float32, torch.float64))
    model.float()
    masks = [result["masks"][:, 0] >= 0.5 for result in (one, other)]
    scores = other["scores"]
    return torch.equal(one["labels"], other["labels"]) and torch.equal(*masks) and (scores[:-1] - scores[1:]).min() > 1e-5


def small_model(name, build, weak, **facts):
    """A Mask R-CNN on somebody's backbone, whose norms are not frozen."""
    facts |= {
        "min_size": 96, "max_size": 160, "anchor_sizes": SLIM_ANCHOR_SIZES, "rpn_pre_nms_top_n": 100,
        "rpn_post_nms_top_n": 100, "box_detections_per_img": 30, "classes": FIVE_CLASSES,
    }  # fmt: skip
    for seed in range(40, 140):
        torch.manual_seed(seed)
        picture = synthetic_picture(88, 117)
        model = MaskRCNN(
            build(), min_size=96, max_size=160, rpn_pre_nms_top_n_test=100, rpn_post_nms_top_n_test=100,
            rpn_anchor_generator=AnchorGenerator(SLIM_ANCHOR_SIZES, ((0.5, 1.0, 2.0),) * 5), box_detections_per_img=30,
            box_head=TwoMLPHead(16 * 49, 24), box_predictor=FastRCNNPredictor(24, 5),
            mask_head=MaskRCNNHeads(16, (16,) * 4, 1), mask_predictor=MaskRCNNPredictor(16, 16, 5),
        ).eval()  # fmt: skip
        make_useful(model, picture.float() / 255, weak, frozen=None)
        if is_decided(model, picture):
            break
    save_model(f"slim_{name}", model, facts)
    save_results(f"end_to_end_{name}", model, picture)


def end_to_end_group_norm():
    """`norm_layer=GroupNorm`, as `resnet_fpn_backbone` takes it."""
    def norm(channels):
        return nn.GroupNorm(4, channels)

    def build():
        return SlimPyramid(slim_body("resnet18", 4, norm), [4, 8, 16, 32], 16, norm)

    small_model("group_norm", build, lambda name: name.endswith("bn2"), group_norm_groups=4)


def end_to_end_regnet():
    """The stages of torchvision's RegNet Y under a pyramid, taken out of its trunk, where a getter finds them."""
    def build():
        network = slim_regnet(0.25)
        stages = nn.Sequential(OrderedDict([("stem", network.stem), *network.trunk_output.named_children()]))
        body = IntermediateLayerGetter(stages, {f"block{i + 1}": str(i) for i in range(4)})
        return SlimPyramid(body, [8, 24, 32, 48], 16)

    small_model("regnet", build, lambda name: name.endswith("f.c.1"))


def bundled():
    """The model that comes with the examples, on a part of one of its pictures."""
    examples = FOLDER.parents[1] / "examples"
    sys.path.insert(0, str(examples / "train"))
    from model import build_from

    with safe_open(examples / "models" / "nuclei.safetensors", "pt") as file:
        model = build_from({name: file.get_tensor(name) for name in file.keys()}, file.metadata(), box_score_thresh=0.3, min_size=192)  # as large as in whole pictures
    whole = numpy.array(Image.open(examples / "images" / "nuclei_fluorescence.png").convert("RGB"))
    picture = torch.from_numpy(whole[60:156, 40:160]).permute(2, 0, 1).contiguous()
    golden = Golden("bundled_model")
    with torch.no_grad():
        result = model([picture.float() / 255])[0]
    masks = result["masks"][:, 0] >= 0.5
    golden.add(
        "case", image=picture, boxes=result["boxes"], scores=result["scores"], labels=result["labels"].int(),
        masks=packed(masks)
    )
    print(f"  {len(masks)} nuclei, scores {result['scores'].min():.3f} to {result['scores'].max():.3f}")
    golden.save()
