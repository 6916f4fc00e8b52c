"""Golden files of the stages, but for those that read regions of interest."""

import math

import torch
from torch import nn
from torch.nn import functional
from torchvision.models._utils import IntermediateLayerGetter
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNConvFCHead, FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.keypoint_rcnn import KeypointRCNNHeads, KeypointRCNNPredictor
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.roi_heads import (
    RoIHeads, expand_boxes, fastrcnn_loss, heatmaps_to_keypoints, maskrcnn_inference, paste_masks_in_image
)  # fmt: skip
from torchvision.models.detection.rpn import RPNHead, RegionProposalNetwork
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.models.resnet import BasicBlock, Bottleneck
from torchvision.ops.feature_pyramid_network import FeaturePyramidNetwork, LastLevelMaxPool

from golden_file import Golden, boxes_in, in_halves, lively, packed, random
from slim_networks import slim_body, slim_mobilenet


def preprocess():
    golden = Golden("preprocess")
    mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    for i, (height, width) in enumerate([(17, 23), (90, 64), (20, 77), (30, 30), (1, 1), (1, 9), (41, 200), (33, 48)]):
        image = torch.randint(256, (3, height, width), dtype=torch.uint8)
        transform = GeneralizedRCNNTransform(30, 50, mean, std)
        images, _ = transform([image.float() / 255])
        doubles, _ = transform([image.double() / 255])
        assert images.image_sizes == doubles.image_sizes
        golden.add(
            f"case{i}", image=image, output=doubles.tensors,
            resized=list(images.image_sizes[0]), padded=list(images.tensors.shape[2:])
        )
    sizes = [(480, 640), (333, 500), (640, 426), (427, 640), (375, 500), (425, 640), (720, 1280), (612, 612), (200, 900)]
    sizes += [(torch.randint(30, 900, ()).item(), torch.randint(30, 900, ()).item()) for _ in range(40)]
    rows = []
    transform = GeneralizedRCNNTransform(800, 1333, mean, std)
    for height, width in sizes:
        images, _ = transform([torch.zeros(3, height, width)])
        rows.append([height, width, *images.image_sizes[0], *images.tensors.shape[2:]])
    golden.add("sizes", table=rows)
    golden.save()


def resnet():
    golden = Golden("resnet")
    for name, width in {"resnet18": 5, "resnet34": 2, "resnet50": 3, "resnet101": 2}.items():
        body = lively(slim_body(name, width))
        for child in body.modules():  # residual branches weaker than shortcuts, or 33 blocks explode
            if isinstance(child, (BasicBlock, Bottleneck)):
                last = child.bn3 if isinstance(child, Bottleneck) else child.bn2
                with torch.no_grad():
                    last.weight.mul_(0.5)
        in_halves(body)
        x = random(1, 3, 64, 80)
        golden.add_module(name, body)
        golden.add(name, input=x, **{f"c{int(key) + 2}": value for key, value in body(x).items()})
    golden.save()


def mobilenet_v3():
    golden = Golden("mobilenet_v3")
    # 13 and 16: what torchvision's extractor gives to the pyramid
    net = lively(IntermediateLayerGetter(slim_mobilenet(), {"13": "c4", "16": "c5"}))
    x = random(1, 3, 64, 96).half().double()
    golden.add_module("large", net)
    golden.add("large", input=x.half(), **net(x))
    golden.save()


def fpn():
    golden = Golden("fpn")
    for name, norm, sizes in [
        ("plain", None, [(24, 20), (12, 10), (6, 5), (3, 3)]),
        ("odd", None, [(25, 19), (13, 10), (7, 5), (3, 2)]),
        ("normed", nn.BatchNorm2d, [(8, 16), (4, 8), (2, 4), (1, 2)]),
    ]:
        channels = [6, 9, 12, 17]
        net = lively(FeaturePyramidNetwork(channels, 10, LastLevelMaxPool(), norm_layer=norm))
        maps = {f"c{i + 2}": random(1, c, *size) for i, (c, size) in enumerate(zip(channels, sizes))}
        golden.add_module(name, net)
        golden.add(name, **maps, **{f"p{i + 2}": value for i, value in enumerate(net(maps).values())})
    golden.save()


def anchors():
    """Exact. Small inputs whole; a large one by samples."""
    golden = Golden("anchors")
    for name, padded, sizes, ratios in [
        ("small", (96, 160), [[32], [64], [128], [256], [512]], [[0.5, 1.0, 2.0]] * 5),
        ("nuclei", (64, 64), [[8], [16], [32], [64], [128]], [[0.5, 1.0, 2.0]] * 5),
        ("several", (64, 96), [[32, 48]] * 5, [[0.3, 1.0, 1.7]] * 5),
        ("large", (800, 1088), [[32], [64], [128], [256], [512]], [[0.5, 1.0, 2.0]] * 5),
        ("portrait", (1344, 800), [[32], [64], [128], [256], [512]], [[0.5, 1.0, 2.0]] * 5),
    ]:
        generator = AnchorGenerator(tuple(map(tuple, sizes)), tuple(map(tuple, ratios)))
        grids = [(padded[0] // 4, padded[1] // 4)]
        for _ in range(4):
            grids.append(((grids[-1][0] + 1) // 2, (grids[-1][1] + 1) // 2))
        features = [torch.zeros(1, 1, *grid) for grid in grids]
        every = generator(ImageList(torch.zeros(1, 3, *padded), [padded]), features)[0]
        golden.add(name, padded=list(padded), grids=[list(grid) for grid in grids])
        golden.add(name, sizes=torch.tensor(sizes).double(), ratios=torch.tensor(ratios).double())
        begin = 0
        for level, (height, width) in enumerate(grids):
            count = height * width * generator.num_anchors_per_location()[level]
            mine = every[begin : begin + count]
            begin += count
            picked = torch.arange(count) if count <= 500 else torch.randperm(count)[:200].sort().values
            picked[-1] = count - 1
            golden.add(name, **{f"picked{level}": picked, f"anchors{level}": mine[picked]})
        assert begin == len(every)
    golden.save()


def rpn():
    golden = Golden("rpn")
    padded, resized = (160, 192), (150, 181)
    grids = [(40, 48), (20, 24), (10, 12), (5, 6), (3, 3)]
    sizes = [[16], [32], [64], [128], [256]]
    generator = AnchorGenerator(tuple(map(tuple, sizes)), ((0.5, 1.0, 2.0),) * 5)
    anchors_of = lambda features: generator(ImageList(torch.zeros(1, 3, *padded), [resized]), features)[0]  # noqa: E731

    # selection alone: given logits and deltas, in float
    for name, before, after in [("few", 90, 50), ("many", 450, 1000)]:
        network = RegionProposalNetwork(
            generator, None, 0.5, 0.5, 1, 0.5,
            {"training": before, "testing": before}, {"training": after, "testing": after}, 0.7
        ).eval()
        count = [3 * height * width for height, width in grids]
        logits = torch.randn(1, sum(count)) * 2
        deltas = (torch.randn(sum(count), 4) * 0.4).half().float()
        deltas[::50, 2] = -20.0  # vanishing boxes
        every = anchors_of([torch.zeros(1, 1, *grid) for grid in grids])
        proposals = network.box_coder.decode(deltas, [every]).view(1, -1, 4)
        kept, scores = network.filter_proposals(proposals, logits, [resized], count)
        golden.add(name, logits=logits[0], deltas=deltas.half(), proposals=kept[0], scores=scores[0], limits=[before, after])

    # the whole stage, one and two convolutions
    for name, depth in [("head1", 1), ("head2", 2)]:
        head = RPNHead(8, 3, depth)
        for layer in head.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.normal_(layer.weight, std=1 / math.sqrt(8 * layer.kernel_size[0] ** 2))
        head = lively(head)
        network = RegionProposalNetwork(
            generator, head, 0.5, 0.5, 1, 0.5, {"training": 60, "testing": 60}, {"training": 80, "testing": 80}, 0.7
        ).double().eval()
        features = [random(1, 8, *grid) for grid in [(20, 24), (10, 12), (5, 6), (3, 3), (2, 2)]]
        half = lambda size: (size[0] // 2, size[1] // 2)  # noqa: E731
        images = ImageList(torch.zeros(1, 3, *half(padded), dtype=torch.float64), [half(resized)])
        proposals, _ = network(images, {str(i): f for i, f in enumerate(features)})
        objectness, regression = head(features)
        golden.add_module(name, head)
        golden.add_module(f"stage_{name}.head", head)  # where a model has it
        golden.add(name, proposals=proposals[0], **{f"features{i}": f for i, f in enumerate(features)})
        golden.add(name, logits0=objectness[0], deltas0=regression[0])
    golden.add("grid", padded=list(padded), resized=list(resized), sizes=torch.tensor(sizes).double())
    golden.save()


def box_head():
    golden = Golden("box_head")
    # the network
    net = lively(nn.ModuleDict({"box_head": TwoMLPHead(6 * 49, 24), "box_predictor": FastRCNNPredictor(24, 5)}))
    pooled = random(9, 6, 7, 7)
    logits, deltas = net["box_predictor"](net["box_head"](pooled))
    golden.add_module("net", net)
    golden.add("net", input=pooled, logits=logits, deltas=deltas)
    # the selection, in float: order and labels are exact
    for name, count, classes, limit in [("few", 60, 5, 40), ("many", 450, 6, 100), ("none", 5, 4, 100)]:
        heads = RoIHeads(None, None, None, 0.5, 0.5, 1, 0.25, None, 0.05, 0.5, limit)
        image = (240, 320)
        proposals = boxes_in(count, *image, 4, 200).clamp(min=0)
        logits, deltas = torch.randn(count, classes) * 1.5, torch.randn(count, 4 * classes)
        if name == "none":
            logits[:, 0] += 50
        boxes, scores, labels = heads.postprocess_detections(logits, deltas, [proposals], [image])
        golden.add(
            name, proposals=proposals, logits=logits, deltas=deltas, image=list(image), limit=[limit],
            boxes=boxes[0], scores=scores[0], labels=labels[0].int()
        )
    golden.save()


def conv_box_head():
    """Heads of 2 convolutions with norm and 1 fully connected layer, of 1 with bias and 2, of none and 3."""
    golden = Golden("conv_box_head")
    for name, convs, layers, norm in [
        ("normed", [16, 16], [20], nn.BatchNorm2d), ("biased", [9], [12, 15], None), ("flat", [], [7, 8, 9], None)
    ]:  # fmt: skip
        head = FastRCNNConvFCHead((16, 7, 7), convs, layers, norm)
        net = lively(nn.ModuleDict({"box_head": head, "box_predictor": FastRCNNPredictor(layers[-1], 4)}))
        pooled = random(5, 16, 7, 7)
        logits, deltas = net["box_predictor"](net["box_head"](pooled))
        golden.add_module(name, net)
        golden.add(name, input=pooled, logits=logits, deltas=deltas)
    golden.save()


def mask_head():
    golden = Golden("mask_head")
    for name, classes, depth in [("classes", 5, 4), ("agnostic", 1, 4), ("shallow", 5, 0)]:
        width = 8 if depth else 6
        net = nn.ModuleDict({"mask_predictor": MaskRCNNPredictor(width, 9, classes)})
        if depth:
            net["mask_head"] = MaskRCNNHeads(6, [8] * depth, 1)
        net = lively(net)
        pooled, labels = random(5, 6, 14, 14), torch.tensor([1, 4, 2, 1, 3])
        logits = net["mask_predictor"](net["mask_head"](pooled) if depth else pooled) * 1.0
        if classes > 1:
            probabilities = maskrcnn_inference(logits, [labels])[0][:, 0]
        else:
            probabilities = logits.sigmoid()[:, 0]
        golden.add_module(name, net)
        golden.add(name, input=pooled, labels=labels.int(), output=probabilities)
    golden.save()


def keypoint_head():
    golden = Golden("keypoint_head")
    for name, depth, keypoints in [("deep", 8, 17), ("shallow", 1, 2)]:
        net = lively(nn.ModuleDict({
            "keypoint_head": KeypointRCNNHeads(6, (8,) * depth), "keypoint_predictor": KeypointRCNNPredictor(8, keypoints)
        }))  # fmt: skip
        pooled = random(2, 6, 7, 7)
        golden.add_module(name, net)
        golden.add(name, input=pooled, output=net["keypoint_predictor"](net["keypoint_head"](pooled)))
    golden.save()


def keypoint_boxes():
    """Boxes whose heatmaps of 28 x 28 are enlarged, reduced, copied, of less than a pixel, of no pixel, beyond the picture."""
    boxes = [
        [10.0, 10.0, 40.0, 50.0], [10.3, 20.7, 33.9, 25.2], [-12.5, -7.25, 200.0, 130.0], [5.0, 7.0, 33.0, 35.0],
        [5.25, 7.5, 33.25, 35.5], [5.0, 7.0, 19.0, 21.0], [5.0, 7.0, 61.0, 63.0], [30.4, 30.4, 30.6, 30.6],
        [30.4, 30.4, 30.4, 30.4], [30.0, 30.0, 31.0, 31.0], [3.0, 3.0, 4.0, 150.0], [3.0, 3.0, 150.0, 3.5],
        [0.0, 0.0, 83.0, 60.0], [60.0, 40.0, 120.00001, 90.99999], [0.1, 0.2, 1.3, 2.4], [-0.9, -0.9, 0.4, 0.4],
    ]  # fmt: skip
    return torch.cat([torch.tensor(boxes), boxes_in(14, 200, 300, 1, 200)])


def keypoint_decoding():
    """Exact: which pixel is the keypoint; made in float. The first maps have ties that are none but for their order: sizes 28,
    14 and 56 have weights of few bits."""
    golden = Golden("keypoint_decoding")
    boxes = keypoint_boxes()
    coarse = functional.interpolate(torch.randn(len(boxes), 2, 9, 9), size=(28, 28), mode="bicubic")
    maps = (coarse * 4).half().float()
    maps[3:7, 0] = 0  # all are the largest
    maps[3:7, 1] = torch.randint(0, 2, (4, 28, 28)).float()
    golden.add("case", boxes=boxes, maps=maps.half())
    found, scores = heatmaps_to_keypoints(maps, boxes)
    golden.add("float", keypoints=torch.cat([found[..., :2], scores[..., None]], 2))
    found, scores = heatmaps_to_keypoints(maps.double(), boxes.double())
    golden.add("double", keypoints=torch.cat([found[..., :2], scores[..., None]], 2))
    golden.save()


def awkward_boxes(height, width):
    """Boxes to paste masks into: whole and broken, thin, tiny, over the edges of a picture of 60 x 83; and 20 others."""
    boxes = torch.tensor([
        [10.0, 10.0, 40.0, 50.0], [10.3, 20.7, 33.9, 25.2], [-12.5, -7.25, 20.0, 30.0], [60.0, 40.0, 120.0, 90.0],
        [30.0, 30.0, 31.0, 31.0], [30.4, 30.4, 30.6, 30.6], [0.0, 0.0, 83.0, 60.0], [82.2, 59.3, 83.0, 60.0],
        [-0.9, -0.9, 0.4, 0.4], [5.5, 5.5, 6.5, 55.5], [5.0, 58.0, 80.0, 60.0], [-100.0, 10.0, 300.0, 20.0],
    ])  # fmt: skip
    return torch.cat([boxes, boxes_in(20, height, width, 1, 70)])


def paste():
    """Exact: where each mask goes, and which of its pixels are at least one half; float."""
    golden = Golden("paste_masks")
    image = (60, 83)
    boxes = awkward_boxes(*image)
    coarse = functional.interpolate(torch.rand(len(boxes), 1, 6, 6), size=(28, 28), mode="bilinear")
    masks = (coarse * 3 - 1).clamp(0, 1).half().float()
    pasted = paste_masks_in_image(masks, boxes, image) >= 0.5
    scale = 30 / 28
    corners = expand_boxes(boxes, scale).to(torch.int64)
    golden.add(
        "case", boxes=boxes, masks=masks[:, 0].half(), image=list(image), corners=corners,
        pasted=packed(pasted[:, 0])
    )
    golden.save()


def losses():
    golden = Golden("losses")
    logits, labels = random(30, 6) * 4, torch.randint(6, (30,))
    deltas, targets = random(30, 24), random(30, 4)
    classification, regression = fastrcnn_loss(logits, deltas, [labels], [targets])
    mask_logits, mask_targets = random(8, 6, 7, 7) * 3, (torch.rand(8, 7, 7) > 0.5).double()
    mask_logits[0], mask_logits[1] = 200.0, -200.0  # saturated, right and wrong
    mask_labels = torch.randint(1, 6, (8,))
    mask = functional.binary_cross_entropy_with_logits(mask_logits[torch.arange(8), mask_labels], mask_targets)
    golden.add("box", logits=logits, labels=labels.int(), deltas=deltas, targets=targets)
    golden.add("mask", logits=mask_logits, labels=mask_labels.int(), targets=mask_targets)
    golden.add("loss", terms=torch.stack([classification, regression, mask]))
    golden.save()
