"""Writes the checkpoints of the folder `checkpoints`: small files of every form that the readers know, as PyTorch, NumPy
and Python write them, and `expected.safetensors`, which has every tensor of every file as it must be read.

    python tests/golden/make_checkpoints.py
"""

import argparse
import collections
import pathlib
import pickle
import struct
import types

import numpy
import torch
from safetensors.torch import save_file
from torch import nn

FOLDER = pathlib.Path(__file__).resolve().parent / "checkpoints"


class Python2Pickler(pickle._Pickler):
    """Writes what Python 2 wrote: texts and bytes are strings of one kind, names have their old modules, memo numbers
    begin at 1, and an OrderedDict is called with a list of pairs."""

    dispatch = dict(pickle._Pickler.dispatch)

    def __init__(self, file, protocol=2, **_):
        super().__init__(file, 2, fix_imports=True)

    def save_string(self, value):
        data = value.encode("latin1") if isinstance(value, str) else value
        if len(data) < 256:
            self.write(pickle.SHORT_BINSTRING + struct.pack("<B", len(data)) + data)
        else:
            self.write(pickle.BINSTRING + struct.pack("<i", len(data)) + data)
        self.memoize(value)

    def memoize(self, value):
        index = len(self.memo) + 1
        self.write(self.put(index))
        self.memo[id(value)] = index, value

    def save_global(self, value, name=None):
        module, name = value.__module__, name or value.__name__
        module = {"numpy._core.multiarray": "numpy.core.multiarray", "builtins": "__builtin__"}.get(module, module)
        self.write(pickle.GLOBAL + f"{module}\n{name}\n".encode())
        self.memoize(value)

    def save_ordered_dict(self, value):
        pairs = [[key, item] for key, item in value.items()]
        self.save_reduce(collections.OrderedDict, (pairs,), obj=value)

    dispatch[str] = dispatch[bytes] = save_string
    dispatch[type] = dispatch[types.FunctionType] = dispatch[types.BuiltinFunctionType] = save_global
    dispatch[collections.OrderedDict] = save_ordered_dict


def dump_python2(value, file, protocol=2):
    Python2Pickler(file, protocol).dump(value)


PYTHON2 = types.SimpleNamespace(__name__="python2", Pickler=Python2Pickler, dump=dump_python2)


def network():
    torch.manual_seed(7)
    layers = [nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(16, 5)]
    model = nn.Sequential(collections.OrderedDict(zip(("conv", "norm", "relu", "flat", "fc"), layers)))
    model(torch.randn(2, 3, 4, 4))
    return model


def special():
    """Types, orders and storages that a state dict can have."""
    torch.manual_seed(8)
    square = torch.randn(6, 5)
    return collections.OrderedDict(
        half=torch.randn(3, 2).half(),
        brain=torch.randn(3, 2).bfloat16(),
        double=torch.randn(3, 2, dtype=torch.float64),
        scalar=torch.tensor(2.5),
        empty=torch.empty(0, 3),
        square=square,
        transposed=square.t(),
        part=square[1:4, 2:],
        row=square[4],
        column=square[:, 3],
        channels_last=torch.randn(1, 3, 2, 2).contiguous(memory_format=torch.channels_last),
        expanded=torch.tensor([1.0, 2.0]).expand(3, 2),
        parameter=nn.Parameter(torch.randn(2)),
        buffer=nn.Buffer(torch.randn(2)),
        bytes=torch.arange(5, dtype=torch.uint8),
        flags=torch.tensor([True, False]),
        integers=torch.tensor([-1, 2**40]),
    )


def unread():
    """Types that may be present."""
    return {"complex": torch.ones(2, dtype=torch.complex64), "short": torch.ones(3, dtype=torch.uint16),
            "conjugated": torch.ones(2, dtype=torch.complex64).conj(), "eight": torch.ones(4).to(torch.float8_e4m3fn)}


def training():
    """A checkpoint as training scripts make it, in the middle of an epoch, from a model in DataParallel."""
    model = nn.DataParallel(network())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [3, 5])
    model.module(torch.randn(2, 3, 4, 4)).sum().backward()
    optimizer.step()
    arguments = argparse.Namespace(lr=0.02, device=torch.device("cpu"), output="here", resume=None)
    best = collections.defaultdict(list)
    best["map"].append(0.5)
    return {"epoch": 12, "optimizer": optimizer.state_dict(), "lr_scheduler": schedule.state_dict(), "args": arguments,
            "best": best, "rng": torch.get_rng_state(), "seed": 2**70, "losses": [1.5, -2, 3_000_000_000],
            "model": model.state_dict()}


def arrays():
    numbers = numpy.random.default_rng(9)
    return {
        "backbone.stem.conv1.weight": numbers.normal(size=(4, 3, 3, 3)).astype("f4"),
        "half": numbers.normal(size=(2, 3)).astype("f2"),
        "double": numbers.normal(size=(3,)),
        "fortran": numpy.asfortranarray(numbers.normal(size=(2, 3, 4)).astype("f4")),
        "long": numbers.normal(size=(40, 30)).astype("f4"),
        "empty": numpy.zeros((0, 2), "f4"),
        "nothing": numpy.float32(1.5),
        "integers": numpy.arange(-2, 3),
        "bytes": numpy.arange(250, 256, dtype="u1"),
    }


def main():
    FOLDER.mkdir(exist_ok=True)
    expected = {}

    def expect(file, tensors, prefix=""):
        for name, value in tensors.items():
            value = torch.as_tensor(numpy.ascontiguousarray(value) if isinstance(value, numpy.generic) else value)
            value = value.reshape(()) if file.endswith("pkl") and name == "nothing" else value
            expected[f"{file}:{name.removeprefix(prefix)}"] = value.detach().contiguous().clone()

    def save(file, checkpoint, tensors, prefix="", **how):
        torch.save(checkpoint, FOLDER / file, **how)
        expect(file, tensors, prefix)

    state, trained, strange = network().state_dict(), training(), special()
    for form, zipped in (("zip", True), ("legacy", False)):
        how = {"_use_new_zipfile_serialization": zipped}
        save(f"plain_{form}.pth", state, state, **how)
        save(f"special_{form}.pth", {"state_dict": strange, "version": "1.0"}, strange, **how)
        save(f"training_{form}.pth", trained, trained["model"], "module.", **how)
        save(f"protocol4_{form}.pth", {"model_state_dict": state}, state, pickle_protocol=4, **how)
    save("python2_legacy.pth", state, state, _use_new_zipfile_serialization=False, pickle_module=PYTHON2)
    torch.save(unread(), FOLDER / "unread_zip.pth")

    blobs = arrays()
    for protocol in (2, 3, 4, 5):
        file = f"detectron2_{protocol}.pkl"
        with open(FOLDER / file, "wb") as stream:
            zoo = {"model": blobs, "__author__": "Detectron2 Model Zoo", "matching_heuristics": True}
            pickle.dump(zoo, stream, protocol)
        expect(file, blobs)
    caffe2 = {name: value for name, value in blobs.items() if name != "nothing"}
    with open(FOLDER / "caffe2_python2.pkl", "wb") as stream:
        momentum = {f"{name}_momentum": value for name, value in list(caffe2.items())[:2]}
        every = {**caffe2, **momentum, "weight_order": "mmdet"}
        dump_python2({"cfg": "MODEL:\n  TYPE: generalized_rcnn\n" * 20, "blobs": every}, stream)
    expect("caffe2_python2.pkl", caffe2)

    save_file(expected, FOLDER / "expected.safetensors")
    for path in sorted(FOLDER.iterdir()):
        print(f"{path.name:<24} {path.stat().st_size:>9,} bytes")


if __name__ == "__main__":
    main()
