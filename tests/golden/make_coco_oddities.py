#!/usr/bin/env python3
"""Writes COCO files with everything odd that programs are known to write, and what pycocotools makes of them, for
tests/evaluate/coco_oddities.cpp.

    python3 tests/golden/make_coco_oddities.py [--show]      # needs pycocotools 2.0.11 and numpy

Each line of coco/oddities.jsonl: a name, the texts of the two files, and for boxes and masks COCO's twelve numbers or,
where pycocotools gives none, what it raises. What `RIGHT` lists is what pycocotools confuses, and scores wrongly without a
word; the numbers there are those of the files as they are meant. `--show` prints them and writes nothing.
"""

import copy
import json
import sys
import tempfile
from pathlib import Path

import numpy
from pycocotools import mask as coco_mask

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "parity"))
from coco_evaluation import measure_numbers  # noqa: E402

HEIGHT, WIDTH = 40, 60


def rectangle(x, y, width, height):
    return [x, y, x + width, y, x + width, y + height, x, y + height]


def run_lengths(polygon, height=HEIGHT, width=WIDTH):
    rle = coco_mask.merge(coco_mask.frPyObjects([polygon], height, width))
    return {"size": [height, width], "counts": rle["counts"].decode("ascii")}


def plain_counts(polygon):
    flat = coco_mask.decode(run_lengths(polygon)).reshape(-1, order="F")
    borders = numpy.flatnonzero(numpy.diff(flat)) + 1
    counts = numpy.diff(numpy.concatenate([[0], borders, [flat.size]])).tolist()
    return ([0] if flat[0] else []) + counts


def base():
    """Three images, one of them without objects, and three categories, one of them never seen."""
    boxes = [(10, 1, 3.5, 4.25, 20, 12), (10, 90, 30, 20, 14.5, 15), (10, 1, 40.25, 2, 9, 30), (20, 90, 1, 1, 30, 30),
             (20, 1, 35, 5, 20, 8), (20, 1, 33, 22, 12, 12.75)]
    shifts = [(0.5, -0.25), (2, 1), (-3, 0), (0, 0), (1, 1.5), (6, 0)]
    scores = [0.9, 0.35, 0.6, 0.75, 0.5, 0.8]
    truth = {"images": [{"id": i, "file_name": f"p{i}.png", "width": WIDTH, "height": HEIGHT} for i in (10, 20, 30)],
             "annotations": [], "categories": [{"id": 1, "name": "a"}, {"id": 90, "name": "b"}, {"id": 7, "name": "c"}]}
    results = []
    for i, ((image, category, x, y, w, h), (dx, dy), score) in enumerate(zip(boxes, shifts, scores)):
        truth["annotations"].append({"id": i + 1, "image_id": image, "category_id": category, "bbox": [x, y, w, h],
                                     "area": w * h, "iscrowd": 0, "segmentation": [rectangle(x, y, w, h)]})
        results.append({"image_id": image, "category_id": category, "bbox": [x + dx, y + dy, w, h], "score": score,
                        "segmentation": run_lengths(rectangle(x + dx, y + dy, w, h))})
    results.append({"image_id": 30, "category_id": 1, "bbox": [1, 1, 5, 5], "score": 0.2,
                    "segmentation": run_lengths(rectangle(1, 1, 5, 5))})
    return truth, results


CASES = {}


def case(change):
    """A function that changes both files in place, or returns what to put in their place."""
    CASES[change.__name__] = change
    return change


def each(entries, key, change):
    for entry in entries:
        entry[key] = change(entry[key])


def every_id(truth, results, key, change):
    each(truth["images" if key == "image_id" else "categories"], "id", change)
    each(truth["annotations"], key, change)
    each(results, key, change)


# ---- ids --------------------------------------------------------------------------------------------------------------


@case
def as_it_should_be(truth, results):
    pass


@case
def image_ids_are_texts(truth, results):
    every_id(truth, results, "image_id", str)


@case
def image_ids_are_names(truth, results):
    every_id(truth, results, "image_id", lambda value: f"img_{value:03}")


@case
def category_ids_are_texts(truth, results):
    every_id(truth, results, "category_id", str)


@case
def category_ids_are_names(truth, results):
    every_id(truth, results, "category_id", lambda value: f"thing {value}")


@case
def annotation_ids_are_texts(truth, results):
    each(truth["annotations"], "id", str)


@case
def annotation_ids_are_names(truth, results):
    each(truth["annotations"], "id", lambda value: f"a{value}")


@case
def annotation_ids_are_huge(truth, results):
    each(truth["annotations"], "id", lambda value: 2**64 + 2**40 * value)


@case
def all_ids_are_texts(truth, results):
    every_id(truth, results, "image_id", str)
    every_id(truth, results, "category_id", str)
    each(truth["annotations"], "id", str)


@case
def ids_are_floats(truth, results):
    every_id(truth, results, "image_id", float)
    every_id(truth, results, "category_id", float)
    each(truth["annotations"], "id", float)


@case
def ids_of_results_are_floats(truth, results):
    each(results, "image_id", float)
    each(results, "category_id", float)


@case
def image_ids_of_results_are_texts(truth, results):
    each(results, "image_id", str)


@case
def image_ids_of_images_are_texts(truth, results):
    each(truth["images"], "id", str)


@case
def image_ids_of_annotations_are_texts(truth, results):
    each(truth["annotations"], "image_id", str)


@case
def category_ids_of_results_are_texts(truth, results):
    each(results, "category_id", str)


@case
def category_ids_of_categories_are_texts(truth, results):
    each(truth["categories"], "id", str)


@case
def some_image_ids_are_texts(truth, results):
    every_id(truth, results, "image_id", lambda value: "10" if value == 10 else value)


@case
def category_ids_begin_at_0(truth, results):
    every_id(truth, results, "category_id", lambda value: {1: 0, 7: 1, 90: 2}[value])


@case
def image_ids_begin_at_0_and_below(truth, results):
    every_id(truth, results, "image_id", lambda value: {10: 0, 20: -1, 30: -7}[value])


@case
def annotation_ids_begin_at_0(truth, results):
    each(truth["annotations"], "id", lambda value: value - 1)


@case
def annotation_without_id(truth, results):
    del truth["annotations"][1]["id"]


@case
def annotation_id_twice_with_the_same_object(truth, results):
    truth["annotations"].append(copy.deepcopy(truth["annotations"][2]))


@case
def annotation_id_twice(truth, results):
    truth["annotations"][2]["id"] = 2


@case
def annotation_ids_begin_anew_in_each_image(truth, results):
    for i, annotation in enumerate(truth["annotations"]):
        annotation["id"] = i % 3 + 1


@case
def image_twice(truth, results):
    truth["images"].append(copy.deepcopy(truth["images"][0]))


@case
def image_twice_with_another_size(truth, results):
    truth["images"].insert(0, {**truth["images"][0], "width": 20, "height": 20})


@case
def category_twice(truth, results):
    truth["categories"].append({"id": 1, "name": "again"})


@case
def annotations_of_no_image(truth, results):
    truth["annotations"] += [{**copy.deepcopy(truth["annotations"][i]), "id": 100 + i, "image_id": 77} for i in range(3)]


@case
def annotations_of_no_category(truth, results):
    truth["annotations"] += [{**copy.deepcopy(truth["annotations"][i]), "id": 100 + i, "category_id": 77} for i in range(3)]


@case
def annotations_of_null(truth, results):
    truth["annotations"].append({**copy.deepcopy(truth["annotations"][0]), "id": 100, "image_id": None})
    truth["annotations"].append({**copy.deepcopy(truth["annotations"][0]), "id": 101, "category_id": None})


@case
def annotations_of_no_image_that_make_no_sense(truth, results):
    truth["annotations"].append({"id": 100, "image_id": 77, "category_id": 1, "segmentation": "?", "bbox": None})


@case
def results_of_no_image(truth, results):
    results.append({**results[0], "image_id": 77})


@case
def results_of_no_category(truth, results):
    results.append({**results[0], "category_id": 77})


@case
def results_of_categories_by_name(truth, results):
    names = {1: (0, "a"), 90: (1, "b")}
    for result in results:
        result["category_id"], result["category_name"] = names[result["category_id"]]


@case
def results_of_the_only_category_as_0(truth, results):
    truth["categories"] = truth["categories"][:1]
    truth["annotations"] = [a for a in truth["annotations"] if a["category_id"] == 1]
    each(results, "category_id", lambda value: 0)


@case
def all_results_of_no_category(truth, results):
    each(results, "category_id", lambda value: value + 1000)


# ---- sizes ------------------------------------------------------------------------------------------------------------


@case
def image_sizes_are_floats(truth, results):
    each(truth["images"], "width", float)
    each(truth["images"], "height", float)


@case
def image_sizes_have_fractions(truth, results):
    each(truth["images"], "width", lambda value: value + 0.5)


@case
def image_sizes_are_texts(truth, results):
    each(truth["images"], "width", str)


@case
def images_without_sizes_polygons(truth, results):
    for image in truth["images"]:
        del image["width"], image["height"]


@case
def images_without_sizes_run_lengths(truth, results):
    images_without_sizes_polygons(truth, results)
    for annotation in truth["annotations"]:
        annotation["segmentation"] = run_lengths(annotation["segmentation"][0])


@case
def images_without_sizes_boxes_alone(truth, results):
    images_without_sizes_polygons(truth, results)
    boxes_alone(truth, results)


@case
def image_sizes_are_null_boxes_alone(truth, results):
    for image in truth["images"]:
        image["width"] = image["height"] = None
    boxes_alone(truth, results)


@case
def images_of_swapped_sizes(truth, results):
    for image in truth["images"]:
        image["width"], image["height"] = HEIGHT, WIDTH
    for annotation in truth["annotations"]:
        annotation["segmentation"] = run_lengths(annotation["segmentation"][0])


@case
def image_sizes_are_0_boxes_alone(truth, results):
    for image in truth["images"]:
        image["width"] = image["height"] = 0
    boxes_alone(truth, results)


@case
def masks_of_swapped_sizes(truth, results):
    for entry in truth["annotations"]:
        x, y, w, h = entry["bbox"]
        entry["segmentation"] = run_lengths(rectangle(x, y, w, h), WIDTH, HEIGHT)
    for entry in results:
        x, y, w, h = entry["bbox"]
        entry["segmentation"] = run_lengths(rectangle(x, y, w, h), WIDTH, HEIGHT)


@case
def one_mask_of_another_size(truth, results):
    x, y, w, h = results[0]["bbox"]
    results[0]["segmentation"] = run_lengths(rectangle(x, y, w, h), WIDTH, HEIGHT)


@case
def run_lengths_of_float_sizes(truth, results):
    for entry in results:
        entry["segmentation"]["size"] = [float(v) for v in entry["segmentation"]["size"]]


# ---- masks ------------------------------------------------------------------------------------------------------------


@case
def run_lengths_as_numbers(truth, results):
    for annotation in truth["annotations"]:
        annotation["segmentation"] = {"size": [HEIGHT, WIDTH], "counts": plain_counts(annotation["segmentation"][0])}


@case
def run_lengths_as_floats(truth, results):
    for annotation in truth["annotations"]:
        counts = [float(v) for v in plain_counts(annotation["segmentation"][0])]
        annotation["segmentation"] = {"size": [HEIGHT, WIDTH], "counts": counts}


@case
def run_lengths_in_a_list(truth, results):
    for annotation in truth["annotations"]:
        annotation["segmentation"] = [{"size": [HEIGHT, WIDTH], "counts": plain_counts(annotation["segmentation"][0])}]


@case
def run_lengths_of_nothing(truth, results):
    results[0]["segmentation"] = {"size": [HEIGHT, WIDTH], "counts": ""}


@case
def run_lengths_of_no_pixel(truth, results):
    results[0]["segmentation"] = {"size": [HEIGHT, WIDTH], "counts": run_lengths([0, 0, 0, 0, 0, 0])["counts"]}


@case
def point_beside_polygon(truth, results):
    truth["annotations"][0]["segmentation"].append([5, 5])


@case
def line_beside_polygon(truth, results):
    truth["annotations"][0]["segmentation"].append([5, 5, 36, 25])


@case
def empty_polygon_beside_polygon(truth, results):
    truth["annotations"][0]["segmentation"].append([])


@case
def odd_coordinate(truth, results):
    truth["annotations"][0]["segmentation"][0].append(55)


@case
def odd_coordinates_beside_polygon(truth, results):
    truth["annotations"][0]["segmentation"] += [[30, 30, 40, 30, 40, 36, 1], [1], [2, 3, 4]]


@case
def two_points_and_a_half_alone(truth, results):
    truth["annotations"][0]["segmentation"] = [[5, 5, 36, 25, 7]]


@case
def line_alone(truth, results):
    truth["annotations"][0]["segmentation"] = [[3, 4, 20, 12]]


@case
def two_lines_alone(truth, results):
    truth["annotations"][0]["segmentation"] = [[3, 4, 20, 12], [23, 5, 4, 4]]


@case
def line_before_polygon(truth, results):
    truth["annotations"][0]["segmentation"].insert(0, [5, 5, 36, 25])


@case
def point_alone(truth, results):
    truth["annotations"][0]["segmentation"] = [[5, 5]]


@case
def point_before_polygon(truth, results):
    truth["annotations"][0]["segmentation"].insert(0, [5, 5])


@case
def empty_polygon_alone(truth, results):
    truth["annotations"][0]["segmentation"] = [[]]


@case
def polygon_without_list(truth, results):
    truth["annotations"][0]["segmentation"] = truth["annotations"][0]["segmentation"][0]


@case
def four_numbers_without_list(truth, results):
    truth["annotations"][0]["segmentation"] = [3, 4, 20, 12]


@case
def polygon_of_pairs(truth, results):
    x, y, w, h = truth["annotations"][0]["bbox"]
    truth["annotations"][0]["segmentation"] = [[[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]]]


@case
def polygon_of_texts(truth, results):
    truth["annotations"][0]["segmentation"] = [[str(v) for v in truth["annotations"][0]["segmentation"][0]]]


@case
def no_segmentation(truth, results):
    del truth["annotations"][1]["segmentation"]


@case
def null_segmentation(truth, results):
    truth["annotations"][1]["segmentation"] = None


@case
def empty_segmentation(truth, results):
    truth["annotations"][1]["segmentation"] = []


@case
def results_as_polygons(truth, results):
    for result in results:
        result["segmentation"] = [rectangle(*result["bbox"])]


@case
def boxes_alone(truth, results):
    for entry in truth["annotations"] + results:
        entry.pop("segmentation", None)


@case
def results_of_boxes_alone(truth, results):
    for result in results:
        del result["segmentation"]


@case
def results_some_without_masks(truth, results):
    del results[1]["segmentation"], results[3]["segmentation"]


@case
def results_first_without_mask(truth, results):
    del results[0]["segmentation"]


@case
def results_one_empty_mask(truth, results):
    results[1]["segmentation"] = []


@case
def results_of_masks_alone(truth, results):
    for result in results:
        del result["bbox"]


@case
def results_of_masks_and_empty_boxes(truth, results):
    for result in results:
        result["bbox"] = []


# ---- boxes, areas, crowds ---------------------------------------------------------------------------------------------


@case
def boxes_of_negative_sizes(truth, results):
    for entry in (truth["annotations"][0], results[2]):
        x, y, w, h = entry["bbox"]
        entry["bbox"] = [x + w, y, -w, h]
    x, y, w, h = results[3]["bbox"]
    results[3]["bbox"] = [x + w, y + h, -w, -h]


@case
def boxes_without_size(truth, results):
    truth["annotations"][0]["bbox"][2] = 0
    results[3]["bbox"][3] = 0


@case
def annotation_without_box(truth, results):
    del truth["annotations"][1]["bbox"]


@case
def annotation_with_empty_box(truth, results):
    truth["annotations"][1]["bbox"] = []


@case
def boxes_of_texts(truth, results):
    truth["annotations"][1]["bbox"] = [str(v) for v in truth["annotations"][1]["bbox"]]


@case
def box_of_corners_as_record(truth, results):
    truth["annotations"][1]["bbox"] = {"x": 1, "y": 2, "width": 3, "height": 4}


@case
def without_area(truth, results):
    for annotation in truth["annotations"]:
        del annotation["area"]


@case
def areas_are_null(truth, results):
    each(truth["annotations"], "area", lambda value: None)


@case
def areas_are_0(truth, results):
    each(truth["annotations"], "area", lambda value: 0)


@case
def areas_are_negative(truth, results):
    each(truth["annotations"][:2], "area", lambda value: -value)


@case
def areas_are_beyond_all(truth, results):
    each(truth["annotations"][:2], "area", lambda value: 1e11)


@case
def areas_are_texts(truth, results):
    each(truth["annotations"], "area", str)


@case
def areas_are_nan(truth, results):
    each(truth["annotations"][:3], "area", lambda value: float("nan"))


@case
def areas_are_infinite(truth, results):
    each(truth["annotations"][:3], "area", lambda value: float("inf"))


@case
def without_iscrowd(truth, results):
    for annotation in truth["annotations"]:
        del annotation["iscrowd"]


@case
def iscrowd_is_null(truth, results):
    each(truth["annotations"][:2], "iscrowd", lambda value: None)


@case
def iscrowd_is_true_or_false(truth, results):
    each(truth["annotations"], "iscrowd", bool)
    truth["annotations"][0]["iscrowd"] = True


@case
def iscrowd_is_a_text(truth, results):
    truth["annotations"][0]["iscrowd"] = "0"


@case
def iscrowd_is_2(truth, results):
    truth["annotations"][0]["iscrowd"] = 2


@case
def iscrowd_is_a_float(truth, results):
    truth["annotations"][0]["iscrowd"] = 1.0


@case
def ignore_is_said(truth, results):
    truth["annotations"][0]["ignore"] = 1


# ---- scores -----------------------------------------------------------------------------------------------------------


@case
def scores_are_texts(truth, results):
    each(results, "score", str)


@case
def one_score_is_a_text(truth, results):
    results[2]["score"] = "0.6"


@case
def scores_are_nan(truth, results):
    each(results[1:3], "score", lambda value: float("nan"))


@case
def scores_are_infinite(truth, results):
    results[1]["score"], results[2]["score"] = float("inf"), float("-inf")


@case
def scores_are_percent(truth, results):
    each(results, "score", lambda value: round(100 * value))


@case
def without_score(truth, results):
    del results[2]["score"]


@case
def score_is_null(truth, results):
    results[2]["score"] = None


@case
def score_is_true(truth, results):
    results[2]["score"] = True


# ---- the files as a whole ---------------------------------------------------------------------------------------------


@case
def results_in_a_record(truth, results):
    return truth, {"annotations": results}


@case
def results_of_nothing(truth, results):
    return truth, []


@case
def results_without_image_id(truth, results):
    del results[1]["image_id"]


@case
def results_without_category_id(truth, results):
    del results[1]["category_id"]


@case
def results_with_a_null(truth, results):
    results.append(None)


@case
def without_categories(truth, results):
    del truth["categories"]


@case
def without_annotations(truth, results):
    truth["annotations"] = []


@case
def annotation_is_null(truth, results):
    truth["annotations"].append(None)


@case
def what_other_programs_add(truth, results):
    truth.update({"info": {"year": "2024", "version": 1, "date_created": None}, "licenses": [None]})
    for image in truth["images"]:
        image.update({"license": 1, "flickr_url": "", "coco_url": 7, "date_captured": 0, "extra": {"name": "x"}})
    for category in truth["categories"]:
        category.update({"supercategory": None, "isthing": 1, "color": [1, 2, 3], "keypoints": ["nose"], "skeleton": [[1, 1]]})
    for annotation in truth["annotations"]:
        annotation.update({"attributes": {"occluded": False, "rotation": 0.0}, "keypoints": [1, 2, 2], "num_keypoints": 1,
                           "logits": None, "caption": "x"})


@case
def names_are_no_texts(truth, results):
    each(truth["images"], "file_name", lambda value: None)
    truth["images"][0]["file_name"] = 5
    truth["categories"][0]["name"] = 0
    truth["categories"][1]["name"] = None


@case
def names_are_missing(truth, results):
    for entry in truth["images"]:
        del entry["file_name"]
    for entry in truth["categories"]:
        del entry["name"]


@case
def a_key_twice(truth, results):
    text = json.dumps(truth, separators=(",", ":")).replace('"area":240,', '"area":"?","area":240,')
    return text, results


# what pycocotools confuses, and how it is meant: annotations that share an id, or have the id 0, count as others or not at
# all; results whose numbers of categories are others than the data's fit nothing
def meant_by_number(truth, results):
    for number, annotation in enumerate(truth["annotations"], 1):
        annotation["id"] = number


def meant_by_name(truth, results):
    each(results, "category_id", lambda value: {0: 1, 1: 90}[value])


RIGHT = {annotation_ids_begin_at_0: meant_by_number, annotation_id_twice: meant_by_number,
         annotation_ids_begin_anew_in_each_image: meant_by_number, results_of_categories_by_name: meant_by_name,
         results_of_the_only_category_as_0: meant_by_name}


def numbers_of(truth, results):
    """COCO's numbers by measure, or what pycocotools raises."""
    with tempfile.TemporaryDirectory() as name:
        truth_path, results_path = Path(name) / "truth.json", Path(name) / "results.json"
        truth_path.write_text(truth)
        results_path.write_text(results)
        found = {}
        for measure, kind in (("box", "bbox"), ("mask", "segm")):
            try:
                found[measure] = measure_numbers(truth_path, results_path, kind, 100)
            except Exception as problem:  # whatever it raises
                found[measure] = f"{type(problem).__name__}: {problem}"[:160]
        return found


def written(*files):
    return [file if isinstance(file, str) else json.dumps(file, separators=(",", ":")) for file in files]


def main():
    show = "--show" in sys.argv
    lines = []
    for name, change in CASES.items():
        truth, results = base()
        truth, results = change(truth, results) or (truth, results)
        texts = written(truth, results)
        if change in RIGHT:
            RIGHT[change](truth, results)
        numbers = numbers_of(*written(truth, results))
        shown = {m: v if isinstance(v, str) else round(float(v[0]), 5) for m, v in numbers.items()}
        print(f"{name:45} {shown['box']!s:80.80} {shown['mask']!s:.80}")
        expected = {m: v if isinstance(v, str) else [float(x) for x in v] for m, v in numbers.items()}
        lines.append(json.dumps({"name": name, "truth": texts[0], "results": texts[1], "expected": expected}))
    if not show:
        path = HERE / "coco" / "oddities.jsonl"
        path.write_text("\n".join(lines) + "\n")
        print(path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
