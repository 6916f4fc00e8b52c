#!/usr/bin/env python3
"""Writes `zoo/FAMILY.STRUCTURE.txt`: names and shapes of the tensors of published files, as the original code has them.

    python tests/golden/make_zoo.py [--family NAME]... [STRUCTURE...]

Structures are those of `tests/parity/zoo_*.py`, each of which says where its original code comes from. A line is a name
and a shape; numbers that differ between names of one shape are a range: `layer3.{1-22}.conv1.weight 256x1024x1x1`.
`zoo/files.tsv` says which published file has which structure; `tests/model/zoo.cpp` builds a model of each.
"""

import argparse
import importlib
import pathlib
import re
import sys

FOLDER = pathlib.Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent / "parity"))


def ranges(shapes):
    """Lines of names with at most one range each, which together are the names; the longest ranges first."""
    places = {}  # (before, after, shape): numbers
    for name, shape in shapes.items():
        for number in re.finditer(r"(?<![0-9])[0-9]+", name):
            places.setdefault((name[: number.start()], name[number.end() :], shape), set()).add(int(number.group()))
    runs = []
    for place, numbers in places.items():
        numbers = sorted(numbers)
        first = 0
        for i in range(1, len(numbers) + 1):
            if i == len(numbers) or numbers[i] != numbers[i - 1] + 1:
                if i - first > 1:
                    runs.append((first - i, place, numbers[first], numbers[i - 1]))
                first = i
    left = set(shapes)
    lines = {}
    for _, (before, after, shape), first, last in sorted(runs):
        names = {f"{before}{number}{after}" for number in range(first, last + 1)}
        if names <= left:
            left -= names
            lines[f"{before}{{{first}-{last}}}{after}"] = shape
    return lines | {name: shapes[name] for name in left}


def write(name, shapes):
    assert not [key for key in shapes if set("{} \n") & set(key)]
    lines = [f"{key} {'x'.join(map(str, shape)) or 'scalar'}\n" for key, shape in sorted(ranges(shapes).items())]
    path = FOLDER / "zoo" / f"{re.sub('[^A-Za-z0-9_.-]', '.', name)}.txt"
    path.write_text("".join(lines))
    print(f"{path.name}: {len(shapes)} tensors, {len(lines)} lines, {path.stat().st_size} bytes", flush=True)


def main():
    families = [path.stem[4:] for path in sorted((FOLDER.parent / "parity").glob("zoo_*.py"))]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("structures", nargs="*", help="default: all of the families")
    parser.add_argument("--family", choices=families, action="append", help="default: each of them")
    arguments = parser.parse_args()
    for family in arguments.family or families:
        for name, shapes in importlib.import_module(f"zoo_{family}").STRUCTURES.items():
            if not arguments.structures or name in arguments.structures:
                write(f"{family}.{name}", {key: tuple(shape) for key, shape in shapes().items()})


if __name__ == "__main__":
    main()
